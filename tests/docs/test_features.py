"""Traceability: every feature of the specification is delivered by something, and only by what exists."""

from __future__ import annotations

import json
import re

import pytest

import alerts
import dashboards
from dashboards.compiler.identity import walk
from exporter.metrics import CATALOGUE
from exporter.settings import Settings
from generator import features
from generator.cli import cli
from tests.required import ROOT

SPEC = ROOT.parent / "shared" / "SPEC.md"
LATER = {"D4", "N5", "E1", "E2", "E3", "P2", "P3", "P5"}
"""Features that other parts of the work deliver."""


def test_every_feature_is_delivered() -> None:
    """None has nothing."""
    assert [code for code, one in features.deliveries().items() if one.empty] == []


def test_the_features_are_those_of_the_specification() -> None:
    """No code is forgotten, none is made up."""
    codes = (
        set(re.findall(r"^\| ([A-Z]\d) \|", SPEC.read_text(), re.MULTILINE))
        if SPEC.exists()
        else set(features.FEATURES) | LATER
    )
    assert set(features.FEATURES) | LATER == codes
    assert not set(features.FEATURES) & LATER


def test_metrics_name_only_features_that_exist() -> None:
    """A code on a metric is one of the specification."""
    known = set(features.FEATURES) | LATER
    assert {code for metric in CATALOGUE for code in metric.codes} <= known


def test_what_is_named_exists() -> None:
    """Commands, dashboards, alerts and kinds of charts of the tables are there."""
    with cli.make_context("watchfloor", ["--help"], resilient_parsing=True) as context:
        commands = set(cli.list_commands(context))
    assert {name for names in features.COMMANDS.values() for name in names} <= commands
    assert {name for names in features.DASHBOARDS.values() for name in names} <= set(dashboards.builders())
    fired = {alert.name for group in alerts.build(Settings()) for alert in group.alerts}
    assert {name for named in features.NAMED_ALERTS.values() for names in named.values() for name in names} <= fired


KINDS = "time series, bar, pie, stat and live counters, gauge, table, heatmap by time, map by geography, funnel"
"""Kinds of charts, in the words of D2."""


def test_every_kind_of_chart_is_on_a_dashboard() -> None:
    """Each kind that D2 names has a panel type, and a panel of that type asks for something on a real dashboard."""
    if SPEC.exists():
        assert f"| D2 | Chart kinds: {KINDS} " in SPEC.read_text()
    assert set(KINDS.split(", ")) <= set(features.KINDS)
    boards = [json.loads(data) for data in dashboards.build(Settings()).values()]
    asking = [panel for board in boards for panel in walk(board["panels"]) if panel.get("targets")]
    assert set(features.KINDS.values()) - {panel["type"] for panel in asking} == set()
    funnels = [panel for panel in asking if panel["type"] == "bargauge" and "funnel" in panel["description"]]
    assert any(len(panel["targets"]) > 3 for panel in funnels)


FILTERS = {
    "tenant": "tenant",
    "agent": "agent",
    "type": "agent_type",
    "plan": "plan",
    "campaign": "campaign",
    "channel": "channel",
    "model": "model",
}
"""Filters of D3, and the variable of each; the date is Grafana's own time range."""


def test_every_filter_is_on_a_dashboard() -> None:
    """Each can be chosen somewhere, and the dashboards of the roles lead on to others with time and filters."""
    boards = {name: json.loads(data) for name, data in dashboards.build(Settings()).items()}
    variables = {one["name"] for board in boards.values() for one in board["templating"]["list"]}
    assert set(FILTERS.values()) <= variables
    for name in ("executive", "operations", "client"):
        links = [
            link["url"]
            for panel in walk(boards[f"{name}.json"]["panels"])
            for link in panel.get("fieldConfig", {}).get("defaults", {}).get("links", ())
        ]
        inside = [link for link in links if link.startswith("/d/")]
        assert inside, name
        for link in inside:
            board = boards[f"{link.partition('?')[0].removeprefix('/d/watchfloor-')}.json"]
            filtered = "tenant" in {one["name"] for one in board["templating"]["list"]}
            assert "${__url_time_range}" in link
            assert ("tenant" in link) == filtered, link
        (menu,) = boards[f"{name}.json"]["links"]
        assert (menu["includeVars"], menu["keepTime"]) == (True, True)


ALERTS = {
    "N1": (
        "error rate 2 % / 5 %, response time 800 / 1200 ms, uptime 99 / 95 %, churn 5 / 10 %, success rate < 90 %, response > 5 s, "
        "system latency > 1 s, confidence < 60 %, budget percentages, plan limit 80 %, CPU > 80 %, negative sentiment > 20 %, "
        "booking rate < 60 %, agent error rate > 10 %, cost growth > 20 %"
    ),
    "N2": (
        "Usage alerts (near limit, spike, low usage, inactive agent), performance, business (new lead, goal completed, negative "
        "feedback, conversion milestone), maintenance (stale data, expired URLs, pending uploads)"
    ),
}
"""What the specification asks to be alerted of, in its words."""


@pytest.mark.parametrize("code", ALERTS)
def test_every_alert_of_the_specification_is_there(code: str) -> None:
    """Each condition that it names has an alert, and none is named that it does not."""
    if SPEC.exists():
        assert ALERTS[code] in SPEC.read_text()
    words = re.sub(r"(Usage alerts|business|maintenance) \(", "", ALERTS[code]).replace(")", "")
    assert set(features.NAMED_ALERTS[code]) == set(words.split(", "))
