"""The rules by which Grafana watches the others: they fire when a part is gone and are silent when all is well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import alerts
from exporter.settings import Settings
from generator.generate import build
from provisioning import grafana_watch
from tests.rules.promtool import check_rules

FILE = "grafana/provisioning/alerting/rules.yaml"
WELL = {
    'up{job="alertmanager",instance="a"}': "1x60",
    'up{job="watchfloor"}': "1x60",
    "prometheus_rule_group_last_evaluation_timestamp_seconds": "0+10x60",
}
HALF = {**WELL, 'up{job="alertmanager",instance="b"}': "0x60"}
"""One of two Alertmanagers is gone; the other one tells of it."""

GONE = {
    'up{job="alertmanager",instance="a"}': "0x60",
    'up{job="watchfloor"}': "0x60",
    "prometheus_rule_group_last_evaluation_timestamp_seconds": "5x60",
}
SEEN = {"AlertmanagerUnreachable", "ExporterUnreachable", "RulesStandStill"}
"""Prometheus itself is seen by the failure of a query, which no series can show."""


@pytest.mark.promtool
@pytest.mark.parametrize(
    ("series", "firing"),
    [(WELL, set()), (HALF, set()), (GONE, SEEN), ({}, {"AlertmanagerUnreachable", "ExporterUnreachable"})],
    ids=["all is well", "one of two Alertmanagers is gone", "parts are gone", "parts are not known"],
)
def test_queries_give_a_series_when_a_part_is_gone(tmp_path: Path, series: dict[str, str], firing: set[str]) -> None:
    """As Prometheus' own promtool evaluates them."""
    rules = [{"alert": watch.name, "expr": watch.expr} for watch in grafana_watch.WATCHES]
    (tmp_path / "watch.yml").write_text(yaml.safe_dump({"groups": [{"name": "watch", "rules": rules}]}))
    expected = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(firing)]
    test = {
        "interval": "10s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": 'count by (alertname) (ALERTS{alertstate="firing"})', "eval_time": "5m", "exp_samples": expected}
        ],
    }
    check_rules(tmp_path, [test], ["watch.yml"])


def _rules(engine: str) -> dict[str, dict[str, Any]]:
    settings = Settings.model_validate({"alerting": {"engine": engine}})
    content = yaml.safe_load(build(settings, environment={})[FILE])
    return {rule["title"]: rule for group in content["groups"] for rule in group["rules"]}


@pytest.mark.parametrize("engine", ["prometheus", "grafana"])
def test_grafana_evaluates_them_whatever_the_engine_of_the_others(engine: str) -> None:
    """They are in the file of rules, critical, with a runbook; none of them has the name of an alert of the catalogue."""
    rules = _rules(engine)
    names = {watch.name for watch in grafana_watch.WATCHES}
    assert names <= set(rules)
    assert not names & {alert.name for group in alerts.build(Settings()) for alert in group.alerts}
    runbook = (Path(alerts.__file__).parent / "runbooks" / "exporter.md").read_text().lower()
    for name in names:
        assert rules[name]["labels"]["severity"] == "critical"
        assert f"## {rules[name]['annotations']['runbook_url'].partition('#')[2]}\n" in runbook


def test_only_a_prometheus_that_does_not_answer_makes_a_failing_query_an_alert() -> None:
    """The others keep their state, so that one cause is one alert."""
    states = {name: rule["execErrState"] for name, rule in _rules("prometheus").items()}
    assert states == {**dict.fromkeys(SEEN, "KeepLast"), "PrometheusUnreachable": "Alerting"}


def test_a_rule_that_is_given_up_is_deleted() -> None:
    """Each is in the lock file, from which Grafana is told what to delete."""
    locked = json.loads((Path(alerts.__file__).parent / "grafana_rules.json").read_text())
    assert [list(key) for key in grafana_watch.KEYS if list(key) not in locked] == []
