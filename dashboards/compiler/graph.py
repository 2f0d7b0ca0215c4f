"""The Angular graph, which is gone: time series, or bars and histogram by its x axis."""

from __future__ import annotations

from typing import Any, Final

from dashboards.compiler.read import mapping, mappings, number, text
from dashboards.compiler.series import overrides

CALCS: Final = {"avg": "mean", "current": "lastNotNull", "max": "max", "min": "min", "total": "sum"}
SPAN_NULLS: Final = {"connected": True, "null": False, "null as zero": False}
SORTS: Final = {0: "none", 1: "asc", 2: "desc"}
KINDS: Final = {"series": "bargauge", "histogram": "histogram"}


def modernise(panel: dict[str, Any]) -> None:
    """Rewrite a graph panel in place."""
    options = panel["options"] = {"legend": _legend(panel), "tooltip": _tooltip(panel)}
    left, right = ([*mappings(panel.get("yaxes")), {}, {}])[:2]
    defaults = panel["fieldConfig"]["defaults"]
    _scale(defaults, left)
    area, line = _limits(panel, defaults)
    xaxis = mapping(panel.get("xaxis"))
    panel["type"] = KINDS.get(text(xaxis.get("mode")), "timeseries")
    if panel["type"] == "bargauge":
        calc = text((xaxis.get("values") or ["total"])[0])
        options["reduceOptions"] = {"calcs": [CALCS.get(calc, calc)], "fields": "", "values": False}
    elif panel["type"] == "timeseries":
        defaults["custom"] = {**_custom(panel, left), "thresholdsStyle": {"mode": _style(area=area, line=line)}}
        panel["fieldConfig"]["overrides"] += overrides(panel, right)
    links = mapping(panel["fieldConfig"]["defaults"]).get("links") or panel.pop("dataLinks", [])
    if links:
        defaults["links"] = links


def _legend(panel: dict[str, Any]) -> dict[str, Any]:
    legend = mapping(panel.get("legend"))
    calcs = [calc for key, calc in CALCS.items() if legend.get(key)] if legend.get("values", True) else []
    found: dict[str, Any] = {
        "calcs": calcs, "placement": "right" if legend.get("rightSide") else "bottom",
        "displayMode": "table" if legend.get("alignAsTable") else "list", "showLegend": bool(legend.get("show", True)),
    }  # fmt: skip
    width = number(legend.get("sideWidth"))
    return {**found, "width": width} if width else found


def _tooltip(panel: dict[str, Any]) -> dict[str, Any]:
    tooltip = mapping(panel.get("tooltip"))
    return {
        "mode": "multi" if tooltip.get("shared") else "single",
        "sort": SORTS.get(int(number(tooltip.get("sort")) or 0), "none"),
    }


def _scale(defaults: dict[str, Any], axis: dict[str, Any]) -> None:
    """Unit, ends and decimals of the left axis."""
    defaults["unit"] = defaults.get("unit") or text(axis.get("format")) or "short"
    for key in ("min", "max"):
        if number(axis.get(key)) is not None:
            defaults[key] = number(axis[key])
    if isinstance(axis.get("decimals"), int):
        defaults["decimals"] = axis["decimals"]


def _custom(panel: dict[str, Any], axis: dict[str, Any]) -> dict[str, Any]:
    """How lines, bars and points are drawn."""
    style = "bars" if panel.get("bars") else "line" if panel.get("lines", True) else "points"
    log = number(axis.get("logBase")) or 1
    stacked = "percent" if panel.get("percentage") else "normal"
    fill, radius = number(panel.get("fill")), number(panel.get("pointradius"))
    custom: dict[str, Any] = {
        "axisLabel": text(axis.get("label")), "axisPlacement": "hidden" if axis.get("show") is False else "auto", "drawStyle": style,
        "gradientMode": "opacity" if number(panel.get("fillGradient")) else "none",
        "fillOpacity": min(100, 10 * (1 if fill is None else fill)) if style != "bars" else 100,
        "lineInterpolation": "stepAfter" if panel.get("steppedLine") else "linear", "lineWidth": _or(panel.get("linewidth"), 1),
        "pointSize": 5 if radius is None else 2 + 2 * radius, "showPoints": "always" if panel.get("points") else "never",
        "scaleDistribution": {"type": "log", "log": log} if log > 1 else {"type": "linear"},
        "spanNulls": SPAN_NULLS.get(str(panel.get("nullPointMode")), False),
        "stacking": {"group": "A", "mode": stacked if panel.get("stack") else "none"},
    }  # fmt: skip
    if panel.get("dashes") and style == "line":
        custom["lineStyle"] = {
            "fill": "dash",
            "dash": [_or(panel.get("dashLength"), 10), _or(panel.get("spaceLength"), 10)],
        }
    return custom


def _or(value: object, default: float) -> float:
    found = number(value)
    return default if found is None else found


def _limits(panel: dict[str, Any], defaults: dict[str, Any]) -> tuple[bool, bool]:
    """Thresholds of a graph colour the area above (or below) a value; whether they are drawn as areas and as lines."""
    old = [item for item in mappings(panel.get("thresholds")) if number(item.get("value")) is not None]
    if not old:
        return False, False
    colours = {"critical": "red", "warning": "orange", "ok": "green"}
    steps: list[dict[str, Any]] = [{"color": "transparent", "value": 0}]
    for item in sorted(old, key=lambda item: number(item["value"]) or 0):
        own = text(item.get("fillColor")) or text(item.get("lineColor"))
        mode = text(item.get("colorMode")) or "critical"
        colour = own if mode == "custom" and own else colours.get(mode, "red")
        if item.get("op") == "lt":
            steps[-1]["color"] = colour
            colour = "transparent"
        steps.append({"color": colour, "value": number(item["value"])})
    defaults["thresholds"] = {"mode": "absolute", "steps": steps}
    return any(item.get("fill", True) for item in old), any(item.get("line", True) for item in old)


def _style(*, area: bool, line: bool) -> str:
    return "line+area" if area and line else "area" if area else "line" if line else "off"
