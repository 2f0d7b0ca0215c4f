"""Dashboards of schema v2 become classic ones; what has no counterpart is reported or refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.importing.conftest import Board, Bring


def element(name: str, **content: Any) -> dict[str, Any]:
    """A panel with one query."""
    query = {
        "kind": "PanelQuery",
        "spec": {
            "refId": "A",
            "hidden": True,
            "query": {"kind": "DataQuery", "group": "prometheus", "datasource": {"name": "p"}, "spec": {"expr": name}},
        },
    }
    data = {
        "kind": "QueryGroup",
        "spec": {
            "queries": [query],
            "transformations": [{"kind": "reduce", "spec": {"id": "reduce", "options": {"x": 1}}}],
            "queryOptions": {"interval": "1m"},
        },
    }
    viz = {
        "kind": "VizConfig",
        "group": "stat",
        "version": "12",
        "spec": {"options": {"colorMode": "none"}, "fieldConfig": {"defaults": {"unit": "s"}, "overrides": []}},
    }
    return {"kind": "Panel", "spec": {"id": 1, "title": name, "data": data, "vizConfig": viz, **content}}


def item(name: str, x: int = 0, y: int = 0, **content: Any) -> dict[str, Any]:
    """A place on a grid."""
    return {
        "kind": "GridLayoutItem",
        "spec": {
            "x": x,
            "y": y,
            "width": 12,
            "height": 5,
            "element": {"kind": "ElementReference", "name": name},
            **content,
        },
    }


def grid(*items: dict[str, Any]) -> dict[str, Any]:
    """A grid of these."""
    return {"kind": "GridLayout", "spec": {"items": list(items)}}


def second(layout: Any, *names: str, **content: Any) -> dict[str, Any]:
    """A resource with these elements."""
    spec = {
        "title": "T",
        "elements": {name: element(name) for name in names},
        "layout": layout,
        "cursorSync": "Tooltip",
        **content,
    }
    return {"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "metadata": {"name": "m"}, "spec": spec}


def test_panels_have_all_that_they_had(board: Board) -> None:
    """Type, options, fields, queries with their source, transformations, places and repeats."""
    data = board(
        second(
            grid(item("a", 3, 2, repeat={"mode": "variable", "value": "job", "direction": "v", "maxPerRow": 3})), "a"
        )
    )
    (panel,) = data["panels"]
    assert (panel["type"], panel["title"], panel["options"]["colorMode"], panel["fieldConfig"]["defaults"]["unit"]) == (
        "stat",
        "a",
        "none",
        "s",
    )
    assert panel["gridPos"] == {"x": 3, "y": 2, "w": 12, "h": 5}
    assert (panel["repeat"], panel["repeatDirection"], panel["maxPerRow"], panel["interval"]) == ("job", "v", 3, "1m")
    assert panel["transformations"] == [{"id": "reduce", "options": {"x": 1}}]
    assert panel["targets"] == [
        {"refId": "A", "expr": "a", "hide": True, "datasource": {"type": "prometheus", "uid": "${datasource}"}}
    ]
    assert (data["uid"], data["graphTooltip"], data["schemaVersion"]) == ("m", 2, 42)


def test_older_drafts_are_read(board: Board) -> None:
    """v2alpha1 has the plugin and the query's type as kinds, and the source beside the query."""
    query = {
        "kind": "PanelQuery",
        "spec": {"refId": "A", "datasource": {"uid": "p"}, "query": {"kind": "prometheus", "spec": {"expr": "up"}}},
    }
    content = {"data": {"kind": "QueryGroup", "spec": {"queries": [query]}}, "vizConfig": {"kind": "gauge", "spec": {}}}
    value = second(grid(item("a")), "a")
    value["spec"]["elements"]["a"] = element("a", **content)
    (panel,) = board(value)["panels"]
    assert (panel["type"], panel["targets"][0]["expr"], panel["targets"][0]["datasource"]["type"]) == (
        "gauge",
        "up",
        "prometheus",
    )


def test_rows_and_tabs_become_rows(bring: Bring, board: Board) -> None:
    """Each with its panels below it; what is nested names what it is in, a folded one holds its panels."""
    rows = {"kind": "RowsLayout", "spec": {"rows": [
        {"kind": "RowsLayoutRow", "spec": {"title": "R1", "layout": grid(item("a"), item("b", 12))}},
        {"kind": "RowsLayoutRow", "spec": {"title": "R2", "collapse": True, "repeat": {"value": "job"}, "layout": grid(item("a"))}},
        {"kind": "RowsLayoutRow", "spec": {"hideHeader": True, "layout": grid(item("b"))}},
    ]}}  # fmt: skip
    tabs = {
        "kind": "TabsLayout",
        "spec": {
            "tabs": [{"spec": {"title": "T1", "layout": rows}}, {"spec": {"title": "T2", "layout": grid(item("b"))}}]
        },
    }
    value = second(tabs, "a", "b")
    found = [
        (one["type"], one["title"], one["gridPos"]["y"], len(one.get("panels", []))) for one in board(value)["panels"]
    ]
    assert found == [
        ("row", "T1 / R1", 0, 0), ("stat", "a", 1, 0), ("stat", "b", 1, 0), ("row", "T1 / R2", 6, 1), ("stat", "b", 7, 0),
        ("row", "T2", 12, 0), ("stat", "b", 13, 0),
    ]  # fmt: skip
    assert "its tabs became rows, since classic dashboards have no tabs" in bring(value).attention


def test_an_automatic_grid_has_places(board: Board) -> None:
    """As many in a row as it allows."""
    items = [{"kind": "AutoGridLayoutItem", "spec": {"element": {"name": name}}} for name in "abc"]
    data = board(
        second(
            {"kind": "AutoGridLayout", "spec": {"maxColumnCount": 2, "rowHeightMode": "short", "items": items}}, *"abc"
        )
    )
    places = [[one["gridPos"][key] for key in "xywh"] for one in data["panels"]]
    assert places == [[0, 0, 12, 5], [12, 0, 12, 5], [0, 5, 12, 5]]


def test_variables_annotations_and_time(board: Board) -> None:
    """In the words of the classic schema."""
    variables = [
        {"kind": "QueryVariable", "spec": {"name": "q", "hide": "hideLabel", "refresh": "onTimeRangeChanged", "sort": "numericalDesc", "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"__legacyStringValue": "label_values(job)"}}}},
        {"kind": "DatasourceVariable", "spec": {"name": "d", "pluginId": "loki"}}, {"kind": "TextVariable", "spec": {"name": "t", "query": "x"}},
        {"kind": "IntervalVariable", "spec": {"name": "i", "query": "1m,5m", "auto": True}}, {"kind": "AdhocVariable", "spec": {"name": "f", "filters": [{"key": "a"}]}},
    ]  # fmt: skip
    annotation = {
        "kind": "AnnotationQuery",
        "spec": {
            "name": "n",
            "enable": True,
            "iconColor": "red",
            "query": {"kind": "DataQuery", "group": "prometheus", "datasource": {"name": "p"}, "spec": {"expr": "x"}},
        },
    }
    data = board(
        second(
            grid(item("a")),
            "a",
            variables=variables,
            annotations=[annotation],
            timeSettings={"from": "now-5m", "to": "now", "autoRefresh": "10s", "timezone": "utc"},
        )
    )
    by_name = {one["name"]: one for one in data["templating"]["list"]}
    assert {name: one["type"] for name, one in by_name.items()} == {
        "datasource": "datasource",
        "q": "query",
        "d": "datasource",
        "t": "textbox",
        "i": "interval",
        "f": "adhoc",
    }
    assert [by_name["q"][key] for key in ("hide", "refresh", "sort", "query")] == [1, 2, 4, "label_values(job)"]
    assert (data["time"], data["refresh"], data["timezone"]) == ({"from": "now-5m", "to": "now"}, "10s", "utc")
    (found,) = [one for one in data["annotations"]["list"] if one["name"] == "n"]
    assert (found["target"], found["datasource"]["type"]) == ({"expr": "x"}, "prometheus")


def test_what_is_lost_is_reported(bring: Bring) -> None:
    """Conditions, and elements that are not there."""
    condition = {"kind": "ConditionalRenderingGroup", "spec": {"items": [{"kind": "ConditionalRenderingVariable"}]}}
    record = bring(second(grid(item("a", conditionalRendering=condition), item("zzz")), "a"))
    assert (
        "element 'a' was shown under conditions, which classic dashboards do not have; it always shows"
        in record.attention
    )
    assert "its layout shows an element 'zzz' that it does not have; it was left out" in record.attention


BAD = element("a")
del BAD["spec"]["vizConfig"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (second(grid(), "a"), "shows nothing: its layout has no element"), (second(None, "a"), "a dashboard of schema v2 without a layout"),
        (second({"kind": "CanvasLayout"}, "a"), "its layout is a CanvasLayout, which the classic schema does not have"),
        (second(grid(item("a")), "a", variables=[{"kind": "MagicVariable", "spec": {"name": "m"}}]), "variable 'm' is a MagicVariable, which is not known"),
        (second(grid(item("a")), "a", elements={"a": BAD}), "element 'a' does not say how it is drawn (vizConfig)"),
        (second(grid(item("a")), "a", elements={"a": {"kind": "Film"}}), "element 'a' is a Film, which the classic schema does not have"),
    ],
)  # fmt: skip
def test_what_has_no_counterpart_is_refused(value: dict[str, Any], message: str, bring: Bring) -> None:
    """With the reason."""
    record = bring(value)
    assert record.status == "refused"
    assert message in str(record.reason)
