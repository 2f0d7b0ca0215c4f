"""What each schema version changed, on dashboards of before it."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards.compiler import imported

PLACE = {"gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}}


def upgraded(version: int, **content: Any) -> dict[str, Any]:
    """A dashboard of a version in the last one."""
    data, before, _ = imported({"title": "T", "schemaVersion": version, **content})
    assert (before, data["schemaVersion"]) == (version, 42)
    return data


def panel(version: int, **content: Any) -> dict[str, Any]:
    """Its one panel."""
    (found,) = upgraded(version, panels=[{"type": "timeseries", **PLACE, **content}])["panels"]
    return dict(found)


def variable(version: int, **content: Any) -> dict[str, Any]:
    """Its one variable."""
    (found,) = upgraded(version, templating={"list": [{"name": "v", "type": "query", **content}]})["templating"]["list"]
    return dict(found)


def test_rows_fill_the_grid() -> None:
    """Panels of rows stand side by side, in the width of their spans and the height of their pixels, under headers that show."""
    one, two = {"type": "stat", "span": 4}, {"type": "stat", "span": 8, "height": "400px"}
    rows = [
        {"title": "A", "showTitle": True, "height": 200, "panels": [one, two]},
        {"title": "B", "collapse": True, "panels": [{"type": "text"}]},
    ]
    found = upgraded(13, rows=rows)["panels"]
    assert [(item["type"], *(item["gridPos"][key] for key in "xywh")) for item in found] == [
        ("row", 0, 0, 24, 1), ("stat", 0, 1, 8, 6), ("stat", 8, 1, 16, 11), ("row", 0, 12, 24, 1),
    ]  # fmt: skip
    assert [inner["gridPos"] for inner in found[3]["panels"]] == [{"x": 0, "y": 13, "w": 8, "h": 7}]
    assert "rows" not in upgraded(13, rows=rows)


def test_rows_without_a_title_leave_no_header() -> None:
    """When no row shows its title there are only panels; an empty row takes no place."""
    found = upgraded(
        13, rows=[{"panels": []}, {"panels": [{"type": "stat", "span": 12}]}, {"panels": [{"type": "stat", "span": 0}]}]
    )["panels"]
    assert [(item["type"], item["gridPos"]["y"], item["gridPos"]["w"]) for item in found] == [
        ("stat", 0, 24),
        ("stat", 7, 8),
    ]


VARIABLES: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = {
    "filters ask a source": (5, {"type": "filter"}, {"type": "query"}),
    "hiding is a number": (11, {"hideVariable": True}, {"hide": 2}),
    "hiding the label is a number": (11, {"hideLabel": True}, {"hide": 1}),
    "one of many is a list": (22, {"multi": True, "current": {"text": "a", "value": "a"}}, {"current": {"text": ["a"], "value": ["a"]}}),
    "a list of one is one": (22, {"multi": False, "current": {"text": ["a"], "value": ["a"]}}, {"current": {"text": "a", "value": "a"}}),
    "a constant that shows is a text box": (26, {"type": "constant", "query": "5"}, {"type": "textbox", "current": {"selected": True, "text": "5", "value": "5"}}),
    "a hidden constant stays": (26, {"type": "constant", "query": "5", "hide": 2}, {"type": "constant"}),
    "refreshing on load": (28, {"refresh": 0, "options": [{"text": "a", "value": "a"}]}, {"refresh": 1, "options": []}),
    "refreshing stays as it was": (28, {"refresh": 2}, {"refresh": 2}),
    "nothing is forced on newer ones": (41, {"refresh": 0}, {"refresh": 0}),
}  # fmt: skip


@pytest.mark.parametrize("case", VARIABLES.values(), ids=VARIABLES)
def test_variables(case: tuple[int, dict[str, Any], dict[str, Any]]) -> None:
    """Each has its new form."""
    version, before, after = case
    found = variable(version, **before)
    assert {key: found.get(key) for key in after} == after


HIDE = {"id": "custom.hideFrom", "value": {"viz": True}}
CELL = {"type": "color-background", "mode": "gradient"}
TIME_AXIS = {
    "matcher": {"id": "byType", "options": "time"},
    "properties": [{"id": "custom.axisPlacement", "value": "auto"}],
}
OLD_MAPS = [
    {"type": 1, "value": "1", "text": "up"},
    {"type": 2, "from": "2", "to": "3", "text": "90"},
    {"type": 1, "value": "null", "text": "N/A"},
]
STEPS = {"mode": "absolute", "steps": [{"color": "green", "value": None}, {"color": "red", "value": 80}]}
NEW_MAPS = [
    {"type": "value", "options": {"1": {"text": "up"}}}, {"type": "range", "options": {"from": 2, "to": 3, "result": {"text": "90", "color": "red"}}},
    {"type": "special", "options": {"match": "null", "result": {"text": "N/A"}}},
]  # fmt: skip

PANELS: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = {
    "panels in a row": (16, {"minSpan": 4}, {"maxPerRow": 6, "repeat": "v"}),
    "links have an address": (
        18, {"links": [{"dashboard": "My board", "keepTime": True, "params": "a=b", "title": "x"}]}, {"links": [("x", "dashboard/db/my-board?$__url_time_range&a=b")]},
    ),
    "an address stays": (18, {"links": [{"url": "http://a?b=1", "includeVars": True}]}, {"links": [("", "http://a?b=1&$__all_variables")]}),
    "names of values have dots": (19, {"options": {"dataLinks": [{"url": "a?b=$__series_name"}]}}, {"options": {"dataLinks": [{"url": "a?b=${__series.name}"}]}}),
    "labels belong to fields": (20, {"options": {"dataLinks": [{"url": "${__series.labels.a}"}]}}, {"options": {"dataLinks": [{"url": "${__field.labels.a}"}]}}),
    "labels no longer merge": (30, {"transformations": [{"id": "labelsToFields", "options": {}}]}, {"transformations": [{"id": "labelsToFields", "options": {}}, {"id": "merge", "options": {}}]}),
    "the tooltip has its name": (29, {"options": {"tooltipOptions": {"mode": "single"}}}, {"options": {"tooltip": {"mode": "single"}}}),
    "value mappings": (29, {"fieldConfig": {"defaults": {"mappings": OLD_MAPS, "thresholds": STEPS}, "overrides": []}}, {"fieldConfig": {"defaults": {"mappings": NEW_MAPS, "thresholds": STEPS}, "overrides": []}}),
    "the axis of time stays": (34, {"fieldConfig": {"defaults": {"custom": {"axisPlacement": "hidden"}}, "overrides": []}}, {"fieldConfig": {"defaults": {"custom": {"axisPlacement": "hidden"}}, "overrides": [TIME_AXIS]}}),
    "a panel asks as its first query does": (35, {"targets": [{"refId": "A", "expr": "up", "datasource": {"uid": "x"}}]}, {"datasource": {"uid": "x"}}),
    "a hidden legend": (36, {"options": {"legend": {"displayMode": "hidden"}}}, {"options": {"legend": {"displayMode": "list", "showLegend": False}}}),
    "a legend that shows": (36, {"options": {"legend": {"displayMode": "table"}}}, {"options": {"legend": {"displayMode": "table", "showLegend": True}}}),
    "cells of tables": (37, {"type": "table", "fieldConfig": {"defaults": {"custom": {"displayMode": "color-background"}}, "overrides": []}}, {"fieldConfig": {"defaults": {"custom": {"cellOptions": CELL}}, "overrides": []}}),
    "the table of time series": (38, {"transformations": [{"id": "timeSeriesTable", "options": {"refIdToStat": {"A": "mean"}}}]}, {"transformations": [{"id": "timeSeriesTable", "options": {"A": {"stat": "mean"}}}]}),
    "hidden in the tooltip too": (41, {"fieldConfig": {"defaults": {}, "overrides": [{"matcher": {}, "properties": [HIDE]}]}}, {"fieldConfig": {"defaults": {}, "overrides": [{"matcher": {}, "properties": [{"id": "custom.hideFrom", "value": {"viz": True, "tooltip": True}}]}]}}),
    "the last version stays": (42, {"options": {"legend": {"displayMode": "table"}}, "custom": 1}, {"custom": 1}),
}  # fmt: skip


@pytest.mark.parametrize("case", PANELS.values(), ids=PANELS)
def test_panels(case: tuple[int, dict[str, Any], dict[str, Any]]) -> None:
    """Each has its new form."""
    version, before, after = case
    repeat = {"repeat": "v"} if "minSpan" in before else {}
    found = panel(version, **repeat, **before)
    if "links" in after:
        found["links"] = [(one["title"], one["url"]) for one in found["links"]]
    assert {key: found.get(key) for key in after} == after


def test_a_newer_dashboard_is_not_changed_by_older_steps() -> None:
    """A step that is behind the version of a dashboard does nothing to it."""
    assert panel(31, transformations=[{"id": "labelsToFields", "options": {}}])["transformations"] == [
        {"id": "labelsToFields", "options": {}}
    ]
    assert (
        panel(42, fieldConfig={"defaults": {"custom": {"axisPlacement": "hidden"}}, "overrides": []})["fieldConfig"][
            "overrides"
        ]
        == []
    )


def test_queries_of_influxdb_have_parts() -> None:
    """Fields, functions, mathematics and names stand in lists; groups have parameters."""
    old = {
        "fields": [{"name": "v", "func": "mean", "mathExpr": "*2", "asExpr": "d"}],
        "tags": [],
        "groupBy": [{"type": "time", "interval": "1m"}],
        "fill": "null",
    }
    (target,) = panel(7, type="graph", targets=[old])["targets"]
    assert [part["type"] for part in target["select"][0]] == ["field", "mean", "math", "alias"]
    assert target["groupBy"] == [{"type": "time", "params": ["1m"]}, {"type": "fill", "params": ["null"]}]


def test_queries_of_cloudwatch_have_one_statistic() -> None:
    """A query of two statistics is two queries."""
    old = {
        "refId": "A",
        "dimensions": {},
        "namespace": "n",
        "region": "r",
        "metricName": "m",
        "statistics": ["Sum", "Average"],
    }
    targets = panel(33, targets=[old])["targets"]
    assert [(one["refId"], one["statistic"]) for one in targets] == [("A", "Sum"), ("B", "Average")]


def test_what_graphs_had_before_they_had_axes() -> None:
    """The oldest graphs: formats and ends beside the grid, aliases of the second axis."""
    old = {
        "type": "graphite",
        "legend": True,
        "y_formats": ["ms", "short"],
        "grid": {"leftMin": 1, "leftMax": None},
        "aliasYAxis": {"a": 2},
        "leftYAxisLabel": "L",
    }
    found = panel(1, **old)
    assert found["type"] == "timeseries"
    assert (found["fieldConfig"]["defaults"]["unit"], found["fieldConfig"]["defaults"]["min"]) == ("ms", 1)
    assert found["fieldConfig"]["defaults"]["custom"]["axisLabel"] == "L"
    (override,) = found["fieldConfig"]["overrides"]
    assert {"id": "custom.axisPlacement", "value": "right"} in override["properties"]


def test_what_dashboards_had_elsewhere() -> None:
    """Time and variables among services, the picker among the navigation, annotations among pulldowns, a shared crosshair."""
    data = upgraded(
        1, services={"filter": {"time": {"from": "a", "to": "b"}, "list": [{"name": "x"}]}}, nav=[{"refresh_intervals": ["5s"], "type": "timepicker"}],
        pulldowns=[{"type": "annotations", "annotations": [{"name": "n"}]}], sharedCrosshair=True, refresh=False,
    )  # fmt: skip
    assert (data["time"], data["graphTooltip"], data["refresh"]) == ({"from": "a", "to": "b"}, 1, "")
    assert data["timepicker"] == {"refresh_intervals": ["5s"]}
    assert [one["name"] for one in data["templating"]["list"]] == ["x"]
    assert [one["name"] for one in data["annotations"]["list"]] == ["Annotations & Alerts", "n"]
    assert not {"services", "nav", "pulldowns", "sharedCrosshair"} & set(data)


def test_what_is_not_known_is_kept() -> None:
    """Keys that nobody here knows stay where they are: of the dashboard, a panel, a query, a variable and field settings."""
    data = upgraded(
        30, mine=1, templating={"list": [{"name": "v", "type": "custom", "mine": 2}]},
        panels=[{"type": "mine-panel", **PLACE, "mine": 3, "targets": [{"refId": "A", "mine": 4}], "fieldConfig": {"defaults": {"mine": 5}, "overrides": []}}],
    )  # fmt: skip
    (found,) = data["panels"]
    assert (data["mine"], data["templating"]["list"][0]["mine"], found["mine"], found["targets"][0]["mine"]) == (
        1,
        2,
        3,
        4,
    )
    assert (found["type"], found["fieldConfig"]["defaults"]["mine"]) == ("mine-panel", 5)


def test_what_is_of_another_kind_is_named() -> None:
    """A value that cannot be what it should be is left out, with its place."""
    data, _, left_out = imported(
        {"title": 5, "panels": [{"type": "stat", "gridPos": "wide", "targets": [3]}, None, "x"], "tags": ["a", 1]}
    )
    assert left_out == [
        "title was a number, not text; it was left out",
        "tags[1] was a number, not text; it was left out",
        "panels[0].gridPos was text, not an object; it was left out",
        "panels[0].targets[0] was a number, not an object; it was left out",
        "panels[2] was text, not an object; it was left out",
    ]
    assert [one["type"] for one in data["panels"]] == ["stat"]


def test_numbers_and_tables_lost_their_lower_end() -> None:
    """Of three thresholds of a number (version 9) or a column (version 10) the first said nothing."""

    def values(found: dict[str, Any]) -> list[Any]:
        return [step["value"] for step in found["thresholds"]["steps"]]

    colours = {"colors": ["a", "b", "c"]}
    assert values(panel(8, type="singlestat", thresholds="0,1,2", **colours)["fieldConfig"]["defaults"]) == [None, 1, 2]
    assert values(panel(9, type="singlestat", thresholds="0,1,2", **colours)["fieldConfig"]["defaults"]) == [None, 0, 1]
    style = {"pattern": "/.*/", "type": "number", "colorMode": "cell", **colours}
    assert values(
        panel(9, type="table", styles=[{**style, "thresholds": ["0", "1", "2"]}])["fieldConfig"]["defaults"]
    ) == [None, 1, 2]
    assert values(
        panel(10, type="table", styles=[{**style, "thresholds": ["0", "1", "2"]}])["fieldConfig"]["defaults"]
    ) == [None, 0, 1]


def test_options_of_the_first_gauge() -> None:
    """They stood apart and their thresholds upside down (version 18)."""
    old = {
        "unit": "ms",
        "stat": "avg",
        "maxValue": 9,
        "thresholds": [{"value": 5, "color": "red"}, {"value": None, "color": "green"}],
        "options": {},
    }
    found = panel(17, type="gauge", **{"options-gauge": old})
    defaults = found["fieldConfig"]["defaults"]
    assert (defaults["unit"], defaults["max"], [step["color"] for step in defaults["thresholds"]["steps"]]) == (
        "ms",
        9,
        ["green", "red"],
    )
    assert "options-gauge" not in found


def test_the_second_text_panel_and_copies() -> None:
    """The first became the second (version 26); what Grafana had copied is copied again when it is shown (version 27)."""
    assert panel(25, type="text2", options={"content": "x", "mode": "html"})["type"] == "text"
    copies = [{"type": "stat", **PLACE, "repeat": "v"}, {"type": "stat", **PLACE, "repeatPanelId": 1, "scopedVars": {}}]
    row = {"type": "row", **PLACE, "panels": [{"type": "stat", **PLACE, "repeatPanelId": 1}]}
    found = upgraded(26, panels=[*copies, row])["panels"]
    assert [(one["type"], len(one.get("panels", []))) for one in found] == [("stat", 0), ("row", 0)]


def test_what_a_variable_had_chosen_stays() -> None:
    """A choice may have its value alone."""
    assert variable(42, current={"value": "a"})["current"] == {"value": "a", "text": "a"}
    assert "current" not in variable(42, current={})


def test_an_annotation_that_did_not_say_so_stays_off() -> None:
    """To Grafana it is not enabled."""
    one, two = upgraded(42, annotations={"list": [{"name": "a"}, {"name": "b", "enable": True}]})["annotations"][
        "list"
    ][1:]
    assert (one["enable"], two["enable"]) == (False, True)


def test_panels_without_a_place_stand_as_grafana_shows_them() -> None:
    """Small, one below the other, when none has a place; else behind those that have one."""
    found = upgraded(42, panels=[{"type": "stat"}, {"type": "row", "panels": []}, {"type": "stat"}])["panels"]
    assert [[one["gridPos"][key] for key in "xywh"] for one in found] == [[0, 0, 6, 3], [0, 3, 24, 1], [0, 4, 6, 3]]
    found = upgraded(42, panels=[{"type": "stat", **PLACE}, {"type": "stat"}])["panels"]
    assert [one["gridPos"]["y"] for one in found] == [0, 8]
