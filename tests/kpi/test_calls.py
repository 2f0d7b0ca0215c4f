"""Numbers of calls on panels against plain SQL and Python."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import pytest

from tests.kpi.rig import RANGES, TENANTS, Place, close, windows
from tests.kpi.rows import Check, agree, unknown

pytestmark = [pytest.mark.stack, pytest.mark.slow]


def answer_rate(demo: Place, tenant: str, since: datetime) -> float:
    """Answered by initiated, each by its own time."""
    ((answered, initiated),) = demo.rows(
        """SELECT count(*) FILTER (WHERE answered_at > %s AND answered_at <= %s),
                  count(*) FILTER (WHERE initiated_at > %s AND initiated_at <= %s)
           FROM call_sessions WHERE tenant = %s""",
        since, demo.end, since, demo.end, tenant,
    )  # fmt: skip
    return float(answered / initiated)


@pytest.mark.parametrize("tenant", TENANTS)
def test_answer_rate(demo: Place, tenant: str) -> None:
    """Over each range."""
    for days, since in windows(demo.end):
        assert close(demo.value("overview", "Answer rate", days=days, tenant=tenant), answer_rate(demo, tenant, since))


@pytest.mark.parametrize("tenant", TENANTS)
def test_number_of_calls(demo: Place, tenant: str) -> None:
    """To the unit."""
    for days, since in windows(demo.end):
        ((count,),) = demo.rows(
            "SELECT count(*) FROM call_sessions WHERE tenant = %s AND initiated_at > %s AND initiated_at <= %s",
            tenant, since, demo.end,
        )  # fmt: skip
        assert demo.value("overview", "Calls", days=days, tenant=tenant) == count > 0


def test_without_rows_nothing_is_known(nothing: Place) -> None:
    """No answer, neither 0 nor NaN."""
    for days in RANGES:
        assert nothing.value("overview", "Answer rate", days=days, now=True) is None
        assert nothing.value("overview", "Calls", days=days, now=True) is None


RATES: Final = {
    "qualification": Check(
        "calls",
        "Qualification rate",
        """SELECT count(*)::float / (SELECT count(*) FROM call_sessions WHERE {answered_at}) FROM call_sessions
           WHERE {ended_at} AND outcome = 'qualified'""",
    ),
    "conversion": Check(
        "calls",
        "Conversion rate",
        """SELECT count(*)::float / (SELECT count(*) FROM call_sessions WHERE {initiated_at}) FROM call_sessions
           WHERE {ended_at} AND outcome = 'qualified'""",
    ),
    "completion": Check(
        "calls",
        "Completion rate",
        "SELECT avg((outcome NOT IN ('failed', 'no_answer'))::int) FROM call_sessions WHERE {ended_at}",
    ),
    "length": Check(
        "calls",
        "Average length",
        "SELECT avg(duration_seconds) FROM call_sessions WHERE {ended_at} AND duration_seconds >= 0",
    ),
    "qualified": Check(
        "overview", "Qualified", "SELECT avg((outcome = 'qualified')::int) FROM call_sessions WHERE {ended_at}"
    ),
}


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("name", RATES)
def test_rates_are_those_of_the_rows(demo: Place, name: str, tenant: str) -> None:
    """Over each range."""
    agree(demo, RATES[name], tenant)


def test_without_rows_no_rate_is_known(nothing: Place) -> None:
    """No answer, neither 0 nor NaN."""
    unknown(nothing, RATES)
