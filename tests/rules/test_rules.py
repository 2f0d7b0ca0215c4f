"""Every alert on made-up series, evaluated by Prometheus' own promtool."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts import build
from exporter.settings import Settings
from tests.rules.case import Case, Series
from tests.rules.cases import CASES
from tests.rules.promtool import check_rules, write_rules

pytestmark = pytest.mark.promtool
STEPS = 120


def _values(text: str) -> str:
    """`+N` is a growing counter, a plain number a constant; anything else is promtool's own form."""
    if text.startswith("+"):
        return f"0{text}x{STEPS}"
    return f"{text}x{STEPS}" if re.fullmatch(r"-?[\d.]+", text) else text


def _test(
    title: str, series: Series, key: tuple[str, str], at: str, *, fires: bool, interval: str = "10s"
) -> dict[str, object]:
    name, severity = key
    labels = f'alertname="{name}", severity="{severity}"'
    return {
        "name": title,
        "interval": interval,
        "input_series": [{"series": name, "values": _values(text)} for name, text in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count by (alertname, severity) (ALERTS{{alertstate="firing", {labels}}})',
                "eval_time": at,
                "exp_samples": [{"labels": f"{{{labels}}}", "value": 1}] if fires else [],
            }
        ],
    }


def _tests(weekly: bool, domain: str, interval: str = "") -> list[dict[str, object]]:
    interval = interval or ("10m" if weekly else "10s")
    mine = {alert.name for group in build(Settings()) if group.domain == domain for alert in group.alerts}
    tests = []
    for key, case in CASES.items():
        if case.weekly is weekly and key[0] in mine:
            tests.append(_test(f"{key} fires", case.fires, key, case.at, fires=True, interval=interval))
            if case.silent is not None:
                tests.append(_test(f"{key} is silent", case.silent, key, case.at, fires=False, interval=interval))
    return tests


@pytest.mark.parametrize("domain", [group.domain for group in build(Settings())])
def test_every_alert_fires_and_is_silent(tmp_path: Path, domain: str) -> None:
    """Each alert fires on its series and on no others of its kind."""
    write_rules(tmp_path, Settings())
    check_rules(tmp_path, _tests(weekly=False, domain=domain), [f"{domain}.yml"])


@pytest.mark.parametrize("domain", ["leads", "revenue"])
def test_alerts_that_look_a_month_back(tmp_path: Path, domain: str) -> None:
    """They fire on their series of a month and on no others."""
    write_rules(tmp_path, Settings())
    tests = _tests(weekly=True, domain=domain, interval="1h")
    assert tests
    check_rules(tmp_path, tests, [f"{domain}.yml"], interval="1h")


def test_alerts_that_look_a_week_back(tmp_path: Path) -> None:
    """What is missing, leaps or fades is noticed against the week before, and only with a week of history."""
    write_rules(tmp_path, Settings())
    tests = _tests(weekly=True, domain="calls")
    for severity in ("warning", "critical"):
        fresh = Case({'calls_initiated_total{tenant="acme"}': "_x1000 100x20"}, None)
        tests.append(_test("no history", fresh.fires, ("CallsMissing", severity), "169h", fires=False, interval="10m"))
    check_rules(tmp_path, tests, ["calls.yml"], interval="10m")
    check_rules(tmp_path, _tests(weekly=True, domain="behaviour"), ["behaviour.yml"], interval="10m")


def test_alerts_that_compare_weeks_of_cost(tmp_path: Path) -> None:
    """Growth of cost is told of two whole weeks."""
    write_rules(tmp_path, Settings())
    tests = _tests(weekly=True, domain="cost")
    assert tests
    check_rules(tmp_path, tests, ["cost.yml"], interval="10m")


def test_every_alert_has_a_case() -> None:
    """No alert is without a case, no case without an alert, and only the heartbeat has no silent one."""
    alerts = {(alert.name, alert.severity.value) for group in build(Settings()) for alert in group.alerts}
    assert set(CASES) == alerts
    assert [key for key, case in CASES.items() if case.silent is None] == [("Watchdog", "none")]


def test_few_events_raise_no_alert(tmp_path: Path) -> None:
    """Below 20 events in the window a share is not computed, even if all failed."""
    series = {'llm_requests_total{agent_type="voice",status="error"}': "0x10 1+0x110"}
    test = _test("one failure", series, ("ErrorRateHigh", "critical"), "3m", fires=False)
    check_rules(tmp_path, [test], write_rules(tmp_path, Settings()))


def test_no_failures_are_a_share_of_zero(tmp_path: Path) -> None:
    """Traffic without any failing series gives 0 and not nothing; no traffic gives nothing and not 0."""
    record = {"expr": "agent_type_component:steps:error_ratio5m", "eval_time": "10m"}
    fine = {'llm_requests_total{agent_type="voice",status="ok"}': "+4"}
    labels = 'agent_type_component:steps:error_ratio5m{agent_type="voice", component="llm"}'
    tests = [
        {**_test("fine", fine, ("ErrorRateHigh", "critical"), "10m", fires=False)},
        {**_test("idle", dict.fromkeys(fine, "40"), ("ErrorRateHigh", "critical"), "10m", fires=False)},
    ]
    tests[0]["promql_expr_test"] = [{**record, "exp_samples": [{"labels": labels, "value": 0}]}]
    tests[1]["promql_expr_test"] = [{**record, "exp_samples": []}]
    check_rules(tmp_path, tests, write_rules(tmp_path, Settings()))


def test_an_alert_does_not_end_because_data_vanished(tmp_path: Path) -> None:
    """While the domain cannot be read the last value stands; once it can be read and is good the alert ends."""
    key = ("CallQueueBacklog", "critical")
    queue, up = 'queued_calls{tenant="acme",campaign="spring"}', 'exporter_domain_up{domain="calls"}'
    gone = {queue: "256x30 stale", up: "1x30 stale"}
    good = {queue: "256x30 0x90", up: "1x120"}
    lost_domain = {queue: "256x30 stale", up: "1x30 0x90"}
    idle = {queue: "256x30 stale", up: "1x120"}
    tests = [
        _test("exporter gone", gone, key, "20m", fires=True),
        _test("domain lost", lost_domain, key, "20m", fires=True),
        _test("queue is empty again", good, key, "20m", fires=False),
        _test("queue is empty again: rows gone, domain read", idle, key, "20m", fires=False),
        _test("gone for more than an hour", gone, key, "80m", fires=False),
    ]
    check_rules(tmp_path, tests, write_rules(tmp_path, Settings()))


def test_what_an_alert_says(tmp_path: Path) -> None:
    """The whole alert: labels, value with unit, limit, what no data means, runbook and dashboard with its variables."""
    test = {
        "interval": "10s",
        "input_series": [{"series": 'queued_calls{tenant="a & b",campaign="spring"}', "values": "256x60"}],
        "alert_rule_test": [
            {
                "alertname": "CallQueueBacklog",
                "eval_time": "5m",
                "exp_alerts": [_backlog("warning", "50"), _backlog("critical", "200")],
            }
        ],
    }
    check_rules(tmp_path, [test], write_rules(tmp_path, Settings()))


def _backlog(severity: str, limit: str) -> dict[str, object]:
    return {
        "exp_labels": {"tenant": "a & b", "campaign": "spring", "severity": severity, "domain": "calls"},
        "exp_annotations": {
            "summary": "Calls pile up in the queue.",
            "description": f"256 calls of campaign spring of tenant a & b are due and wait to be made (limit {limit}).",
            "value": "256",
            "unit": "calls",
            "threshold": limit,
            "no_data": "While the domain cannot be read the last known value stands for 1h; without traffic the alert ends.",
            "runbook_url": "alerts/runbooks/calls.md#callqueuebacklog",
            "dashboard_url": "http://127.0.0.1:3000/d/watchfloor-calls?var-tenant=a+%26+b&var-campaign=spring",
        },
    }
