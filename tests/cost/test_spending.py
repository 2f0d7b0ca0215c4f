"""Budgets: calendar periods in a zone, pace, forecast, runway and the word for what is known."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from exporter.spending import DAY, Spending, Status, bounds, outlook, percentages

PARIS = ZoneInfo("Europe/Paris")
NOW = 1_800_000_000.0
NOTIFY = (50.0, 75.0, 90.0, 100.0)


@pytest.mark.parametrize(
    ("period", "begin", "end"),
    [
        ("day", "2026-03-28T23:00", "2026-03-29T22:00"),  # a day of 23 hours: the clock goes forward
        ("week", "2026-03-22T23:00", "2026-03-29T22:00"),
        ("month", "2026-02-28T23:00", "2026-03-31T22:00"),
        ("quarter", "2025-12-31T23:00", "2026-03-31T22:00"),
        ("year", "2025-12-31T23:00", "2026-12-31T23:00"),
    ],
)
def test_periods_are_those_of_the_zone(period: str, begin: str, end: str) -> None:
    """Begin and end of what runs on 29 March 2026 at noon in Paris."""
    found = bounds(period, datetime(2026, 3, 29, 10, tzinfo=UTC), PARIS)
    assert [time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") for time in found] == [begin, end]


def spending(
    period: float = 40.0, day: float = 4.0, week: float = 14.0, *, age: float = 30 * DAY, last: float = 60.0
) -> Spending:
    """40 dollars spent; 4 in a day, 2 a day in the week."""
    return Spending(period, day, week, NOW - age, NOW - last)


def test_the_faster_pace_holds() -> None:
    """4 a day is more than 14 a week: 60 dollars last 15 days, and 10 days more cost 40."""
    said = outlook(100.0, NOTIFY, spending(), NOW, NOW + 10 * DAY)
    assert (said.status, said.spent, said.used, said.reached) == (Status.OK, 40.0, 0.4, 0.0)
    assert said.runway == pytest.approx(15 * DAY)
    assert said.forecast == pytest.approx(80.0)
    slow = outlook(100.0, NOTIFY, spending(day=0.0), NOW, NOW + 10 * DAY)
    assert slow.forecast == pytest.approx(60.0)


def test_a_short_history_is_not_spread_over_a_week() -> None:
    """14 dollars in the 3.5 days since the first cost are 4 a day."""
    said = outlook(100.0, NOTIFY, spending(day=0.0, age=3.5 * DAY), NOW, NOW + DAY)
    assert said.forecast == pytest.approx(44.0)


@pytest.mark.parametrize(
    ("spent", "reached"), [(49.9, 0.0), (50.0, 0.5), (74.0, 0.5), (75.0, 0.75), (99.0, 0.9), (100.0, 1.0), (300.0, 1.0)]
)
def test_thresholds(spent: float, reached: float) -> None:
    """The highest percentage that is reached."""
    assert outlook(100.0, NOTIFY, spending(spent), NOW, NOW + DAY).reached == reached


def test_words() -> None:
    """Each status, and what is not known with it."""
    end = NOW + DAY
    nothing = Spending(0.0, 0.0, 0.0, None, None)
    assert outlook(0.0, NOTIFY, spending(), NOW, end).status is Status.NO_BUDGET
    assert outlook(None, NOTIFY, spending(), NOW, end).used is None
    unknown = outlook(100.0, NOTIFY, nothing, NOW, end)
    assert (unknown.status, unknown.spent, unknown.used, unknown.forecast) == (
        Status.TOO_LITTLE_HISTORY,
        None,
        None,
        None,
    )
    young = outlook(100.0, NOTIFY, spending(age=0.5 * DAY), NOW, end)
    assert (young.status, young.used, young.forecast, young.runway) == (Status.TOO_LITTLE_HISTORY, 0.4, None, None)
    stale = outlook(100.0, NOTIFY, spending(last=2 * DAY), NOW, end)
    assert (stale.status, stale.used, stale.forecast) == (Status.STALE, 0.4, None)
    over = outlook(100.0, NOTIFY, spending(120.0), NOW, end)
    assert (over.status, over.runway) == (Status.EXCEEDED, 0.0)
    assert outlook(100.0, NOTIFY, spending(120.0, last=2 * DAY), NOW, end).status is Status.EXCEEDED
    resting = outlook(100.0, NOTIFY, spending(day=0.0, week=0.0), NOW, end)
    assert (resting.status, resting.runway, resting.forecast) == (Status.OK, None, 40.0)


def test_percentages_in_words() -> None:
    """What is no number is left out; without any the usual ones hold."""
    assert percentages("50, 80%,x") == (50.0, 80.0)
    assert percentages(None) == percentages("") == (50, 75, 90, 100)
