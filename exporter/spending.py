"""Budgets: the calendar period that runs, the pace of spending, and what follows from both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = 86_400.0
WEEK: Final = 7 * DAY
PERIODS: Final = ("day", "week", "month", "quarter", "year")


class Status(StrEnum):
    """What is to be said of a budget, the first that holds."""

    NO_BUDGET = "no_budget"
    EXCEEDED = "exceeded"
    TOO_LITTLE_HISTORY = "too_little_history"
    STALE = "stale"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Spending:
    """Known cost at an instant: since the period began, in the last day and in the last 7 days.

    `first` and `last` are the times of the oldest and newest known cost that was looked at, None without any.
    """

    period: float
    day: float
    week: float
    first: float | None
    last: float | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of a budget; None is not known."""

    status: Status
    spent: float | None
    used: float | None
    reached: float | None
    forecast: float | None
    runway: float | None


def bounds(period: str, instant: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Begin and end of the calendar period that runs at an instant; weeks begin on Monday."""
    local = instant.astimezone(zone)
    day = datetime(local.year, local.month, local.day, tzinfo=zone)
    if period == "day":
        return day, _midnight(day + timedelta(days=1), zone)
    if period == "week":
        monday = _midnight(day - timedelta(days=local.weekday()), zone)
        return monday, _midnight(monday + timedelta(days=7), zone)
    months = {"month": 1, "quarter": 3, "year": 12}[period]
    number = local.year * 12 + (local.month - 1) // months * months
    return _first_of(number, zone), _first_of(number + months, zone)


def _first_of(month: int, zone: ZoneInfo) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=zone)


def _midnight(day: datetime, zone: ZoneInfo) -> datetime:
    """Days of a zone are calendar days, also those of 23 and 25 hours."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def pace(spending: Spending, now: float) -> float:
    """US dollars a second: the greater of the last day's and the last 7 days' (or of the days since the first cost)."""
    if spending.first is None:
        return 0.0
    span = min(WEEK, max(DAY, now - spending.first))
    return max(spending.day / DAY, spending.week / span)


def outlook(limit: float | None, notify: tuple[float, ...], spending: Spending, now: float, end: float) -> Outlook:
    """What follows for a budget whose period ends at `end`."""
    known = spending.last is not None
    spent = spending.period if known else None
    if limit is None or limit <= 0:
        return Outlook(Status.NO_BUDGET, spent, None, None, None, None)
    if spent is None:
        return Outlook(Status.TOO_LITTLE_HISTORY, None, None, None, None, None)
    used = spent / limit
    reached = max((share / 100 for share in notify if used >= share / 100), default=0.0)
    speed = pace(spending, now)
    short = spending.first is None or now - spending.first < DAY
    stale = spending.last is None or now - spending.last > DAY
    status = Status.TOO_LITTLE_HISTORY if short else Status.STALE if stale else Status.OK
    if used >= 1:
        status = Status.EXCEEDED
    if short or stale:
        return Outlook(status, spent, used, reached, None, 0.0 if used >= 1 else None)
    runway = 0.0 if used >= 1 else (limit - spent) / speed if speed > 0 else None
    return Outlook(status, spent, used, reached, spent + speed * max(0.0, end - now), runway)


def percentages(text: str | None, default: tuple[float, ...] = (50, 75, 90, 100)) -> tuple[float, ...]:
    """A list such as 50,75,90,100; what is no number is left out."""
    found = []
    for word in (text or "").split(","):
        try:
            found.append(float(word.strip().rstrip("%")))
        except ValueError:
            continue
    return tuple(share for share in found if share > 0) or default
