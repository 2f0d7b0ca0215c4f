"""The published JSON Schema of classic dashboards, held against what an import made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import dashboards
from dashboards.compiler.read import mappings
from generator.importing.record import Json

FILE: Final = Path(dashboards.__file__).parent / "schema" / "dashboard.jsonschema.json"
SHOWN: Final = 5
MESSAGE: Final = 120


@lru_cache(maxsize=1)
def _validators() -> dict[str, Any]:
    """One for the dashboard without its panels, one for a panel, one for a row: together they say what each is not."""
    import jsonschema_rs

    schema: Json = json.loads(FILE.read_text(encoding="utf-8"))
    definitions = schema["definitions"]
    # Two mistakes of the published schema: names and values of overrides are of any kind, a query of a variable is any object.
    for matcher, key in (("MatcherConfig", "options"), ("DynamicConfigValue", "value")):
        definitions[matcher]["properties"][key] = {}
    definitions["VariableModel"]["properties"]["query"] = {"type": ["string", "object"]}
    outer = deepcopy(definitions)
    outer["Dashboard"]["properties"]["panels"]["items"] = {}
    row = deepcopy(definitions)
    row["RowPanel"]["properties"]["panels"]["items"] = {}
    parts = {"Dashboard": outer, "Panel": definitions, "RowPanel": row}
    return {
        name: jsonschema_rs.validator_for({**schema, "$ref": f"#/definitions/{name}", "definitions": part})
        for name, part in parts.items()
    }


def differences(data: Json) -> list[str]:
    """A sentence for each of the first differences, and the number of the others."""
    found: dict[str, int] = {}
    for line in _errors(data):
        found[line] = found.get(line, 0) + 1
    lines = [f"{line} ({count} times)" if count > 1 else line for line, count in found.items()]
    return lines[:SHOWN] + ([f"{len(lines) - SHOWN} more differences from the schema"] if len(lines) > SHOWN else [])


def _errors(data: Json) -> Iterator[str]:
    yield from _of("Dashboard", data, "")
    for panel in mappings(data.get("panels")):
        if panel.get("type") == "row":
            yield from _of("RowPanel", panel, "row")
            for inner in mappings(panel.get("panels")):
                yield from _of("Panel", inner, "panel")
        else:
            yield from _of("Panel", panel, "panel")


def _of(name: str, value: Json, place: str) -> Iterator[str]:
    for error in _validators()[name].iter_errors(value):
        parts = [str(part) if isinstance(part, str) else "[]" for part in error.instance_path]
        where = ".".join([*([place] if place else []), *parts]).replace(".[]", "[]")
        yield f"not as the schema has it: {where or 'the dashboard'}: {' '.join(str(error.message).split())[:MESSAGE]}"
