"""The Angular graph, which is gone: time series, or bars and histogram by its x axis."""

from __future__ import annotations

from typing import Any, Final

CALCS: Final = {"avg": "mean", "current": "lastNotNull", "max": "max", "min": "min", "total": "sum"}
SPAN_NULLS: Final = {"connected": True, "null": False, "null as zero": False}


def modernise(panel: dict[str, Any]) -> None:
    """Rewrite a graph panel in place."""
    mode = panel.get("xaxis", {}).get("mode", "time")
    legend = panel.get("legend", {})
    placement = "right" if legend.get("rightSide") else "bottom"
    options: dict[str, Any] = {
        "legend": {
            "calcs": [calc for key, calc in CALCS.items() if legend.get(key)], "placement": placement,
            "displayMode": "table" if legend.get("alignAsTable") else "list", "showLegend": bool(legend.get("show", True)),
        },
        "tooltip": {"mode": "multi" if panel.get("tooltip", {}).get("shared") else "single", "sort": "none"},
    }  # fmt: skip
    panel["options"] = options
    axis = (panel.get("yaxes") or [{}])[0]
    defaults = panel["fieldConfig"]["defaults"]
    _scale(defaults, axis)
    _limits(panel, defaults)
    panel["type"] = {"series": "bargauge", "histogram": "histogram"}.get(mode, "timeseries")
    if panel["type"] == "bargauge":
        calc = (panel["xaxis"].get("values") or ["total"])[0]
        options["reduceOptions"] = {"calcs": [CALCS.get(calc, calc)], "fields": "", "values": False}
    elif panel["type"] == "timeseries":
        defaults["custom"] = _custom(panel, axis)
        panel["fieldConfig"]["overrides"] += [
            _colour(name, value) for name, value in panel.get("aliasColors", {}).items()
        ]
    links = panel["fieldConfig"]["defaults"].get("links") or panel.pop("dataLinks", [])
    if links:
        defaults["links"] = links


def _scale(defaults: dict[str, Any], axis: dict[str, Any]) -> None:
    """Unit, ends and decimals of the left axis."""
    defaults["unit"] = defaults.get("unit") or axis.get("format", "short")
    for key in ("min", "max"):
        if isinstance(axis.get(key), (int, float)):
            defaults[key] = axis[key]
    if isinstance(axis.get("decimals"), int):
        defaults["decimals"] = axis["decimals"]


def _custom(panel: dict[str, Any], axis: dict[str, Any]) -> dict[str, Any]:
    """How lines, bars and points are drawn."""
    style = "bars" if panel.get("bars") else "line" if panel.get("lines", True) else "points"
    log = axis.get("logBase", 1)
    stacked = "percent" if panel.get("percentage") else "normal"
    return {
        "axisLabel": axis.get("label") or "", "axisPlacement": "auto", "drawStyle": style, "gradientMode": "none",
        "fillOpacity": min(100, 10 * panel.get("fill", 1)) if style != "bars" else 100,
        "lineInterpolation": "stepAfter" if panel.get("steppedLine") else "linear", "lineWidth": panel.get("linewidth", 1),
        "pointSize": panel.get("pointradius", 5), "showPoints": "always" if panel.get("points") else "never",
        "scaleDistribution": {"type": "log", "log": log} if log and log > 1 else {"type": "linear"},
        "spanNulls": SPAN_NULLS.get(str(panel.get("nullPointMode")), False),
        "stacking": {"group": "A", "mode": stacked if panel.get("stack") else "none"},
        "thresholdsStyle": {"mode": "line+area" if panel.get("thresholds") else "off"},
    }  # fmt: skip


def _limits(panel: dict[str, Any], defaults: dict[str, Any]) -> None:
    """Thresholds of a graph colour the area above (or below) a value."""
    old = [
        item
        for item in panel.get("thresholds") or []
        if isinstance(item, dict) and isinstance(item.get("value"), (int, float))
    ]
    if not old:
        return
    colours = {"critical": "red", "warning": "orange", "ok": "green"}
    steps: list[dict[str, Any]] = [{"color": "transparent", "value": 0}]
    for item in sorted(old, key=lambda item: item["value"]):
        colour = colours.get(item.get("colorMode", "critical"), "red")
        if item.get("op") == "lt":
            steps[-1]["color"] = colour
            colour = "transparent"
        steps.append({"color": colour, "value": item["value"]})
    defaults["thresholds"] = {"mode": "absolute", "steps": steps}


def _colour(name: str, value: str) -> dict[str, Any]:
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": value}}],
    }
