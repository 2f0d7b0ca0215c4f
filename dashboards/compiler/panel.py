"""One panel in the classic schema: queries, thresholds, field settings, links and data sources of every older shape."""

from __future__ import annotations

from typing import Any, Final

from dashboards.compiler import kinds, link, past
from dashboards.compiler.source import reference

KEYS: Final = frozenset({
    "type", "id", "pluginVersion", "targets", "title", "description", "transparent", "datasource", "gridPos", "links", "repeat",
    "repeatDirection", "maxPerRow", "maxDataPoints", "transformations", "interval", "timeFrom", "timeShift", "hideTimeOverride",
    "timeCompare", "libraryPanel", "cacheTimeout", "queryCachingTTL", "options", "fieldConfig",
})  # fmt: skip
ROW: Final = frozenset({"type", "collapsed", "title", "datasource", "gridPos", "id", "panels", "repeat"})
ROW_DEAD: Final = frozenset(
    {"targets", "span", "height", "editable", "options", "fieldConfig", "titleSize", "showTitle"}
)
FIELD: Final = frozenset({
    "displayName", "displayNameFromDS", "description", "path", "writeable", "filterable", "unit", "decimals", "min", "max",
    "mappings", "thresholds", "color", "links", "actions", "noValue", "custom", "fieldMinMax",
})  # fmt: skip
DEAD: Final = ("metric", "step", "target", "query")
"""Keys of a Prometheus query that grafanalib writes and nobody reads."""
COARSE: Final = 100
"""grafanalib's own number of points, which would hide most of what was measured."""


def modernise(panel: dict[str, Any], *, coarse: bool = False, keep: bool = False) -> None:
    """Rewrite a panel in place.

    With `coarse`, a limit of 100 points is grafanalib's and is dropped. With `keep`, what is not known stays.
    """
    kind = panel.setdefault("type", "timeseries")
    if kind == "row":
        _row(panel, coarse=coarse, keep=keep)
        return
    if coarse and panel.get("maxDataPoints") == COARSE:
        del panel["maxDataPoints"]
    _targets(panel, keep=keep)
    before = panel["type"]
    kinds.modernise(panel)
    _thresholds(panel, keep=keep)
    _fields(panel, keep=keep)
    legend = panel["options"].get("legend")
    if not keep and isinstance(legend, dict) and "showLegend" not in legend and panel["type"] != "heatmap":
        legend["showLegend"] = legend.get("displayMode") != "hidden"
        if not legend["showLegend"]:
            legend["displayMode"] = "list"
    _tidy(panel, before, keep=keep)


def _row(panel: dict[str, Any], *, coarse: bool, keep: bool) -> None:
    panel.setdefault("collapsed", False)
    source = reference(panel.pop("datasource", None))
    if source is not None:
        panel["datasource"] = source
    for inner in panel.setdefault("panels", []):
        modernise(inner, coarse=coarse, keep=keep)
    for key in set(panel) & ROW_DEAD if keep else set(panel) - ROW:
        del panel[key]


def _targets(panel: dict[str, Any], *, keep: bool) -> None:
    """References instead of names, and queries at full resolution."""
    targets = panel.get("targets", [])
    source = reference(panel.pop("datasource", None), targets)
    if source is not None:
        panel["datasource"] = source
    for target in targets:
        own = reference(target.pop("datasource", None), [target]) or source
        if own is not None:
            target["datasource"] = own
        if "expr" in target:
            _prometheus(target, keep=keep)


def _prometheus(target: dict[str, Any], *, keep: bool) -> None:
    if not keep or target.get("intervalFactor") in (None, 1):
        target.pop("intervalFactor", None)
    for key in () if keep else DEAD:
        target.pop(key, None)
    if not target.get("interval"):
        target.pop("interval", None)
    if not target.get("hide"):
        target.pop("hide", None)
    if not keep:
        target.setdefault("instant", False)
        target.setdefault("range", not target["instant"])


def _thresholds(panel: dict[str, Any], *, keep: bool) -> None:
    """Steps of colour and value; the first one reaches down without end, which is null and not the text 'null'."""
    defaults = panel.setdefault("fieldConfig", {}).setdefault("defaults", {})
    thresholds = defaults.get("thresholds", {})
    if "thresholds" in defaults or not keep:
        # Without any, Grafana has limits of its own, which someone may have meant.
        defaults["thresholds"] = _limits(thresholds if isinstance(thresholds, dict) else {}, keep=keep)
    for override in panel["fieldConfig"].get("overrides") or []:
        for setting in override.get("properties", []) if isinstance(override, dict) else []:
            if setting.get("id") == "thresholds" and isinstance(setting.get("value"), dict):
                setting["value"] = _limits(setting["value"], keep=keep)


def _limits(thresholds: dict[str, Any], *, keep: bool) -> dict[str, Any]:
    steps = thresholds.get("steps") or []
    new = [
        {"color": step.get("color", "green"), "value": _number(step.get("value"))}
        for step in steps
        if isinstance(step, dict)
    ]
    if new:
        new[0]["value"] = None
    none = [] if keep else [{"color": "green", "value": None}]
    return {"mode": thresholds.get("mode", "absolute"), "steps": new or none}


def _number(value: object) -> float | int | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _fields(panel: dict[str, Any], *, keep: bool) -> None:
    """Only field settings that exist; links complete."""
    config = panel["fieldConfig"]
    defaults = {key: value for key, value in config["defaults"].items() if keep or key in FIELD}
    if isinstance(defaults.get("color"), str):
        defaults["color"] = {"mode": "fixed", "fixedColor": defaults["color"]}
    if "links" in defaults:
        defaults["links"] = link.complete(defaults["links"])
    overrides = config.get("overrides", [])
    panel["fieldConfig"] = {"defaults": defaults, "overrides": overrides if isinstance(overrides, list) else []}


def _tidy(panel: dict[str, Any], before: str, *, keep: bool) -> None:
    """Drop what says nothing and, from Grafana's own panels, what the schema does not know."""
    for key in ("repeat", "interval", "timeFrom", "timeShift", "description"):
        if key in panel and not panel[key]:
            del panel[key]
    if "repeat" not in panel:
        panel.pop("repeatDirection", None)
        panel.pop("maxPerRow", None)
    for key in ("transparent", "hideTimeOverride"):
        if not panel.get(key):
            panel.pop(key, None)
    panel["links"] = link.complete(panel.get("links") or [])
    if keep:
        dead = past.ALWAYS | (
            past.KEYS.get(before, frozenset()) if before != panel["type"] or before in past.SAME else frozenset()
        )
        for key in (set(panel) & dead) - KEYS:
            del panel[key]
    elif panel["type"] in kinds.BUILT_IN:
        for key in set(panel) - KEYS:
            del panel[key]
