"""Versions 17 to 27: repeated panels, gauges, tables and texts."""

from __future__ import annotations

from typing import Final

from dashboards.compiler.read import Json, mapping, mappings, number, panels, text

COLUMNS: Final = 24
FACTORS: Final = tuple(number for number in range(1, COLUMNS + 1) if COLUMNS % number == 0)
BUILT_IN_TABLE: Final = "table-old"


def per_row(data: Json) -> None:
    """Version 17: the smallest width of a repeated panel became the number of panels in a row."""
    for panel in panels(data):
        span = number(panel.pop("minSpan", None))
        if span and span > 0:
            more = [index for index, factor in enumerate(FACTORS) if factor > COLUMNS / span]
            if more and more[0] > 0:
                panel["maxPerRow"] = FACTORS[more[0] - 1]


def gauge(data: Json) -> None:
    """Version 18: options of gauges had a place of their own."""
    for panel in panels(data):
        old = panel.get("options-gauge")
        if not isinstance(old, dict):
            continue
        del panel["options-gauge"]
        keys = ("unit", "stat", "decimals", "prefix", "suffix")
        values = {key: old.pop(key) for key in keys if key in old}
        if isinstance(old.get("thresholds"), list):
            old["thresholds"] = old["thresholds"][::-1]
        old.pop("options", None)
        panel["options"] = {**old, "valueOptions": values}


def old_table(data: Json) -> None:
    """Version 24: a table with styles, or of before Grafana 7, is the old one."""
    for panel in panels(data):
        if panel.get("type") == "table" and isinstance(panel.get("styles"), list):
            panel["type"] = BUILT_IN_TABLE
        elif panel.get("type") == "table2":
            panel["type"] = "table"


def words(data: Json) -> None:
    """Version 26: the second text panel took the place of the first."""
    for panel in panels(data):
        if panel.get("type") == "text2":
            panel["type"] = "text"
            mapping(panel.get("options")).pop("angular", None)


def copies(data: Json) -> None:
    """Version 27: copies that Grafana made of repeated panels are not part of the dashboard."""
    for holder in (data, *mappings(data.get("panels"))):
        if isinstance(holder.get("panels"), list):
            holder["panels"] = [panel for panel in holder["panels"] if not (isinstance(panel, dict) and _copy(panel))]


def _copy(panel: Json) -> bool:
    return bool(panel.get("repeatPanelId") or panel.get("repeatByRow") or text(panel.get("repeatedByRow")))
