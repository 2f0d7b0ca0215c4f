"""The whole dashboard in the classic schema: rows become panels, variables, links and annotations are completed."""

from __future__ import annotations

from typing import Any, Final

from dashboards.compiler import link
from dashboards.compiler.panel import modernise as modernise_panel
from dashboards.compiler.source import reference

SCHEMA_VERSION: Final = 42
"""The last version of the classic schema."""

KEYS: Final = frozenset({
    "id", "uid", "title", "description", "revision", "tags", "timezone", "editable", "graphTooltip", "time",
    "timepicker", "fiscalYearStartMonth", "liveNow", "weekStart", "refresh", "schemaVersion", "version", "panels", "templating",
    "annotations", "links", "snapshot", "preload",
})  # fmt: skip
TIMEPICKER: Final = frozenset({"hidden", "refresh_intervals", "quick_ranges", "nowDelay"})
VARIABLE: Final = frozenset({
    "type", "name", "label", "hide", "skipUrlSync", "description", "query", "datasource", "current", "multi", "allowCustomValue",
    "options", "refresh", "sort", "includeAll", "allValue", "regex", "staticOptions", "staticOptionsOrder", "definition",
})  # fmt: skip
INTERVAL: Final = frozenset({"auto", "auto_min", "auto_count"})
SPANS: Final = 12
ROW_PIXELS: Final = 38
"""One line of the grid in old pixel heights: 30 and a gap of 8."""

BUILT_IN_ANNOTATIONS: Final[dict[str, Any]] = {
    "builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True, "hide": True,
    "iconColor": "rgba(0, 211, 255, 1)", "name": "Annotations & Alerts", "type": "dashboard",
}  # fmt: skip


DEAD: Final = frozenset({
    "rows", "style", "hideControls", "sharedCrosshair", "gnetId", "iteration", "originalTitle", "nav", "pulldowns", "services",
    "__inputs", "__requires", "__elements",
})  # fmt: skip
"""Keys that no Grafana of today reads."""
VARIABLE_DEAD: Final = frozenset(
    {"tagsQuery", "tagValuesQuery", "useTags", "allFormat", "multiFormat", "refresh_on_load"}
)
TIMEPICKER_DEAD: Final = frozenset({
    "time_options", "collapse", "enable", "notice", "now", "status", "type", "nav", "hideControls",
})  # fmt: skip


def modernise(data: dict[str, Any], *, keep: bool = False) -> None:
    """Rewrite a dashboard of any older classic shape in place. With `keep`, what is not known stays as it is."""
    # grafanalib writes 12 and with it maxDataPoints 100, which nobody asked for.
    coarse = not keep and data.get("schemaVersion", 0) <= 12
    if data.pop("sharedCrosshair", False) and not data.get("graphTooltip"):
        data["graphTooltip"] = 1
    rows = data.get("rows", [])
    panels = data.get("panels", [])
    data["panels"] = [*panels, *(flat for row in rows for flat in _unroll(row))] if rows else panels
    for panel in data["panels"]:
        modernise_panel(panel, coarse=coarse, keep=keep)
    data["templating"] = {"list": [_variable(item, keep=keep) for item in data.get("templating", {}).get("list", [])]}
    data["annotations"] = {"list": _annotations(data.get("annotations", {}), keep=keep)}
    data["links"] = link.complete(data.get("links", []))
    data["timepicker"] = {
        key: value
        for key, value in data.get("timepicker", {}).items()
        if key in TIMEPICKER or (keep and key not in TIMEPICKER_DEAD)
    }
    if not isinstance(data.get("refresh", ""), str):
        data["refresh"] = ""
    data["schemaVersion"] = SCHEMA_VERSION
    for key in set(data) & DEAD if keep else set(data) - KEYS:
        del data[key]


def _unroll(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Panels of an old row; with a header if the row shows a title, is folded or repeats."""
    panels = row.get("panels", [])
    for panel in panels:
        panel.setdefault("gridPos", _size(panel, row))
    header: dict[str, Any] = {
        "type": "row",
        "title": row.get("title", ""),
        "collapsed": bool(row.get("collapse")),
        "panels": [],
    }
    if row.get("repeat"):
        header["repeat"] = row["repeat"]
    if not (row.get("showTitle") or header["collapsed"] or row.get("repeat")):
        return list(panels)
    if header["collapsed"]:
        header["panels"] = panels
        return [header]
    return [header, *panels]


def _size(panel: dict[str, Any], row: dict[str, Any]) -> dict[str, int]:
    """Width from a span of twelve, height from pixels of the panel or its row."""
    pixels = str(panel.get("height") or row.get("height") or "250px").removesuffix("px")
    height = max(3, round(float(pixels) / ROW_PIXELS)) if pixels.replace(".", "", 1).isdigit() else 8
    span = panel.get("span") or panel.get("minSpan") or SPANS
    return {"w": max(1, round(float(span) * 24 / SPANS)), "h": height}


def _variable(item: dict[str, Any], *, keep: bool) -> dict[str, Any]:
    """A variable; one of ours that is asked from a data source is asked again when the time range changes."""
    kind = item.setdefault("type", "query")
    known = VARIABLE | INTERVAL if kind == "interval" else VARIABLE
    result = {key: value for key, value in item.items() if key in known or (keep and key not in VARIABLE_DEAD)}
    source = reference(result.pop("datasource", None))
    if source is not None:
        result["datasource"] = source
    if kind == "query" and not keep:
        result["refresh"] = 2
    current = result.get("current")
    if current is not None:
        current = {key: value for key, value in current.items() if key in ("selected", "text", "value")}
        if keep and ("text" in current) != ("value" in current):
            one = current.get("text", current.get("value"))
            current.update(text=one, value=one)
        if "text" in current and "value" in current:
            result["current"] = current
        else:
            del result["current"]
    return result


def _annotations(container: object, *, keep: bool) -> list[dict[str, Any]]:
    """The annotation queries, Grafana's own first."""
    items = container.get("list", []) if isinstance(container, dict) else container
    result = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    for item in result:
        # To Grafana an annotation that does not say so is off; ours are on.
        item.setdefault("enable", not keep)
        item.setdefault("iconColor", "red")
        source = reference(item.pop("datasource", None), [item])
        if source is not None:
            item["datasource"] = source
    if not any(item.get("builtIn") for item in result):
        result.insert(0, dict(BUILT_IN_ANNOTATIONS))
    return result
