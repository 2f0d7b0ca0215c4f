"""Versions 30 to 42: value mappings, tooltips, legends, cells of tables and hidden series."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dashboards.compiler.cells import cell_options
from dashboards.compiler.read import Json, mapping, mappings, panels
from dashboards.compiler.values import upgrade

REDUCERS: Final = "refIdToStat"


def mappings_step(data: Json) -> None:
    """Version 30: the form of value mappings."""
    for panel in panels(data):
        config = mapping(panel.get("fieldConfig"))
        defaults = mapping(config.get("defaults"))
        if isinstance(defaults.get("mappings"), list):
            defaults["mappings"] = upgrade(defaults["mappings"], mapping(defaults.get("thresholds")).get("steps"))
        for setting in _settings(config):
            if setting.get("id") == "mappings":
                setting["value"] = upgrade(setting.get("value"))


def tooltip(data: Json) -> None:
    """Version 30: the name of the tooltip's options."""
    for panel in panels(data):
        options = mapping(panel.get("options"))
        if "tooltipOptions" in options:
            options["tooltip"] = options.pop("tooltipOptions")


def merge(data: Json) -> None:
    """Version 31: labels that become fields no longer merge by themselves."""
    for panel in panels(data):
        steps = panel.get("transformations")
        if isinstance(steps, list):
            panel["transformations"] = [new for old in steps for new in _merged(old)]


def _merged(step: Any) -> list[Any]:
    is_labels = isinstance(step, dict) and step.get("id") == "labelsToFields"
    return [step, {"id": "merge", "options": {}}] if is_labels else [step]


def time_axis(data: Json) -> None:
    """Version 35: hiding the axes of a graph hides that of time too, which it did not before."""
    for panel in panels(data):
        config = mapping(panel.get("fieldConfig"))
        if panel.get("type") == "timeseries" and _custom(config).get("axisPlacement") == "hidden":
            matcher = {"id": "byType", "options": "time"}
            shown = {"matcher": matcher, "properties": [{"id": "custom.axisPlacement", "value": "auto"}]}
            config["overrides"] = [*mappings(config.get("overrides")), shown]


def source(data: Json) -> None:
    """Version 36: a panel without a data source has that of its first query which asks one."""
    for panel in panels(data):
        asked = [one["datasource"] for one in mappings(panel.get("targets")) if one.get("datasource")]
        asked = [one for one in asked if mapping(one).get("uid") != "__expr__" and one != "__expr__"]
        if asked and not panel.get("datasource") and panel.get("type") != "row":
            panel["datasource"] = asked[0]


def legend(data: Json) -> None:
    """Version 37: whether a legend shows is said in one place."""
    for panel in panels(data):
        options = mapping(panel.get("options"))
        found = options.get("legend")
        if isinstance(found, dict):
            hidden = found.get("displayMode") == "hidden" or found.get("showLegend") is False
            found["showLegend"] = not hidden
            if hidden:
                found["displayMode"] = "list"


def cells(data: Json) -> None:
    """Version 38: the display mode of a table became the options of a cell."""
    for panel in panels(data):
        if panel.get("type") == "table":
            config = mapping(panel.get("fieldConfig"))
            custom = _custom(config)
            if "displayMode" in custom:
                custom["cellOptions"] = cell_options(custom.pop("displayMode"))
            for setting in _settings(config):
                if setting.get("id") == "custom.displayMode":
                    setting.update(id="custom.cellOptions", value=cell_options(setting.get("value")))


def time_series_table(data: Json) -> None:
    """Version 39: options of the table of time series are kept by query."""
    for panel in panels(data):
        for step in mappings(panel.get("transformations")):
            options = mapping(step.get("options"))
            if step.get("id") == "timeSeriesTable" and isinstance(options.get(REDUCERS), dict):
                step["options"] = {query: {"stat": stat} for query, stat in options[REDUCERS].items()}


def hidden(data: Json) -> None:
    """Version 42: a series hidden in the picture is hidden in the tooltip."""
    for panel in panels(data):
        for setting in _settings(mapping(panel.get("fieldConfig"))):
            value = setting.get("value")
            if setting.get("id") == "custom.hideFrom" and isinstance(value, dict) and value.get("viz") is True:
                value["tooltip"] = True


def _custom(config: Json) -> Json:
    return mapping(mapping(config.get("defaults")).get("custom"))


def _settings(config: Json) -> Iterator[Json]:
    for override in mappings(config.get("overrides")):
        yield from mappings(override.get("properties"))
