"""At which past times there are samples: dense where it is young, and always at the beginning of a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from exporter.history.section import LADDER, HistoryStep

WINDOW: Final = 486 * 3600
"""The longest block that promtool makes of a file, which begins at a multiple of this. Longer ones are read again and again."""


def sample_times(start: int, end: int, steps: Sequence[HistoryStep], zone: str) -> list[int]:
    """Times of samples from `start` to `end`, in seconds since the epoch, which growing ages of `steps` count back from.

    They are multiples of the step, so every day's beginning in UTC is among them; those of `zone` are too. The last
    one is `end` itself, so that live samples follow without a gap.
    """
    times = set(_multiples(start, end, steps))
    if zone != "UTC":
        times.update(time for time in _midnights(start, end, ZoneInfo(zone)))
    times.add(end)
    return sorted(times)


def fitting(start: int, end: int, series: int, most: int) -> tuple[HistoryStep, ...]:
    """The finest steps of the ladder with which so many series have no more than so many samples, or the coarsest."""
    for steps in LADDER:
        if sum(1 for _ in _multiples(start, end, steps)) * series <= most:
            return steps
    return LADDER[-1]


def _multiples(start: int, end: int, steps: Sequence[HistoryStep]) -> Iterator[int]:
    """Multiples of each step as far back as its age."""
    for one in steps:
        step = int(one.step)
        first = start if one.age is None else max(start, end - int(one.age))
        last = end - max((int(other.age) for other in steps if other.age and other.step < one.step), default=0)
        yield from range(-(-first // step) * step, last + 1, step)


def _midnights(start: int, end: int, zone: ZoneInfo) -> Iterator[int]:
    """Beginnings of days in a zone. Where the clock skips midnight, what follows it is meant."""
    day = datetime.fromtimestamp(start, UTC).astimezone(zone).date()
    while True:
        time = int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
        if time > end:
            return
        if time >= start:
            yield time
        day += timedelta(days=1)


def blocks(times: Sequence[int], series: int, most: int) -> list[list[int]]:
    """Times by block: none goes beyond a window of promtool, nor has much more than `most` samples of so many series."""
    found: list[list[int]] = []
    for time in times:
        last = found[-1] if found else None
        if last is None or time // WINDOW != last[0] // WINDOW or (len(last) + 1) * series > most:
            found.append([])
        found[-1].append(time)
    return found
