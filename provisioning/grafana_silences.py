"""Silences and single maintenance windows for Grafana, which reads no silences from files: routes that are muted until an end.

A mute timing says years, months, days and clocks, so a time between two moments is put together from whole years, months and days.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from exporter.settings import Settings, SettingsError
from exporter.suppression import MOST, Maintenance, SilenceSetting, instant
from provisioning.maintenance import silent_at
from provisioning.tree import Node

EVER: Final = date(2000, 1, 1)
"""When a silence without a beginning began."""

DAY: Final = timedelta(days=1)
Interval = dict[str, object]


def silenced(root: Node, settings: Settings) -> Node:
    """The tree with a route for each silence before all others. Each doubles the tree, as a window that comes back does."""
    items = _items(settings)
    if len(items) + sum(bool(item.times) for item in settings.maintenance) > MOST:
        raise SettingsError(
            f"silences and maintenance: with alerting.engine grafana there may be {MOST} in all; make the others in Grafana"
        )
    return silent_at(root, [(f"silence {one.name}", one.conditions, (timing(one.name),)) for one in items])


def timings(settings: Settings) -> dict[str, list[Interval]]:
    """The mute timing of each, by its name."""
    return {timing(one.name): _between(one, settings) for one in _items(settings)}


def timing(name: str) -> str:
    """Name of the mute timing of a silence. No name of times has a dot."""
    return f"silence.{name}"


def _items(settings: Settings) -> list[SilenceSetting | Maintenance]:
    if settings.alerting.engine != "grafana":
        return []
    return [*settings.silences, *(window for window in settings.maintenance if not window.times)]


def _between(item: SilenceSetting | Maintenance, settings: Settings) -> list[Interval]:
    zone = ZoneInfo(settings.time_zone)
    end = instant(item.end or "", settings.time_zone).astimezone(zone)
    start = instant(item.start, settings.time_zone).astimezone(zone) if item.start else None
    return [{**one, "location": settings.time_zone} for one in between(start, end)]


def between(start: datetime | None, end: datetime) -> Iterator[Interval]:
    """The time between two moments of one zone, to the minute."""
    first, last = start.date() if start else EVER, end.date()
    begins, ends = start.strftime("%H:%M") if start else "00:00", end.strftime("%H:%M")
    if first == last:
        yield {**_days(first, first), "times": [{"start_time": begins, "end_time": ends}]}
        return
    if begins != "00:00":
        yield {**_days(first, first), "times": [{"start_time": begins, "end_time": "24:00"}]}
        first += DAY
    yield from _whole(first, last - DAY)
    if ends != "00:00":
        yield {**_days(last, last), "times": [{"start_time": "00:00", "end_time": ends}]}


def _whole(first: date, last: date) -> Iterator[Interval]:
    """Whole days from one to another, in as few intervals as whole years and months allow."""
    if first > last:
        return
    if (first.year, first.month) == (last.year, last.month):
        yield _days(first, last)
        return
    if first.day > 1:
        following = (first.replace(day=1) + 32 * DAY).replace(day=1)
        yield _days(first, following - DAY)
        first = following
    rest = last.replace(day=1)
    if (last + DAY).day == 1:
        rest = last + DAY
    for months, group in groupby(_months(first, rest), lambda one: one[1]):
        years = [year for year, _ in group]
        yield {"years": [f"{years[0]}:{years[-1]}"], "months": [f"{months[0]}:{months[1]}"]}
    if rest <= last:
        yield _days(rest, last)


def _months(first: date, end: date) -> Iterator[tuple[int, tuple[int, int]]]:
    """The whole months of each year from a first of a month up to another."""
    for year in range(first.year, end.year + 1):
        low = first.month if year == first.year else 1
        high = end.month - 1 if year == end.year else 12
        if low <= high:
            yield year, (low, high)


def _days(first: date, last: date) -> Interval:
    """Days of one month."""
    return {
        "years": [str(first.year)],
        "months": [str(first.month)],
        "days_of_month": [f"{first.day}:{last.day}"],
    }
