"""The Angular table: styles of columns become field settings, its way to lay out series a transformation."""

from __future__ import annotations

import re
from typing import Any, Final

from dashboards.compiler.read import mappings as dicts
from dashboards.compiler.read import number, text
from dashboards.compiler.series import matcher
from dashboards.compiler.values import mappings

Json = dict[str, Any]
ALL: Final = "/.*/"
CALCS: Final = {"avg": "mean", "current": "lastNotNull", "total": "sum"}
TRANSFORMS: Final = {
    "timeseries_to_rows": [{"id": "seriesToRows", "options": {}}],
    "timeseries_to_columns": [{"id": "seriesToColumns", "options": {"reducers": []}}],
    "table": [{"id": "merge", "options": {"reducers": []}}],
}
CELLS: Final = {
    "cell": {"type": "color-background", "mode": "gradient"}, "row": {"type": "color-background", "mode": "gradient"},
    "value": {"type": "color-text"},
}  # fmt: skip
VARIABLE: Final = re.compile(r"\$\{?__cell(_\d+)?(:[^}\s]*)?\}?")


def modernise(panel: Json) -> None:
    """Rewrite an old table in place."""
    panel["type"] = "table"
    styles = dicts(panel.get("styles"))
    config = panel["fieldConfig"]
    for style in styles:
        properties = _properties(style)
        if style.get("pattern") == ALL:
            _defaults(config["defaults"], properties)
        elif text(style.get("pattern")) and properties:
            listed = [{"id": key, "value": value} for key, value in properties.items()]
            config["overrides"].append({"matcher": matcher(style["pattern"]), "properties": listed})
    if not panel.get("transformations"):
        panel["transformations"] = _transformations(panel)
    panel["options"] = {"showHeader": panel.get("showHeader") is not False}
    panel.pop("transform", None)


def _transformations(panel: Json) -> list[Json]:
    kind = text(panel.get("transform"))
    if kind == "timeseries_aggregations":
        reducers = [CALCS.get(text(one.get("value")), text(one.get("value"))) for one in dicts(panel.get("columns"))]
        return [{"id": "reduce", "options": {"includeTimeField": False, "reducers": reducers}}]
    return [dict(one) for one in TRANSFORMS.get(kind, [])]


def _defaults(defaults: Json, properties: Json) -> None:
    for key, value in properties.items():
        if key.startswith("custom."):
            defaults.setdefault("custom", {})[key.removeprefix("custom.")] = value
        else:
            defaults[key] = value


def _properties(style: Json) -> Json:
    """The field settings that one style means."""
    if style.get("type") == "hidden":
        return {"custom.hidden": True}
    found: Json = {}
    if text(style.get("alias")):
        found["displayName"] = style["alias"]
    if style.get("type") == "number":
        if text(style.get("unit")):
            found["unit"] = style["unit"]
        if number(style.get("decimals")) is not None:
            found["decimals"] = number(style["decimals"])
    if style.get("type") == "date" and text(style.get("dateFormat")):
        found["unit"] = f"time: {style['dateFormat']}"
    if text(style.get("align")):
        found["custom.align"] = None if style["align"] == "auto" else style["align"]
    _colours(found, style)
    said = mappings(style)
    if said:
        found["mappings"] = said
    if style.get("link") and text(style.get("linkUrl")):
        url = VARIABLE.sub("${__value.text}", style["linkUrl"])
        link = {"title": text(style.get("linkTooltip")), "url": url, "targetBlank": bool(style.get("linkTargetBlank"))}
        found["links"] = [link]
    return {key: value for key, value in found.items() if value is not None}


def _colours(found: Json, style: Json) -> None:
    cell = CELLS.get(text(style.get("colorMode")))
    if cell is None:
        return
    found["custom.cellOptions"] = dict(cell)
    limits = [number(one) for one in style.get("thresholds") or []]
    colours = style.get("colors") or ["green", "orange", "red"]
    if limits and None not in limits:
        pairs = zip(colours, [None, *limits], strict=False)
        found["thresholds"] = {
            "mode": "absolute",
            "steps": [{"color": colour, "value": value} for colour, value in pairs],
        }
