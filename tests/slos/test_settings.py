"""Objectives in the settings: what is wrong is said in a sentence; and their dashboard."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import dashboards
from alerts import slos
from exporter.settings import Settings, SettingsError, load
from generator.checks.run import check
from generator.generate import build
from tests.dashboards import test_house
from tests.dashboards.conftest import Boards, expressions

GOOD: dict[str, Any] = {"name": "fast", "objective": 99.5, "metric": "turn_latency_seconds", "below": 1.5}
COUNTED: dict[str, Any] = {
    "name": "fine",
    "objective": "99.9",
    "metric": "llm_requests_total",
    "bad": {"status": "error"},
}


def read(folder: Path, *given: dict[str, Any]) -> Settings:
    """Settings as a person writes them."""
    file = folder / "watchfloor.yml"
    file.write_text(yaml.safe_dump({"slos": list(given)}))
    return load(file, {})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"objective": 100}, "slos.0.objective: '100' is no objective; write a number from 50 to below 100"),
        ({"objective": "many"}, "'many' is no objective"),
        ({"objective": True}, "'True' is no objective"),
        ({"objective": "nan"}, "'nan' is no objective"),
        ({"objective": "99.1234567"}, "99.1234567 has more decimals"),
        ({"name": "Fast Turns"}, "slos.0.name: has the wrong form; write one such as turns-fast"),
        ({"below": 1.6}, "slos.0.below: 1.6 is no bound of turn_latency_seconds; it has 0.05, 0.1"),
        ({"below": None}, "give one of below, bad and bad_metric to tell bad events from good ones, not none"),
        ({"bad": {"agent": "x"}}, "not below and bad"),
        ({"metric": "turns_total"}, "slos.0.below: turns_total is no histogram; use bad or bad_metric"),
        ({"metric": "queue_depth"}, "slos.0.metric: 'queue_depth' counts no events; those that do are"),
        ({"by": ["model"]}, "slos.0.by: turn_latency_seconds has no label model; it has tenant, agent, agent_type"),
        ({"where": {"agent": "=~("}}, "slos.0.where: agent: '(' is no pattern"),
        ({"period_days": 7}, "slos.0.period_days: must be one of 28, 30 or 90"),
        ({"below": None, "bad_metric": "llm_requests_total", "by": ["agent"], "where": {"agent": "x"}}, ""),
        ({"below": None, "bad_metric": "campaign_status"}, "slos.0.bad_metric: 'campaign_status' counts no events"),
    ],
)  # fmt: skip
def test_mistakes_are_sentences(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """Where it is wrong, what is wrong, what would be right; what is right is taken."""
    if not said:
        read(tmp_path, {**GOOD, **change})
        return
    with pytest.raises(SettingsError, match=re.escape(said)):
        read(tmp_path, {**GOOD, **change})


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    """The label tells them apart."""
    with pytest.raises(SettingsError, match=r"slos.1.name: there is an objective 'fast' already"):
        read(tmp_path, GOOD, GOOD)


def test_hostile_values_are_quoted(tmp_path: Path) -> None:
    """A label's value cannot leave its string."""
    chosen = read(tmp_path, {**COUNTED, "where": {"model": 'a"} or vector(1) or x{y="'}})
    rule = slos.group(chosen).recordings[0].query(chosen.thresholds)
    assert r'model="a\"} or vector(1) or x{y=\""' in rule


@pytest.fixture
def board(tmp_path: Path) -> Boards:
    """The dashboard of two objectives."""
    files = build(read(tmp_path, {**GOOD, "by": ["tenant"]}, COUNTED), environment={})
    assert "prometheus/rules/slos.yml" in files
    return {"slos.json": json.loads(files["grafana/dashboards/slos.json"])}


def test_check_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the rules of objectives nor on their dashboard."""
    monkeypatch.chdir(tmp_path)
    report = check(Settings.model_validate({"slos": [{**GOOD, "by": ["tenant"]}, COUNTED]}))
    assert report.findings == ()


def test_the_dashboard_keeps_the_rules_of_the_house(board: Boards) -> None:
    """Its queries parse and read recordings of the objectives; Grafana's schema takes it."""
    test_house.test_nothing_invents_zero(board)
    test_house.test_every_panel_explains_itself(board)
    test_house.test_variables_have_the_fixed_source_first(board)
    test_house.test_names_are_apart(board)
    made = slos.group(Settings.model_validate({"slos": [GOOD]}))
    recorded = {rule.name for rule in (*made.recordings, *made.slow)}
    read_ = {name for where, one in expressions(board) if "annotation" not in where for name in re.findall(r"slo:\w+:\w+", one)}  # fmt: skip
    assert len(read_) > 8
    assert read_ <= recorded
    schema = json.loads((Path(dashboards.__file__).parent / "schema" / "dashboard.jsonschema.json").read_text())
    assert list(jsonschema.Draft7Validator(schema).iter_errors(board["slos.json"])) == []


def test_without_objectives_there_is_no_dashboard() -> None:
    """An empty dashboard would answer nothing."""
    assert "slos.json" not in dashboards.build(Settings())
