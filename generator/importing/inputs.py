"""The inputs of an exported dashboard (`__inputs`, `${DS_X}`): constants are filled in, data sources become variables."""

from __future__ import annotations

import re
from typing import Any, Final

from dashboards.compiler.read import mappings, text
from generator.importing.record import Json

NAME: Final = re.compile(r"\$\{([^{}\s]{1,200})\}")
GRAFANA: Final = {"grafana": "-- Grafana --", "datasource": "-- Mixed --", "__expr__": "__expr__"}


def resolve(data: Json, given: dict[str, str], changes: list[str], attention: list[str]) -> dict[str, Json]:
    """Fill in constants everywhere in place; the data sources asked for, by the name of their input."""
    inputs = mappings(data.pop("__inputs", None))
    data.pop("__requires", None)
    sources: dict[str, Json] = {}
    values: dict[str, str] = {}
    for one in inputs:
        name = text(one.get("name"))
        if not name:
            continue
        if text(one.get("type")) == "datasource":
            plugin = text(one.get("pluginId"))
            if plugin in GRAFANA:
                values[name] = GRAFANA[plugin]
            else:
                sources[name] = {
                    "type": plugin or "prometheus",
                    "label": text(one.get("label")),
                    "given": given.get(name, ""),
                }
        else:
            value = given.get(name) or one.get("value")
            if value is None or value == "":
                attention.append(f"input {name} has no value; write one where ${{{name}}} stands")
            else:
                values[name] = str(value)
                changes.append(f"input {name} became its value {str(value)!r}")
    if values:
        replace(data, values)
    return sources


def replace(value: Any, values: dict[str, str]) -> None:
    """Write the values of names everywhere in lists and objects, in place."""
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        for key, inner in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            if isinstance(inner, str):
                if "${" in inner:
                    holder[key] = NAME.sub(lambda match: values.get(match[1], match[0]), inner)
            elif isinstance(inner, (dict, list)):
                waiting.append(inner)
