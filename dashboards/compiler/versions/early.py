"""Versions 2 to 12: graphs that kept their axes elsewhere, pulldowns and the time picker among the navigation."""

from __future__ import annotations

from dashboards.compiler.read import Json, mapping, mappings, number, panels, text


def services(data: Json) -> None:
    """Version 2: time and variables stood among services."""
    old = mapping(mapping(data.pop("services", None)).get("filter"))
    if isinstance(old.get("time"), dict):
        data.setdefault("time", old["time"])
    if isinstance(old.get("list"), list) and not mapping(data.get("templating")).get("list"):
        data["templating"] = {"list": old["list"]}


def old_axes(data: Json) -> None:
    """Version 2: the graph was called graphite, its legend was true or false and it had one format."""
    for panel in panels(data):
        if panel.get("type") == "graphite":
            panel["type"] = "graph"
        if panel.get("type") != "graph":
            continue
        if isinstance(panel.get("legend"), bool):
            panel["legend"] = {"show": panel["legend"]}
        grid = mapping(panel.get("grid"))
        for old, new in (("min", "leftMin"), ("max", "leftMax")):
            if grid.get(old) is not None:
                grid[new] = grid.pop(old)
        for index, key in enumerate(("y_format", "y2_format")):
            if panel.get(key):
                formats = panel.setdefault("y_formats", ["short", "short"])
                if isinstance(formats, list) and len(formats) > index:
                    formats[index] = panel.pop(key)


def alias_axis(data: Json) -> None:
    """Version 4: which series belong to the second axis."""
    for panel in panels(data):
        if panel.get("type") == "graph" and isinstance(panel.get("aliasYAxis"), dict):
            overrides = mappings(panel.get("seriesOverrides"))
            overrides += [{"alias": alias, "yaxis": axis} for alias, axis in panel.pop("aliasYAxis").items()]
            panel["seriesOverrides"] = overrides


def pulldowns(data: Json) -> None:
    """Version 6: annotations were one of the pulldowns."""
    for pulldown in mappings(data.pop("pulldowns", None)):
        if pulldown.get("type") == "annotations" and isinstance(pulldown.get("annotations"), list):
            data["annotations"] = {"list": pulldown["annotations"]}


def time_picker(data: Json) -> None:
    """Version 7: the time picker was the first entry of the navigation."""
    nav = mappings(data.pop("nav", None))
    if nav:
        data["timepicker"] = nav[0]


def stat_thresholds(data: Json) -> None:
    """Version 9: the first of three thresholds of a number, its lower end, went away."""
    for panel in panels(data):
        limits = panel.get("thresholds")
        if panel.get("type") in ("singlestat", "stat") and isinstance(limits, str) and limits.count(",") >= 2:
            panel["thresholds"] = limits.partition(",")[2]


def style_thresholds(data: Json) -> None:
    """Version 10: the same in the styles of tables."""
    for panel in panels(data):
        if panel.get("type") != "table":
            continue
        for style in mappings(panel.get("styles")):
            limits = style.get("thresholds")
            if isinstance(limits, list) and len(limits) >= 3:
                style["thresholds"] = limits[1:]


def axes(data: Json) -> None:
    """Version 12: axes of graphs became a list."""
    for panel in panels(data):
        grid = mapping(panel.get("grid"))
        if panel.get("type") != "graph" or "yaxes" in panel:
            continue
        formats = panel.pop("y_formats", None)
        formats = formats if isinstance(formats, list) else []
        show = panel.pop("y-axis", None)
        panel["xaxis"] = {"show": panel.pop("x-axis", True) is not False}
        panel["yaxes"] = [
            {
                "show": show is not False, "min": number(grid.pop(f"{side}Min", None)), "max": number(grid.pop(f"{side}Max", None)),
                "logBase": number(grid.pop(f"{side}LogBase", None)) or 1, "label": text(panel.pop(f"{side}YAxisLabel", None)),
                "format": text(formats[index]) if index < len(formats) else "short",
            }
            for index, side in enumerate(("left", "right"))
        ]  # fmt: skip
