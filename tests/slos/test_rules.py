"""Objectives as rules: evaluated by promtool, compared with the SRE workbook and with Sloth, and exact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

import alerts
from alerts import slos
from alerts.escalation import content as escalation
from alerts.grafana import keys, locked
from alerts.rule import Alert, Group, Severity
from exporter.settings import Settings
from exporter.slo import Slo
from tests.rules.promtool import check_rules, write_rules

TURNS: Final = {"name": "turns-fast", "objective": 99, "metric": "turn_latency_seconds", "below": 1.5, "by": ["tenant"]}
MODELS: Final = {"name": "models", "objective": 99.9, "metric": "llm_requests_total", "bad": {"status": "error"}}

SLOTH: Final = {
    Severity.CRITICAL: {("1h", "14.4"), ("5m", "14.4"), ("6h", "6"), ("30m", "6")},
    Severity.WARNING: {("1d", "3"), ("2h", "3"), ("3d", "1"), ("6h", "1")},
}
"""Windows and burn rates of page and ticket in Sloth's getting-started example, whose objective is 99.9 % in 30 days.
Its budget there is 0.0009999999999999432."""
SLOTH_BUDGET: Final = Fraction("0.0009999999999999432")
SLOTH_RECORDS: Final = {
    *(f"slo:sli_error:ratio_rate{window}" for window in ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")),
    "slo:objective:ratio", "slo:error_budget:ratio", "slo:time_period:days", "slo:current_burn_rate:ratio",
    "slo:period_burn_rate:ratio", "slo:period_error_budget_remaining:ratio",
}  # fmt: skip
WORKBOOK: Final = {("1h", "5m", Fraction("14.4")), ("6h", "30m", Fraction(6)), ("3d", "6h", Fraction(1))}
"""Table 5-8 of the SRE workbook."""


def settings(*given: dict[str, Any], **more: Any) -> Settings:
    """Settings with these objectives."""
    return Settings.model_validate({"slos": list(given), **more})


def group(*given: dict[str, Any]) -> Group:
    """Their rules."""
    return slos.group(settings(*given))


def limits(alert: Alert) -> set[tuple[str, str]]:
    """What each window is compared with, as written."""
    found = re.findall(r"ratio_rate(\w+)\{[^}]*\} or [^>]* > ([^ ]+(?: / \d+\))?) ", alert.expr)
    return set(found)


def test_numbers_are_those_of_sloth_and_of_the_workbook() -> None:
    """The same recordings, windows and burn rates; the limits are theirs, and exact where Sloth's are near."""
    made = group(MODELS)
    names = {rule.name for rule in (*made.recordings, *made.slow)}
    assert names >= SLOTH_RECORDS
    assert names - SLOTH_RECORDS == {f"slo:sli_events:increase{window}" for window in ("1h", "6h", "1d", "3d")}
    for alert in made.alerts:
        wanted = {(window, Fraction(rate) * Fraction("0.001")) for window, rate in SLOTH[alert.severity]}
        ours = {(window, Fraction(limit)) for window, limit in limits(alert)}
        assert ours == wanted
        theirs = {window: Fraction(rate) * SLOTH_BUDGET for window, rate in SLOTH[alert.severity]}
        assert all(limit != theirs[window] and abs(limit - theirs[window]) < 1e-12 for window, limit in ours)
    assert {(pair.long, pair.short, pair.burn(30)) for pair in slos.PAIRS} >= WORKBOOK
    assert limits(made.alerts[0]) == {("1h", "0.0144"), ("5m", "0.0144"), ("6h", "0.006"), ("30m", "0.006")}


@given(st.integers(50 * 10**6, 100 * 10**6 - 1), st.sampled_from([28, 30, 90]))
def test_every_number_is_exact(millionths: int, days: int) -> None:
    """Budget and limits as written are the numbers meant, whatever the objective."""
    objective = Decimal(millionths) / 10**6
    slo = Slo.model_validate({**MODELS, "objective": float(objective), "period_days": days})
    assert Fraction(slos.exact(Fraction(slo.budget))) == (100 - Fraction(objective)) / 100
    for pair in slos.PAIRS:
        written = slos.exact(pair.limit(slo))
        numerator, _, denominator = written.strip("()").partition(" / ")
        assert Fraction(numerator) / int(denominator or 1) == pair.burn(days) * Fraction(slo.budget)
        assert "e" not in written.lower()


def test_a_limit_that_no_share_can_exceed_is_left_out() -> None:
    """At 90 % a burn rate of 14.4 would be 144 % of the events."""
    fast, slow = group({**MODELS, "objective": 90}).alerts
    assert limits(fast) == {("6h", "0.6"), ("30m", "0.6")}
    assert limits(slow) == {("1d", "0.3"), ("2h", "0.3"), ("3d", "0.1"), ("6h", "0.1")}
    assert [alert.name for alert in group({**MODELS, "objective": 80}).alerts] == ["ErrorBudgetBurns"]


def test_without_objectives_there_is_nothing() -> None:
    """Nobody who sets none sees any."""
    assert "slos" not in {group.domain for group in alerts.build(Settings())}


def test_every_expression_parses_and_reads_what_is_recorded() -> None:
    """Alerts read recordings of this group only, and the two alerts have a runbook."""
    made = group(TURNS, MODELS, {**MODELS, "name": "m28", "period_days": 28})
    names = {rule.name for rule in (*made.recordings, *made.slow)}
    for alert in made.alerts:
        promql_parser.parse(alert.expr)
        assert set(re.findall(r"slo:\w+:\w+", alert.expr)) <= names
    for rule in (*made.recordings, *made.slow):
        promql_parser.parse(rule.query(Settings().thresholds))
    runbook = (Path(alerts.__file__).parent / "runbooks" / "slos.md").read_text()
    assert re.findall(r"^## (\w+)", runbook, re.MULTILINE) == [alert.name for alert in made.alerts]


def test_other_engines_and_escalation_know_the_alerts() -> None:
    """Grafana's lock file names them, so that they can be deleted; the critical one is escalated."""
    chosen = settings(TURNS, alerting={"escalation": [{"after": "10m", "notify": ["email"]}], "email": "a@b.example"})
    names = {alert.name for alert in group(TURNS).alerts}
    assert {key for key in keys(chosen) if key[0] in names} <= set(locked())
    assert "ErrorBudgetBurnsFast" in str(escalation(chosen))


# promtool, a sample each minute.


def _turns(tenant: str, all_: str, good: str) -> list[dict[str, str]]:
    labels = f'tenant="{tenant}",agent="a",agent_type="voice"'
    return [
        {"series": f"turn_latency_seconds_count{{{labels}}}", "values": all_},
        {"series": f'turn_latency_seconds_bucket{{{labels},le="1.5"}}', "values": good},
        {"series": 'exporter_domain_up{domain="pipeline"}', "values": "1x400"},
    ]


def _models(failed: str, fine: str) -> list[dict[str, str]]:
    return [
        {"series": 'llm_requests_total{model="m",status="ok"}', "values": fine},
        {"series": 'llm_requests_total{model="m",status="error"}', "values": failed},
        {"series": 'exporter_domain_up{domain="pipeline"}', "values": "1x400"},
    ]


def _fires(name: str, series: list[dict[str, str]], at: str, *labels: str, alert: str) -> dict[str, object]:
    """A test that the alert fires for just these labels."""
    shown = [{"labels": f"{{{one}}}", "value": 1} for one in labels]
    unique = {one["series"]: one for one in series}
    query = f'count by (slo, tenant) (ALERTS{{alertstate="firing", alertname="{alert}"}})'
    asked = [{"expr": query, "eval_time": at, "exp_samples": shown}]
    return {"name": name, "interval": "1m", "input_series": list(unique.values()), "promql_expr_test": asked}


def _cases() -> Iterator[dict[str, object]]:
    acme, calm = 'slo="turns-fast", tenant="acme"', _turns("calm", "0+100x400", "0+100x400")
    fast, slow = "ErrorBudgetBurnsFast", "ErrorBudgetBurns"
    bad, fair = _turns("acme", "0+10x400", "0+8x400"), _turns("acme", "0+20x400", "0+19x400")
    yield _fires("20 % are slow", [*bad, *calm], "70m", acme, alert=fast)
    yield _fires("5 % are slow: no page", [*fair, *calm], "70m", alert=fast)
    yield _fires("5 % are slow: a ticket", [*fair, *calm], "70m", acme, alert=slow)
    yield _fires("0.5 % are slow", _turns("acme", "0+200x400", "0+199x400"), "70m", alert=slow)
    over = _turns("acme", "0+10x400", "0+8x60 490+10x340")
    yield _fires("it is over: the short windows are clean", over, "95m", alert=fast)
    yield _fires("while it went on", over, "60m", acme, alert=fast)
    rare = _turns("acme", "0x9 1x9 2x9 3x9 4x9 5x9 6x40", "0x400")
    yield _fires("six events in an hour", rare, "70m", alert=fast)
    yield _fires("nothing happens", _turns("acme", "5x400", "5x400"), "70m", alert=fast)
    gone = [*_turns("acme", "0+10x70 stale", "0+8x70 stale")[:2], {"series": 'exporter_domain_up{domain="pipeline"}', "values": "1x70 0x90"}]  # fmt: skip
    yield _fires("the domain cannot be read", gone, "90m", acme, alert=fast)
    yield _fires("2 % of requests fail", _models("0+2x400", "0+98x400"), "70m", 'slo="models"', alert=fast)
    yield _fires("1 in 2000 fails", _models("0+1x400", "0+1999x400"), "70m", alert=slow)
    yield _fires("no series of failures", _models("0+1x400", "0+1999x400")[:1], "70m", alert=slow)


@pytest.mark.promtool
def test_alerts_fire_and_are_silent(tmp_path: Path) -> None:
    """Each alert fires when both windows burn, for whom they burn, and not otherwise."""
    names = [name for name in write_rules(tmp_path, settings(TURNS, MODELS)) if name == "slos.yml"]
    check_rules(tmp_path, list(_cases()), names, interval="1m")


@pytest.mark.promtool
def test_values_are_exact(tmp_path: Path) -> None:
    """Objective, budget and days as written; what is left is counted from all events of the period."""
    write_rules(tmp_path, settings(TURNS, MODELS))
    written = {
        'slo:objective:ratio{slo="turns-fast"}': 0.99, 'slo:error_budget:ratio{slo="turns-fast"}': 0.01,
        'slo:objective:ratio{slo="models"}': 0.999, 'slo:error_budget:ratio{slo="models"}': 0.001,
        'slo:time_period:days{slo="models"}': 30, 'slo:sli_error:ratio_rate1h{slo="models"}': 0,
        'slo:period_error_budget_remaining:ratio{slo="models"}': 1,
    }  # fmt: skip
    measured = {"slo:sli_error:ratio_rate30d": 0.25, "slo:period_burn_rate:ratio": 25, "slo:period_error_budget_remaining:ratio": -24}  # fmt: skip
    acme = '{slo="turns-fast", tenant="acme"}'
    # What is measured goes through rate(), which rounds in the last digit.
    asked = [
        *({"expr": one, "eval_time": "64m", "exp_samples": [{"labels": one, "value": value}]} for one, value in written.items()),
        *({"expr": f"round({one}{acme}, 0.00000095367431640625)", "eval_time": "64m", "exp_samples": [{"labels": acme, "value": value}]} for one, value in measured.items()),
    ]  # fmt: skip
    series = [*_turns("acme", "0+16x400", "0+12x400"), *_models("0x400", "0+8x400")]
    unique = {one["series"]: one for one in series}
    test = {"name": "values", "interval": "1m", "input_series": list(unique.values()), "promql_expr_test": asked}
    check_rules(tmp_path, [test], ["slos.yml"], interval="1m")
