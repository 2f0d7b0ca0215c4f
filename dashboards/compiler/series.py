"""Settings of single series of the Angular graph, as overrides of fields."""

from __future__ import annotations

from typing import Any, Final

from dashboards.compiler.read import mapping, mappings, number, text

Json = dict[str, Any]
SECOND: Final = 2
SPAN_NULLS: Final = {"connected": True, "null": False}


def overrides(panel: Json, right: Json) -> list[Json]:
    """Colours by name, then what was said of series by name or pattern. `right` is the second axis."""
    found = colours(panel)
    for one in mappings(panel.get("seriesOverrides")):
        alias = text(one.get("alias")) or text(one.get("$$alias"))
        properties = _properties(one, panel, right)
        if alias and properties:
            found.append({"matcher": matcher(alias), "properties": properties})
    return found


def colours(panel: Json) -> list[Json]:
    """Colours of series by name."""
    said = mapping(panel.get("aliasColors"))
    return [{"matcher": matcher(name), "properties": [_fixed(colour)]} for name, colour in said.items() if text(colour)]


def matcher(name: str) -> Json:
    """Fields by name, or by a pattern between slashes."""
    pattern = len(name) > 2 and name.startswith("/") and name.rstrip("gimsuy").endswith("/")
    return {"id": "byRegexp" if pattern else "byName", "options": name}


def _fixed(colour: str) -> Json:
    return {"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}


def _properties(one: Json, panel: Json, right: Json) -> list[Json]:
    """The settings of one override, in a fixed order."""
    found: Json = {}
    if text(one.get("color")):
        found["color"] = _fixed(one["color"])["value"]
    if "bars" in one or "lines" in one:
        bars = bool(one.get("bars", panel.get("bars")))
        found["custom.drawStyle"] = (
            "bars" if bars else "line" if one.get("lines", panel.get("lines", True)) else "points"
        )
    fill = number(one.get("fill"))
    if fill is not None:
        found["custom.fillOpacity"] = min(100, 10 * fill)
    if text(one.get("fillBelowTo")):
        found["custom.fillBelowTo"] = one["fillBelowTo"]
    for key, name in (("linewidth", "custom.lineWidth"), ("pointradius", "custom.pointSize")):
        if number(one.get(key)) is not None:
            found[name] = number(one[key]) if key == "linewidth" else 2 + 2 * (number(one[key]) or 0)
    if one.get("lines") is False and not one.get("bars") and not one.get("points"):
        found.update({"custom.drawStyle": "line", "custom.lineWidth": 0})
    _drawn(found, one)
    _placed(found, one, panel)
    if number(one.get("yaxis")) == SECOND:
        found.update(_axis(right))
    return [{"id": key, "value": value} for key, value in found.items()]


def _drawn(found: Json, one: Json) -> None:
    """Points, steps, gaps and dashes."""
    if "points" in one:
        found["custom.showPoints"] = "always" if one["points"] else "never"
    if "steppedLine" in one:
        found["custom.lineInterpolation"] = "stepAfter" if one["steppedLine"] else "linear"
    if one.get("nullPointMode") in SPAN_NULLS:
        found["custom.spanNulls"] = SPAN_NULLS[one["nullPointMode"]]
    if one.get("dashes"):
        dash = [number(one.get(key)) or 10 for key in ("dashLength", "spaceLength")]
        found["custom.lineStyle"] = {"fill": "dash", "dash": dash}


def _placed(found: Json, one: Json, panel: Json) -> None:
    """On what a series is stacked, whether it points down, and where it is hidden."""
    if "stack" in one:
        group = one["stack"] if isinstance(one["stack"], str) else "A"
        mode = "percent" if panel.get("percentage") else "normal"
        found["custom.stacking"] = {"group": group, "mode": mode if one["stack"] else "none"}
    if one.get("transform") == "negative-Y":
        found["custom.transform"] = "negative-Y"
    if one.get("legend") is False or one.get("hideTooltip"):
        hidden = {"viz": False, "legend": one.get("legend") is False, "tooltip": bool(one.get("hideTooltip"))}
        found["custom.hideFrom"] = hidden


def _axis(right: Json) -> Json:
    """The unit, ends, decimals and label of the second axis."""
    found: Json = {"unit": text(right.get("format")) or "short"}
    for key in ("min", "max", "decimals"):
        if number(right.get(key)) is not None:
            found[key] = number(right[key])
    found["custom.axisPlacement"] = "hidden" if right.get("show") is False else "right"
    if text(right.get("label")):
        found["custom.axisLabel"] = right["label"]
    log = number(right.get("logBase")) or 1
    if log > 1:
        found["custom.scaleDistribution"] = {"type": "log", "log": log}
    return found
