"""Panel types whose settings moved: the old place of each is read once and written where Grafana 11 to 13 look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dashboards.compiler import graph, series, single, table, worldmap
from dashboards.compiler.cells import cell_options
from dashboards.compiler.read import mapping, text
from dashboards.compiler.values import mappings

Panel = dict[str, Any]

BUILT_IN: Final = frozenset({
    "alertlist", "annolist", "barchart", "bargauge", "candlestick", "canvas", "dashlist", "datagrid", "flamegraph", "gauge", "geomap",
    "heatmap", "histogram", "logs", "news", "nodeGraph", "piechart", "stat", "state-timeline", "status-history", "table", "text",
    "timeseries", "traces", "trend", "welcome", "xychart",
})  # fmt: skip
ALERT_STATES: Final = {
    "alerting": "firing",
    "no_data": "noData",
    "execution_error": "error",
    "pending": "pending",
    "ok": "normal",
}


def modernise(panel: Panel) -> None:
    """Rewrite the settings of one panel in place; its type may change too."""
    if not isinstance(panel.get("options"), dict):
        panel["options"] = {}
    if not isinstance(panel.get("fieldConfig"), dict):
        panel["fieldConfig"] = {}
    defaults = panel["fieldConfig"].setdefault("defaults", {})
    if not isinstance(defaults.get("thresholds", {}), dict):
        del defaults["thresholds"]
    panel["fieldConfig"].setdefault("overrides", [])
    kind = ""
    while panel["type"] != kind:
        # A graph may become a bar gauge, which has settings of its own to fill in.
        kind = panel["type"]
        rewrite = REWRITES.get(kind)
        if rewrite is not None:
            rewrite(panel)


def _defaults(panel: Panel) -> dict[str, Any]:
    found: dict[str, Any] = panel["fieldConfig"]["defaults"]
    return found


def _gauge(panel: Panel) -> None:
    """grafanalib puts the calculation among the field settings, where Grafana never looks."""
    single.field_options(panel)
    defaults, options, config = _defaults(panel), panel["options"], panel["fieldConfig"]
    if "reduceOptions" not in options:
        options["reduceOptions"] = single.reduce(defaults)
    for key in ("showThresholdLabels", "showThresholdMarkers"):
        options.setdefault(key, config.pop(key, key == "showThresholdMarkers"))
    if "title" in defaults:
        defaults.setdefault("displayName", defaults["title"])


def _bargauge(panel: Panel) -> None:
    """The shape of Grafana 6: everything under `fieldOptions`."""
    single.field_options(panel)
    options = panel["options"]
    options.pop("showThresholdLabels", None)
    options.pop("showThresholdMarkers", None)
    options.setdefault("showUnfilled", True)
    options.setdefault("valueMode", "color")


def _table(panel: Panel) -> None:
    """The display mode became the options of a cell."""
    custom = _defaults(panel).setdefault("custom", {})
    mode = custom.pop("displayMode", None)
    if mode is not None and "cellOptions" not in custom:
        custom["cellOptions"] = cell_options(mode)
    if isinstance(panel.get("color"), dict):
        _defaults(panel).setdefault("color", panel["color"])
    if panel.get("mappings"):
        _defaults(panel).setdefault("mappings", panel["mappings"])


def _heatmap(panel: Panel) -> None:
    """The Angular heatmap kept its settings at the root of the panel."""
    if panel["options"]:
        return
    color, axis = mapping(panel.get("color")), mapping(panel.get("yAxis"))
    scheme = (text(color.get("colorScheme")) or "interpolateOranges").removeprefix("interpolate")
    panel["options"] = {
        "calculate": panel.get("dataFormat", "timeseries") == "timeseries",
        "color": {
            "mode": "opacity" if color.get("mode") == "opacity" else "scheme", "scheme": scheme, "steps": 64, "reverse": False,
            "exponent": color.get("exponent", 0.5), "scale": "exponential", "fill": color.get("cardColor", "dark-orange"),
        },
        "cellGap": mapping(panel.get("cards")).get("cardPadding", 1), "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9}, "legend": {"show": bool(mapping(panel.get("legend")).get("show", False))},
        "rowsFrame": {"layout": panel.get("yBucketBound") or "auto"}, "showValue": "never",
        "tooltip": {"mode": "single", "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "reverse": bool(panel.get("reverseYBuckets")), "unit": axis.get("format", "short")},
    }  # fmt: skip


def _alertlist(panel: Panel) -> None:
    """State filters of before Grafana 8 are ignored at the root."""
    options = panel["options"]
    states = panel.get("stateFilter") or ["alerting", "pending"]
    if "stateFilter" not in options:
        options["stateFilter"] = {ALERT_STATES[state]: True for state in states if state in ALERT_STATES}
    options.setdefault("dashboardAlerts", bool(panel.get("onlyAlertsOnDashboard", False)))
    options.setdefault("maxItems", panel.get("limit", 20))
    options.setdefault("sortOrder", panel.get("sortOrder", 1))
    options.setdefault("viewMode", "list")
    if panel.get("nameFilter") and not options.get("alertName"):
        options["alertName"] = panel["nameFilter"]


def _dashlist(panel: Panel) -> None:
    if panel["options"]:
        return
    old = {
        "showHeadings": "headings", "showSearch": "search", "showRecentlyViewed": "recent",
        "showStarred": "starred", "maxItems": "limit", "query": "query", "tags": "tags",
    }  # fmt: skip
    panel["options"] = {new: panel[key] for new, key in old.items() if key in panel}
    panel["options"].update(includeVars=False, keepTime=False)


def _pie(panel: Panel) -> None:
    panel["type"] = "piechart"
    _defaults(panel).setdefault("unit", text(panel.get("format")) or "short")
    legend = mapping(panel.get("legend"))
    values = [name for name, key in (("value", "values"), ("percent", "percentage")) if legend.get(key)]
    placement = "right" if panel.get("legendType") == "Right side" else "bottom"
    show = bool(legend.get("show", True)) and panel.get("legendType") != "On graph"
    name = text(panel.get("valueName"))
    panel["options"] = {
        "legend": {"displayMode": "table", "placement": placement, "showLegend": show, "values": values},
        "pieType": text(panel.get("pieType")) or "pie", "tooltip": {"mode": "single", "sort": "none"},
        "reduceOptions": {"calcs": [single.CALCS.get(name, name) or "lastNotNull"], "fields": "", "values": False},
    }  # fmt: skip
    panel["fieldConfig"]["overrides"] += series.colours(panel)


def _discrete(panel: Panel) -> None:
    panel["type"] = "state-timeline"
    defaults = _defaults(panel)
    defaults.setdefault("mappings", []).extend(mappings(panel))
    defaults.setdefault("unit", panel.get("units", "short"))
    defaults.setdefault("custom", {"fillOpacity": 70, "lineWidth": 0})
    panel["options"] = {
        "alignValue": "left", "mergeValues": True, "rowHeight": 0.9, "showValue": "auto",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": bool(panel.get("showLegend", True))},
        "tooltip": {"mode": "single", "sort": "none"},
    }  # fmt: skip


def _text(panel: Panel) -> None:
    """Before Grafana 7 the words stood at the root."""
    panel["options"].setdefault("mode", panel.get("mode", "markdown"))
    panel["options"].setdefault("content", panel.get("content", ""))


REWRITES: Final[dict[str, Callable[[Panel], None]]] = {
    "alertlist": _alertlist, "bargauge": _bargauge, "dashlist": _dashlist, "gauge": _gauge, "graph": graph.modernise,
    "grafana-piechart-panel": _pie, "grafana-worldmap-panel": worldmap.modernise, "heatmap": _heatmap, "natel-discrete-panel": _discrete, "singlestat": single.singlestat,
    "stat": single.field_options, "table": _table, "table-old": table.modernise, "text": _text,
}  # fmt: skip
