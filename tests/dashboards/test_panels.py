"""Every kind of panel that the house has, compiled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import dashboards
from dashboards import panels
from dashboards.compiler import classic
from dashboards.frame import ceiling, drill, falling, floor, rising
from dashboards.query import Query, instant, table
from dashboards.tables import Column, matrix, summary
from exporter.labels import AGENT, HOUR, MODEL, WEEKDAY
from exporter.settings import Threshold

SCHEMA = Path(dashboards.__file__).parent / "schema" / "dashboard.jsonschema.json"
WORDS = ("Title", "What does it show?")
COLUMNS = (
    Column("Calls", "short", "a"),
    Column("Errors", "percentunit", "b", ((None, "green"), (0.05, "red"))),
    Column("Wait", "s", "c"),
)
KINDS = {
    "timeseries": panels.timeseries(*WORDS, "s", [Query("up")], thresholds=((None, "green"), (1, "red"))),
    "stat": panels.stat(*WORDS, "s", [instant("up")]),
    "gauge": panels.gauge(*WORDS, "percentunit", [instant("up")]),
    "bargauge": panels.bargauge(*WORDS, "s", [instant("up")], thresholds=((None, "green"), (1, "red"))),
    "barchart": panels.barchart(*WORDS, "short", [table("up")], x="job"),
    "piechart": panels.pie(*WORDS, "short", [instant("up")]),
    "table": summary(*WORDS, (AGENT,), COLUMNS),
    "heatmap": panels.heatmap(*WORDS, "s", [Query("up", "{{le}}", "heatmap")]),
    "geomap": panels.geomap(*WORDS, "short", [table("up")], label="country"),
    "state-timeline": panels.timeline(*WORDS, "short", [Query("up")]),
    "text": panels.text(*WORDS, "*words*"),
    "alertlist": panels.alertlist(*WORDS),
}


def compiled(*body: Any) -> list[dict[str, Any]]:
    """These panels in a dashboard, compiled and checked against the schema."""
    board = panels.board(
        uid="x", title="X", description="X?", panels=body, variables=[], annotations=[], links=[], tags=[],
        time_from="now-1h", time_zone="utc",
    )  # fmt: skip
    data = classic(board)
    assert list(jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).iter_errors(data)) == []
    return list(data["panels"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_follows_the_schema(kind: str) -> None:
    """A panel of each kind has its type, words, place and, if it asks something, words for no data."""
    (panel,) = compiled(KINDS[kind])
    assert (panel["type"], panel["title"], panel["description"]) == (kind, *WORDS)
    assert panel["gridPos"]["w"] == 24
    assert panel["fieldConfig"]["defaults"].get("noValue") == ("No data" if panel.get("targets") else None)
    drawn = kind in ("timeseries", "state-timeline", "heatmap")
    assert panel.get("maxDataPoints") == (panels.POINTS if drawn else None)


def test_thresholds_reach_every_kind() -> None:
    """The limits given are those shown; grafanalib's own (green to 80, then red) never are."""
    for kind in ("timeseries", "bargauge"):
        (panel,) = compiled(KINDS[kind])
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert steps == [{"color": "green", "value": None}, {"color": "red", "value": 1}]


def test_a_folded_row_holds_its_panels() -> None:
    """A folded row has its panels inside and below itself; an open one stands above them."""
    (folded,) = compiled(*panels.row("More", [KINDS["stat"], KINDS["gauge"]], folded=True))
    assert [one["gridPos"]["y"] for one in folded["panels"]] == [1, 1]
    header, *others = compiled(*panels.row("More", [KINDS["stat"], KINDS["gauge"]]))
    assert (header["panels"], len(others)) == ([], 2)


def test_a_summary_shows_units_in_its_headings() -> None:
    """Columns are scaled to the unit of their heading, their limits too."""
    (panel,) = compiled(KINDS["table"])
    assert [target["expr"] for target in panel["targets"]] == ["round(a)", "100 * (b)", "c"]
    merge, organize = panel["transformations"]
    assert merge["id"] == "merge"
    assert organize["options"]["renameByName"] == {"Value #A": "Calls", "Value #B": "Errors %", "Value #C": "Wait s"}
    (override,) = panel["fieldConfig"]["overrides"]
    assert override["matcher"]["options"]["names"] == ["Errors %"]
    assert override["properties"][0]["value"]["steps"] == [
        {"color": "green", "value": None},
        {"color": "red", "value": 5.0},
    ]


def test_a_matrix_names_its_rows() -> None:
    """The rows of a matrix carry words, and cells without data stay empty."""
    (panel,) = compiled(matrix(*WORDS, "a", rows=WEEKDAY, columns=HOUR, names={"1": "1 Mon"}))
    assert panel["targets"][0]["expr"] == 'label_replace(a, "weekday", "1 Mon", "weekday", "1")'
    assert panel["transformations"][1]["options"]["emptyValue"] == "null"


def test_limits_have_a_direction() -> None:
    """Too much is red above, too little is red below."""
    limit = Threshold(warning=1, critical=2)
    assert list(rising(limit)) == [(None, "green"), (1, "orange"), (2, "red")]
    assert list(falling(Threshold(warning=2, critical=1))) == [(None, "red"), (1, "orange"), (2, "green")]
    assert list(ceiling(3)) == [(None, "green"), (3, "red")]
    assert list(floor(3)) == [(None, "red"), (3, "green")]


def test_a_link_to_a_filter_that_is_missing_is_refused() -> None:
    """A drill-down by a label that the other dashboard cannot filter names those that it can."""
    with pytest.raises(ValueError, match="dashboard calls has no filter model; it has tenant, agent"):
        drill("pipeline", "calls", "Calls", MODEL)
