"""watchfloor config: the settings in force, and where they come from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from exporter.settings import Settings

HIDDEN = "***"


@click.command("config", short_help="Show the settings in force.")
@click.option(
    "--json", "as_json", is_flag=True, help="As JSON, with the origin of every setting that is not a default."
)
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Print the settings from the file and the environment, with secrets hidden.

    \b
    Examples:
      watchfloor config
      watchfloor --config staging.yml config --json
    """
    from exporter.settings import SECRETS, load

    path: Path | None = (ctx.obj or {}).get("config")
    settings = load(path)
    origin = origins(path, os.environ)
    secrets = {name: "set" if os.environ.get(name, "").strip() else "not set" for name in SECRETS}
    if as_json:
        told = {".".join(place): source for place, source in sorted(origin.items())}
        answer = {"settings": values(settings), "origins": told, "environment": secrets}
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(lines(settings, origin)))
        click.echo("# secrets in the environment: " + ", ".join(f"{name} {state}" for name, state in secrets.items()))


def values(model: Any) -> Any:
    """Settings as plain values that can be shown: durations in words, secrets hidden."""
    from pydantic import BaseModel, SecretStr

    from exporter.sections import is_duration
    from exporter.settings import duration

    if isinstance(model, BaseModel):
        fields = ((name, getattr(model, name), field) for name, field in type(model).model_fields.items())
        return {name: duration(value) if is_duration(field) else values(value) for name, value, field in fields}
    if isinstance(model, SecretStr):
        return public(model.get_secret_value())
    if isinstance(model, Mapping):
        return {key: values(value) for key, value in model.items()}
    if isinstance(model, (list, tuple)):
        return [values(value) for value in model]
    if isinstance(model, (str, Path)):
        return public(str(model)) if "://" in str(model) else str(model)
    return model


def public(url: str) -> str:
    """A URL with its password and the values of its query hidden; of anything else only that it is set."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    if not parts.scheme or "://" not in url:
        return HIDDEN
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    query = "&".join(f"{item.partition('=')[0]}={HIDDEN}" for item in parts.query.split("&") if item)
    login = f"{name}{colon}{HIDDEN if colon else ''}{at}"
    return f"{parts.scheme}://{login}{host}{parts.path}" + (f"?{query}" if query else "")


def origins(path: Path | None, environment: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """File or variable that gave each setting that is not a default."""
    from exporter.settings import ENVIRONMENT, FILE, read_file

    source = path or Path(FILE)
    data = read_file(source) if path is not None or source.exists() else {}
    found = {place: str(source) for place in _places(data)}
    given = {place: name for name, place in ENVIRONMENT.items() if environment.get(name, "").strip()}
    return found | given


def _places(data: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in data.items():
        if isinstance(value, Mapping) and len(above) == 0:
            yield from _places(value, (*above, key))
        elif value is not None:
            yield (*above, key)


def lines(settings: Settings, origin: Mapping[tuple[str, ...], str]) -> Iterator[str]:
    """The settings as YAML, one a line, with the origin of each that is not a default as a comment."""
    shown = values(settings)
    for name, value in shown.items():
        if isinstance(value, dict):
            yield f"{name}:"
            yield from (_line(key, inner, "  ", origin.get((name, key))) for key, inner in value.items())
        else:
            yield _line(name, value, "", origin.get((name,)))


def _line(name: str, value: Any, indent: str, source: str | None) -> str:
    from generator.settings_table import flow

    return f"{indent}{name}: {flow(value)}" + (f"  # {source}" if source else "")
