"""Traceability: every feature of the specification is delivered by something, and only by what exists."""

from __future__ import annotations

import json
import re

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
    boards = [json.loads(data) for data in dashboards.build(Settings()).values()]
    kinds = {panel["type"] for board in boards for panel in walk(board["panels"])}
    assert set(features.KINDS.values()) <= kinds
