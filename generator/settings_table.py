"""All settings, read from their models: for the README's table and for a commented file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from exporter.mistakes import inner_model
from exporter.sections import is_duration
from exporter.settings import ENVIRONMENT, SECRETS, Settings, duration
from exporter.thresholds import Threshold

BEGIN: Final = "<!-- settings:begin -->"
END: Final = "<!-- settings:end -->"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `default` is as it would be written in the file, empty when there is none."""

    place: tuple[str, ...]
    default: str
    meaning: str
    variable: str


def table() -> str:
    """The settings as a Markdown table between its two marks."""
    lines = [BEGIN, "| Setting | Default | Meaning | Environment |", "|---|---|---|---|"]
    for one in rows():
        default = f"`{one.default}`" if one.default else ""
        variable = f"`{one.variable}`" if one.variable else ""
        lines.append(f"| `{'.'.join(one.place)}` | {default} | {one.meaning.replace('|', '/')} | {variable} |")
    return "\n".join((*lines, END)) + "\n"


def rows(model: type[BaseModel] = Settings, above: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Every setting, depth first in the order of the models; items of a list have [] in their place."""
    variables = {place: name for name, place in {**SECRETS, **ENVIRONMENT}.items()}
    for name, field in model.model_fields.items():
        inner = inner_model(field.annotation)
        place = (*above, name)
        if inner is None or inner is Threshold:
            default = (
                "required" if field.is_required() else written(field, field.get_default(call_default_factory=True))
            )
            variable = variables.get(tuple(part.removesuffix("[]") for part in place), "")
            yield Setting(place, default, field.description or "", variable)
        else:
            many = isinstance(field.get_default(call_default_factory=True), tuple)
            yield from rows(inner, (*above, f"{name}[]" if many else name))


def written(field: FieldInfo, value: Any) -> str:
    """A value in the form that the file has it in; empty for None."""
    if value is None:
        return ""
    if is_duration(field) and isinstance(value, float):
        return duration(value)
    return flow(value)


def flow(value: Any) -> str:
    """A value as YAML on one line."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return flow({name: getattr(value, name) for name in fields})
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, (str, Path)):
        return _text(str(value))
    return json.dumps(value)


def _text(value: str) -> str:
    """A text, in quotes where YAML would take the bare form for something else."""
    import yaml

    try:
        plain = yaml.safe_load(f"[{value}]") == [value]
    except yaml.YAMLError:
        plain = False
    return value if plain else json.dumps(value, ensure_ascii=False)
