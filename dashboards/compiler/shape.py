"""The kinds of values a dashboard holds: what is of another kind is taken out and named, so that later stages may trust the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Json = dict[str, Any]
WORDS: Final = {
    str: "text",
    dict: "an object",
    list: "a list",
    bool: "true or false",
    int: "a number",
    float: "a number",
}


class List:
    """A list whose items have a kind."""

    def __init__(self, item: Any) -> None:
        self.item = item


NUMBER: Final = (int, float)
MAYBE_TEXT_NUMBER: Final = (int, float, str)
LEGEND: Final = (dict, bool)
LINKS: Final = List({"url": str, "title": str, "type": str, "dashUri": str, "uri": str, "tags": List(str)})
TARGETS: Final = List(
    {
        "refId": str,
        "datasource": (str, dict),
        "instant": bool,
        "hide": bool,
        "expr": str,
        "groupBy": list,
        "fields": list,
    }
)
THRESHOLDS: Final = {"mode": str, "steps": List({"color": str, "value": MAYBE_TEXT_NUMBER})}
OVERRIDES: Final = List({"matcher": dict, "properties": List({"id": str})})
DEFAULTS: Final = {
    "unit": str, "decimals": NUMBER, "min": NUMBER, "max": NUMBER, "mappings": list, "custom": dict, "links": LINKS, "noValue": (str, int, float),
    "displayName": str, "title": str, "color": (dict, str), "thresholds": (dict, list, str),
}  # fmt: skip
GRID: Final = {"x": NUMBER, "y": NUMBER, "w": NUMBER, "h": NUMBER}
AXES: Final = List({"format": str, "label": str, "logBase": MAYBE_TEXT_NUMBER})

PANEL: Final[dict[str, Any]] = {
    "type": str, "id": int, "title": str, "description": str, "gridPos": GRID, "datasource": (str, dict), "targets": TARGETS, "options": dict,
    "fieldConfig": {"defaults": DEFAULTS, "overrides": OVERRIDES}, "links": LINKS, "transformations": list, "legend": LEGEND, "xaxis": {"mode": str, "values": List(str)},
    "yaxes": AXES, "yaxis": dict, "tooltip": dict, "sparkline": dict, "gauge": dict, "valueMaps": List(dict), "rangeMaps": List(dict), "seriesOverrides": List(dict),
    "aliasColors": dict, "styles": List({"thresholds": list, "colors": List(str)}), "columns": list, "colors": list, "cards": dict, "yAxis": dict, "color": (dict, str), "mappings": list,
    "grid": dict, "libraryPanel": dict, "repeat": str, "repeatDirection": str, "interval": str, "timeFrom": str, "timeShift": str, "stateFilter": List(str), "tags": List(str), "timeRegions": List(dict),
    "dataLinks": LINKS, "thresholds": (list, dict, str), "collapsed": bool, "content": str, "mode": str, "fill": NUMBER, "linewidth": NUMBER, "pointradius": NUMBER, "maxDataPoints": MAYBE_TEXT_NUMBER,
}  # fmt: skip
PANEL["panels"] = List({**PANEL, "panels": list})
ROW: Final = {"title": str, "panels": List(PANEL), "height": MAYBE_TEXT_NUMBER, "repeat": str}
VARIABLE: Final = {
    "name": str,
    "type": str,
    "datasource": (str, dict),
    "current": dict,
    "options": List(dict),
    "query": (str, dict),
    "label": str,
    "regex": str,
    "hide": NUMBER,
}
ANNOTATION: Final = {"name": str, "datasource": (str, dict), "enable": bool, "iconColor": str}

DASHBOARD: Final[dict[str, Any]] = {
    "title": str, "uid": str, "description": str, "tags": List(str), "panels": List(PANEL), "rows": List(ROW), "templating": {"list": List(VARIABLE)},
    "annotations": {"list": List(ANNOTATION)}, "links": LINKS, "time": {"from": str, "to": str}, "timepicker": dict, "timezone": str,
    "schemaVersion": MAYBE_TEXT_NUMBER, "editable": bool, "graphTooltip": NUMBER, "version": NUMBER, "weekStart": str, "nav": list, "pulldowns": list, "services": dict,
}  # fmt: skip
QUIET: Final = frozenset({"options", "alert"})
"""Keys that old panels have as false, which says nothing."""


def repair(data: Json) -> list[str]:
    """Take out what is of another kind than the dashboard's keys have, in place; each as a sentence. Nulls are no mistake."""
    found: list[str] = []
    _object(data, DASHBOARD, "", found)
    return found


def _object(value: Json, shape: Mapping[str, Any], place: str, found: list[str]) -> None:
    for key, kind in shape.items():
        inner = value.get(key)
        if inner is None:
            continue
        where = f"{place}.{key}" if place else key
        if inner is False and key in QUIET:
            del value[key]
        elif not _is(inner, kind):
            del value[key]
            found.append(f"{where} was {_word(type(inner))}, not {_expected(kind)}; it was left out")
        elif isinstance(kind, List):
            value[key] = _list(inner, kind, where, found)
        elif isinstance(kind, dict):
            _object(inner, kind, where, found)


def _list(items: list[Any], kind: List, place: str, found: list[str]) -> list[Any]:
    kept = []
    for index, item in enumerate(items):
        where = f"{place}[{index}]"
        if not _is(item, kind.item):
            if item is not None:
                found.append(f"{where} was {_word(type(item))}, not {_expected(kind.item)}; it was left out")
            continue
        if isinstance(kind.item, dict):
            _object(item, kind.item, where, found)
        kept.append(item)
    return kept


def _is(value: Any, kind: Any) -> bool:
    if isinstance(kind, List):
        return isinstance(value, list)
    if isinstance(kind, dict):
        return isinstance(value, dict)
    if isinstance(value, bool):
        return kind is bool or (isinstance(kind, tuple) and bool in kind)
    return isinstance(value, kind)


def _expected(kind: Any) -> str:
    if isinstance(kind, List):
        return WORDS[list]
    if isinstance(kind, dict):
        return WORDS[dict]
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(dict.fromkeys(WORDS[one] for one in kinds))


def _word(kind: type) -> str:
    return WORDS.get(kind, kind.__name__)
