"""Value mappings and limits of before Grafana 8 in today's form."""

from __future__ import annotations

from typing import Any, Final

from dashboards.compiler.read import mappings as dicts
from dashboards.compiler.read import number, text

Json = dict[str, Any]
VALUES: Final = 1
RANGES: Final = 2
SPECIAL: Final = "null"


def mappings(panel: Json, limits: object = None) -> list[Json]:
    """The mappings of a panel: those it calls so, and Angular's lists of values or of ranges."""
    found = upgrade(panel.get("mappings"), limits)
    kind = number(panel.get("mappingType")) or (VALUES if dicts(panel.get("valueMaps")) else RANGES)
    old = dicts(panel.get("valueMaps")) if kind == VALUES else dicts(panel.get("rangeMaps"))
    return found + upgrade([{**one, "type": kind} for one in old], limits)


def upgrade(old: object, limits: object = None) -> list[Json]:
    """A list of mappings: all values in one mapping, ranges and special values in one each. `limits` colour a text that is a number."""
    values: Json = {}
    result: list[Json] = []
    for item in dicts(old):
        if isinstance(item.get("options"), dict):
            result.append(item)
            continue
        said = {"text": text(item.get("text")), **_colour(item, limits)}
        kind, value = number(item.get("type")), item.get("value")
        ends = {key: item.get(key) for key in ("from", "to")}
        if kind == RANGES and SPECIAL not in ends.values():
            if None not in ends.values():
                result.append(
                    {"type": "range", "options": {**{key: number(one) for key, one in ends.items()}, "result": said}}
                )
        elif kind == RANGES or value == SPECIAL:
            result.append({"type": "special", "options": {"match": SPECIAL, "result": said}})
        elif value is not None:
            values[str(value)] = said
    return [{"type": "value", "options": values}, *result] if values else result


def _colour(item: Json, limits: object) -> Json:
    shown = number(item.get("text"))
    if shown is None:
        return {}
    colour = ""
    for index, step in enumerate(steps(limits)):
        if index == 0 or (step["value"] is not None and shown >= step["value"]):
            colour = step["color"]
    return {"color": colour} if colour else {}


def steps(limits: object) -> list[Json]:
    """Colours with the value from which each holds, the lowest first; the first one reaches down without end."""
    found = [{"color": text(one.get("color")) or "green", "value": number(one.get("value"))} for one in dicts(limits)]
    return [{**one, "value": None} if index == 0 else one for index, one in enumerate(found)]
