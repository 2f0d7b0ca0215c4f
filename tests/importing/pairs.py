"""Grafana's own migrator as an oracle: our result for a dashboard held against the one it gave. `python -m tests.importing.pairs DIR` prints it.

What the oracle leaves to the browser (panels of dead plugins carry `autoMigrateFrom` and their old settings) is done by our compiler on
both sides. Both are then written in one form: without nulls and defaults, with data sources as references.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dashboards.compiler import imported
from dashboards.compiler.identity import walk

Json = dict[str, Any]
DEFAULT: Final = {"type": "prometheus", "uid": "default-ds-uid"}
"""The default source of the oracle's Grafana."""
DEFAULTS: Final[Json] = {
    "editable": True, "fiscalYearStartMonth": 0, "graphTooltip": 0, "links": [], "tags": [], "refresh": "", "timezone": "", "weekStart": "",
    "timepicker": {}, "title": "No Title", "time": {"from": "now-6h", "to": "now"}, "liveNow": False, "preload": False,
}  # fmt: skip
LINK: Final[Json] = {
    "title": "", "type": "link", "icon": "", "tooltip": "", "tags": [], "asDropdown": False, "targetBlank": False, "includeVars": False, "keepTime": False,
}  # fmt: skip
ANNOTATION: Final[Json] = {"enable": False, "iconColor": "red"}
OLD_PICKER: Final = frozenset({"collapse", "enable", "notice", "now", "status", "type"})
"""Of the picker of before version 7; nobody reads them."""
PLACE: Final = {"x": 0, "y": 0, "w": 6, "h": 3}
"""Where Grafana puts a panel that does not say where it stands; several are pulled apart."""
UNSEEN: Final = frozenset(
    {
        "id",
        "version",
        "iteration",
        "gnetId",
        "schemaVersion",
        "revision",
        "uid",
        "pluginVersion",
        "apiVersion",
        "$$hashKey",
        "tagsQuery",
        "tagValuesQuery",
        "useTags",
        "allFormat",
    }
)
"""Keys that no person sees."""


@dataclass(frozen=True)
class Difference:
    """One place in which the two differ."""

    path: str
    ours: Any
    theirs: Any


def seen(data: Json) -> Json:
    """A dashboard of the last version in the one form."""
    data = {**DEFAULTS, **_strip(deepcopy(data))}
    panels = [_panel(panel) for panel in data.get("panels", [])]
    return {
        **{key: value for key, value in data.items() if key not in UNSEEN},
        "panels": settle(panels),
        "links": [{**LINK, **one} for one in data["links"]],
        "timepicker": {key: value for key, value in data["timepicker"].items() if key not in OLD_PICKER},
        "templating": [_variable(one) for one in data.get("templating", {}).get("list", [])],
        "annotations": [_sourced({**ANNOTATION, **one}) for one in data.get("annotations", {}).get("list", [])],
    }


def settle(panels: list[Json]) -> list[Json]:
    """Panels in the order of their places, pulled up as far as nothing is in the way, as Grafana shows them."""
    floor = [0] * 24
    result = sorted(panels, key=lambda panel: [panel.get("gridPos", {}).get(key, 0) for key in "yx"])
    for panel in result:
        place = panel.get("gridPos")
        if place and {"x", "w", "h"} <= set(place):
            columns = range(place["x"], min(24, place["x"] + place["w"]))
            place["y"] = max((floor[column] for column in columns), default=0)
            for column in columns:
                floor[column] = place["y"] + place["h"]
    return result


def _strip(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _strip(inner)
            for key, inner in value.items()
            if inner is not None and key not in UNSEEN - {"id", "uid"}
        }
    return [_strip(inner) for inner in value] if isinstance(value, list) else value


def _sourced(holder: Json) -> Json:
    source = holder.pop("datasource", None)
    source = {"uid": source} if isinstance(source, str) else source
    if source and source != DEFAULT:
        holder["datasource"] = source
    return holder


def _panel(panel: Json) -> Json:
    panel = _sourced({key: value for key, value in panel.items() if key not in {"id", "autoMigrateFrom"}})
    targets = [_sourced(target) for target in panel.pop("targets", [])]
    if any(set(target) - {"refId", "datasource"} for target in targets):
        panel["targets"] = targets
    if panel.get("type") == "row":
        panel.pop("targets", None)
        panel.pop("datasource", None)
        if "gridPos" in panel:
            panel["gridPos"].update(x=0, w=24, h=1)
        panel["panels"] = settle([_panel(inner) for inner in panel.get("panels", [])])
    config = panel.pop("fieldConfig", {})
    if config.get("defaults") or config.get("overrides"):
        panel["fieldConfig"] = {"defaults": config.get("defaults", {}), "overrides": config.get("overrides", [])}
    return {key: value for key, value in panel.items() if value not in ({}, [])}


def _variable(variable: Json) -> Json:
    variable = _sourced(variable)
    current = variable.get("current", {})
    if ("text" in current) != ("value" in current):
        # What is chosen shows as itself where it has no other text.
        one = current.get("text", current.get("value"))
        variable["current"] = {**current, "text": one, "value": one}
    return {key: value for key, value in variable.items() if value not in ({}, [])}


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[Difference]:
    """Every place in which two values differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            yield from differences(ours.get(key), theirs.get(key), f"{path}.{key}" if path else key)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif ours != theirs:
        yield Difference(path, ours, theirs)


def compare(before: Json, expected: Json) -> list[Difference]:
    """In what our result for a dashboard differs from the oracle's, both in the one form."""
    ours, _, _ = imported(deepcopy(before))
    theirs = deepcopy(expected)
    for panel in walk(theirs.get("panels", [])):
        panel["type"] = panel.pop("autoMigrateFrom", panel.get("type"))
    for panel in walk(theirs.get("panels") or []):
        panel.setdefault("gridPos", dict(PLACE))
    drawn, _, _ = imported({key: value for key, value in theirs.items() if value is not None})
    # Only panels have plugins: everything else is compared with what the oracle itself wrote.
    return list(differences(seen(ours), {**seen({**theirs, "panels": []}), "panels": seen(drawn)["panels"]}))


def pairs(folder: Path) -> dict[str, tuple[Json, Json]]:
    """Every pair of a folder by its name."""
    found = {}
    for place in sorted(folder.glob("*.input.json")):
        name = place.name.removesuffix(".input.json")
        after = folder / f"{name}.expected.json"
        found[name] = (json.loads(place.read_text("utf-8")), json.loads(after.read_text("utf-8")))
    return found


def main() -> None:
    """Print the differences of every pair."""
    equal: Counter[bool] = Counter()
    for name, (before, expected) in pairs(Path(sys.argv[1])).items():
        found = compare(before, expected)
        equal[not found] += 1
        for one in found[:12]:
            sys.stdout.write(f"{name}: {one.path}: {str(one.ours)[:150]} | {str(one.theirs)[:150]}\n")
    sys.stdout.write(f"{equal[True]} of {equal.total()} equal\n")


if __name__ == "__main__":
    main()
