"""The rules of escalation with the times that people set, evaluated by promtool: levels, gaps, and what is not escalated."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts import escalation
from exporter.settings import Settings
from provisioning.acknowledgement import Incident
from provisioning.document import document
from provisioning.escalation import BEGAN
from provisioning.silence import Silence
from tests.rules.promtool import check_rules, write_rules

pytestmark = pytest.mark.promtool
LEVELS = [{"after": "5m", "notify": ["email"]}, {"after": "30m", "notify": ["email"]}]
SETTINGS = Settings.model_validate({"alerting": {"email": "ops@example.org", "escalation": LEVELS}})
QUEUE = 'queued_calls{tenant="acme",campaign="spring"}'
CRITICAL, CALM = "256", "0"


def _values(*parts: tuple[str, int]) -> str:
    """Values that hold for some minutes each, a sample every ten seconds."""
    return " ".join(f"{value}x{minutes * 6 - 1}" for value, minutes in parts)


def _escalated(values: str, **expected: dict[str, str]) -> dict[str, object]:
    """At each minute, the levels that fire with the second in which the alert began."""
    expr = 'count by (escalation, since) (ALERTS{alertstate="firing", alertname="CallQueueBacklog", escalation!=""})'
    return {
        "interval": "10s",
        "input_series": [
            {"series": QUEUE, "values": values},
            {"series": 'exporter_domain_up{domain="calls"}', "values": "1x2000"},
        ],
        "promql_expr_test": [
            {
                "expr": expr,
                "eval_time": f"{at.removeprefix('m')}m",
                "exp_samples": [
                    {"labels": f'{{escalation="{level}", since="{since}"}}', "value": 1}
                    for level, since in levels.items()
                ],
            }
            for at, levels in expected.items()
        ],
    }


def _check(folder: Path, *tests: dict[str, Any]) -> None:
    write_rules(folder, SETTINGS)
    (folder / "escalation.yml").write_bytes(document(escalation.content(SETTINGS)))
    check_rules(folder, tests, ["calls.yml", "escalation.yml"])


def test_levels_come_at_their_times_and_end_with_the_alert(tmp_path: Path) -> None:
    """Not before five and thirty minutes after it began; two minutes after the queue is short again it ends."""
    values = _values((CRITICAL, 40), (CALM, 20))
    levels = {"m4": {}, "m6": {"1": "0"}, "m29": {"1": "0"}, "m31": {"1": "0", "2": "0"}, "m43": {}}
    _check(tmp_path, _escalated(values, **levels))


def test_a_warning_is_not_escalated(tmp_path: Path) -> None:
    """Only critical alerts are."""
    _check(tmp_path, _escalated(_values(("100", 60)), m59={}))


def test_one_that_comes_back_soon_is_the_same_incident(tmp_path: Path) -> None:
    """A pause within ten minutes keeps the beginning, so that what comes and goes is escalated all the same."""
    values = _values((CRITICAL, 4), (CALM, 6), (CRITICAL, 20))
    _check(tmp_path, _escalated(values, m9={}, m12={"1": "0"}))


def test_one_that_comes_back_later_is_a_new_incident(tmp_path: Path) -> None:
    """It begins anew, and no acknowledgement of the first holds for it."""
    values = _values((CRITICAL, 20), (CALM, 20), (CRITICAL, 20))
    _check(tmp_path, _escalated(values, m19={"1": "0"}, m39={}, m44={}, m46={"1": "2400"}))


def test_an_acknowledgement_is_of_one_incident() -> None:
    """Of the same alert: not of the next incident, another tenant, or a silence that people made."""
    now = datetime.now(UTC)
    labels = {"alertname": "CallQueueBacklog", "severity": "critical", "tenant": "acme"}
    one = Incident(labels, "100")
    ack = Silence(one.matchers, now, now, "anna", "on it", "id", "active")
    there = {one.matchers: (ack,)}
    assert one.acknowledged(there) == ack
    for other in (Incident(labels, "200"), Incident({**labels, "tenant": "bolt"}, "100")):
        assert other.acknowledged(there) is None
    by_hand = one.matchers[:2]
    assert one.acknowledged({by_hand: (Silence(by_hand, now, now, "anna", "by hand", "id", "active"),)}) is None
    assert all(match.matches({**labels, "since": "100", "escalation": "2"}) for match in ack.matchers)
    assert not all(match.matches(labels) for match in ack.matchers)


def test_what_an_escalated_alert_says(tmp_path: Path) -> None:
    """What it is about and since when, how to acknowledge it; runbook and dashboard are those of the alert."""
    (tmp_path / "escalation.yml").write_bytes(document(escalation.content(SETTINGS)))
    expected = {
        "exp_labels": {
            "tenant": "acme", "campaign": "spring", "severity": "critical", "domain": "calls", "escalation": "1", "since": "0",
        },
        "exp_annotations": {
            "summary": "Calls pile up in the queue.",
            "description": "Calls pile up in the queue (tenant acme, campaign spring) since 1970-01-01 00:00:00 +0000 UTC, and nobody has "
            "acknowledged it within 5m. To say that you look at it: watchfloor ack CallQueueBacklog",
            "value": "since 1970-01-01 00:00:00 +0000 UTC",
            "threshold": "5m",
            "no_data": "It ends when the alert that it is about ends, or is acknowledged.",
            "runbook_url": "alerts/runbooks/calls.md#callqueuebacklog",
            "dashboard_url": "http://127.0.0.1:3000/d/watchfloor-calls?var-tenant=acme&var-campaign=spring",
        },
    }  # fmt: skip
    own = 'alertname="CallQueueBacklog",severity="critical",domain="calls",tenant="acme",campaign="spring"'
    began = f"{BEGAN}{{{own}}}"
    test = {
        "interval": "10s",
        "input_series": [{"series": began, "values": _values(("0", 20))}],
        "alert_rule_test": [{"alertname": "CallQueueBacklog", "eval_time": "6m", "exp_alerts": [expected]}],
    }
    check_rules(tmp_path, [test], ["escalation.yml"])


def test_without_a_level_there_is_no_rule() -> None:
    """And none of Prometheus' where Grafana evaluates."""
    assert escalation.content(Settings()) == {}
    grafana = {"email": "ops@example.org", "escalation": LEVELS, "engine": "grafana"}
    assert escalation.content(Settings.model_validate({"alerting": grafana})) == {}


def test_what_prometheus_shows_from_before_a_restart_is_not_believed(tmp_path: Path) -> None:
    """For five minutes it gives the last state of an alert that may have ended meanwhile."""
    (tmp_path / "escalation.yml").write_bytes(document(escalation.content(SETTINGS)))
    own = 'alertname="CallQueueBacklog",severity="critical"'
    test = {
        "interval": "10s",
        "input_series": [
            {"series": f'ALERTS{{{own},alertstate="firing"}}', "values": "1x6 _x60"},
            {"series": f"ALERTS_FOR_STATE{{{own}}}", "values": "0x6 _x60"},
        ],
        "promql_expr_test": [
            {"expr": f"count({BEGAN})", "eval_time": "1m", "exp_samples": [{"labels": "{}", "value": 1}]},
            {"expr": f"count({BEGAN})", "eval_time": "2m", "exp_samples": []},
        ],
    }
    check_rules(tmp_path, [test], ["escalation.yml"])
