"""The compiler on what grafanalib itself writes: every old shape becomes one that Grafana 11 to 13 read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from grafanalib import core

import dashboards
from dashboards.compiler import classic, compile_dashboard
from dashboards.compiler.layout import place

SCHEMA = Path(dashboards.__file__).parent / "schema" / "dashboard.jsonschema.json"
TARGETS = [core.Target(expr="up", legendFormat="x")]


def compiled(*panels: Any, **settings: Any) -> dict[str, Any]:
    """A dashboard of these grafanalib panels, compiled."""
    return classic(core.Dashboard(title="Old", panels=list(panels), **settings))


def panel(old: Any) -> dict[str, Any]:
    """One grafanalib panel, compiled."""
    return dict(compiled(old)["panels"][0])


OLD = {
    "graph": core.Graph(title="a", dataSource="Prom", targets=TARGETS, thresholds=[core.GraphThreshold(value=5.0)]),
    "singlestat": core.SingleStat(title="a", dataSource="Prom", targets=TARGETS, thresholds="10,20", format="s"),
    "stat": core.Stat(title="a", dataSource="$ds", targets=TARGETS),
    "timeseries": core.TimeSeries(title="a", dataSource="${ds}", targets=TARGETS),
    "gauge": core.GaugePanel(title="a", targets=TARGETS, calc="max"),
    "bargauge": core.BarGauge(title="a", targets=TARGETS, calc="max", format="bytes"),
    "table": core.Table(title="a", targets=TARGETS, displayMode="color-background"),
    "heatmap": core.Heatmap(title="a", targets=TARGETS, dataFormat="tsbuckets"),
    "piechart": core.PieChart(title="a", targets=TARGETS),
    "piechart 2": core.PieChartv2(title="a", targets=TARGETS),
    "barchart": core.BarChart(title="a", targets=TARGETS),
    "state timeline": core.StateTimeline(title="a", targets=TARGETS),
    "histogram": core.Histogram(title="a", targets=TARGETS),
    "discrete": core.Discrete(title="a", targets=TARGETS, valueMaps=[core.ValueMap("up", "=", "1")]),
    "text": core.Text(title="a", content="hello"),
    "logs": core.Logs(title="a", targets=TARGETS),
    "news": core.News(title="a", feedUrl="https://example.com"),
    "alert list": core.AlertList(title="a", stateFilter=["alerting"]),
    "dashboard list": core.DashboardList(title="a", searchTags=["x"]),
    "row": core.RowPanel(title="a", panels=[core.TimeSeries(title="b", targets=TARGETS)], collapsed=True),
}


def count_errors(data: dict[str, Any]) -> int:
    """Errors of the published schema."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return len(list(jsonschema.Draft7Validator(schema).iter_errors(data)))


@pytest.mark.parametrize("old", OLD.values(), ids=OLD)
def test_every_panel_of_grafanalib_follows_the_schema(old: Any) -> None:
    """What grafanalib writes has errors before, and none after it is compiled."""
    from dashboards.compiler.encode import encode

    assert count_errors(encode(core.Dashboard(title="Old", panels=[old]))) > 0
    assert count_errors(compiled(old)) == 0


def test_nothing_grafanalib_adds_coarsens_a_query() -> None:
    """The factor that halves the resolution and the limit of 100 points are gone; a limit somebody chose stays."""
    found = panel(OLD["timeseries"])
    assert "maxDataPoints" not in found
    assert found["targets"] == [
        {
            "datasource": {"type": "prometheus", "uid": "${ds}"},
            "expr": "up",
            "format": "time_series",
            "instant": False,
            "legendFormat": "x",
            "range": True,
            "refId": "A",
        }
    ]
    assert panel(core.TimeSeries(targets=TARGETS, maxDataPoints=500))["maxDataPoints"] == 500


def test_the_first_threshold_reaches_down() -> None:
    """The base step is null, and not grafanalib's text 'null' which no value is above."""
    old = core.Stat(title="a", thresholds=[core.Threshold("green", 0, 0.0), core.Threshold("red", 1, 80.0)])
    steps = panel(old)["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps == [{"color": "green", "value": None}, {"color": "red", "value": 80.0}]


def test_legends_show() -> None:
    """A legend without showLegend would disappear in the last schema; a hidden one stays hidden."""
    assert panel(OLD["timeseries"])["options"]["legend"]["showLegend"] is True
    hidden = panel(core.TimeSeries(targets=TARGETS, legendDisplayMode="hidden"))["options"]["legend"]
    assert (hidden["showLegend"], hidden["displayMode"]) == (False, "list")


def test_gauges_keep_their_calculation() -> None:
    """The calculation of a gauge and a bar gauge is where Grafana looks for it."""
    for name in ("gauge", "bargauge"):
        assert panel(OLD[name])["options"]["reduceOptions"]["calcs"] == ["max"]
    bar = panel(OLD["bargauge"])
    assert bar["fieldConfig"]["defaults"]["unit"] == "bytes"
    assert "fieldOptions" not in bar["options"]


def test_panels_of_the_past_get_their_successor() -> None:
    """Types that Grafana has dropped become those that took their place."""
    types = {name: panel(OLD[name])["type"] for name in ("graph", "singlestat", "piechart", "discrete")}
    assert types == {"graph": "timeseries", "singlestat": "stat", "piechart": "piechart", "discrete": "state-timeline"}
    stat = panel(OLD["singlestat"])
    assert [step["value"] for step in stat["fieldConfig"]["defaults"]["thresholds"]["steps"]] == [None, 10.0, 20.0]
    assert stat["options"]["reduceOptions"]["calcs"] == ["mean"]


def test_a_graph_of_series_becomes_a_complete_bar_gauge() -> None:
    """A graph whose x axis is its series turns into a bar gauge with everything that one has."""
    found = panel(core.Graph(title="a", targets=TARGETS, xAxis=core.XAxis(mode="series", values=["max"])))
    assert (found["type"], found["options"]["reduceOptions"]["calcs"]) == ("bargauge", ["max"])
    assert found["options"]["valueMode"] == "color"


def test_limits_of_grafana_6_survive() -> None:
    """Thresholds inside the field options of an old bar gauge stay, as a list and as steps."""
    steps = [{"color": "blue", "value": None}, {"color": "red", "value": 3}]
    for thresholds in (steps, {"mode": "absolute", "steps": steps}):
        old = {"type": "bargauge", "options": {"fieldOptions": {"defaults": {"thresholds": thresholds}}}}
        (found,) = classic({"title": "Old", "panels": [old]})["panels"]
        assert found["fieldConfig"]["defaults"]["thresholds"]["steps"] == steps


def test_cells_of_a_table_have_options() -> None:
    """The display mode of a table became the options of a cell."""
    custom = panel(OLD["table"])["fieldConfig"]["defaults"]["custom"]
    assert custom["cellOptions"] == {"type": "color-background", "mode": "gradient"}
    assert "displayMode" not in custom


def test_an_alert_list_filters_where_it_is_read() -> None:
    """The states of an alert list are among its options."""
    assert panel(OLD["alert list"])["options"]["stateFilter"] == {"firing": True}


def test_rows_become_panels() -> None:
    """Old rows give a header and panels with widths from their spans, placed without overlap."""
    rows = [
        core.Row(title="One", panels=[core.TimeSeries(span=4), core.TimeSeries(span=8)]),
        core.Row(panels=[core.Stat()]),
    ]
    data = classic(core.Dashboard(title="Old", rows=rows))
    places = [(one["type"], *(one["gridPos"][key] for key in "xywh")) for one in data["panels"]]
    assert places == [
        ("row", 0, 0, 24, 1),
        ("timeseries", 0, 1, 8, 7),
        ("timeseries", 8, 1, 16, 7),
        ("stat", 0, 8, 24, 7),
    ]
    assert count_errors(data) == 0


def test_variables_are_asked_again() -> None:
    """A query variable follows the time range and loses keys that nobody reads."""
    template = core.Template(name="job", query="label_values(up, job)", dataSource="$ds")
    (found,) = compiled(templating=core.Templating([template]))["templating"]["list"]
    assert (found["refresh"], found["datasource"]) == (2, {"uid": "${ds}"})
    assert not {"useTags", "tagsQuery", "auto", "auto_min"} & set(found)


def test_ids_are_apart_and_stay() -> None:
    """A panel that has an id keeps it; others get the free numbers in order."""
    data = compiled(core.Stat(), core.Stat(id=1), core.Stat(id=7), core.Stat(id=7))
    assert [one["id"] for one in data["panels"]] == [2, 1, 7, 3]


def test_lines_are_filled() -> None:
    """Panels flow over 24 columns; what a line has left is shared."""
    panels: list[dict[str, Any]] = [
        {"gridPos": {"w": 10, "h": 4}},
        {"gridPos": {"w": 9, "h": 8}},
        {"gridPos": {"w": 12, "h": 2}},
    ]
    assert place(panels) == 10
    assert [tuple(one["gridPos"][key] for key in "xywh") for one in panels] == [
        (0, 0, 13, 4),
        (13, 0, 11, 8),
        (0, 8, 24, 2),
    ]


def test_compiling_twice_changes_nothing() -> None:
    """A compiled dashboard is a fixed point: compiling it again gives the same bytes."""
    data = compile_dashboard(core.Dashboard(title="Old", panels=list(OLD.values())))
    assert compile_dashboard(json.loads(data)) == data


def test_what_is_no_dashboard_is_refused() -> None:
    """A list or an object without JSON is named in the error."""
    with pytest.raises(TypeError, match="a dashboard is an object with keys, not list"):
        classic([])
    with pytest.raises(TypeError, match="cannot write object into a dashboard"):
        classic({"title": object()})
