"""Time zones as tables, for a database that knows none: when a zone's clocks change, and what a wall time means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
YEARS: Final = (1970, 2070)
"""Changes of clocks outside these years are not known; the offset of the nearest year is taken."""

WEEK: Final = 7 * 86_400
TICK: Final = timedelta(microseconds=1)
Steps = tuple[tuple[int, int], ...]
"""Pairs of a second since 1970 from which on, and an offset in seconds. The first holds for all time before, too."""


def offset(zone: str, second: int) -> int:
    """How far the zone's clocks are ahead of UTC, in seconds, at a second since 1970."""
    ahead = (EPOCH + timedelta(seconds=second)).astimezone(ZoneInfo(zone)).utcoffset()
    return 0 if ahead is None else round(ahead.total_seconds())


@lru_cache(maxsize=16)
def changes(zone: str) -> Steps:
    """Seconds at which the zone's clocks change, and the new offset."""
    first, last = (int((datetime(year, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) for year in YEARS)
    found = [(first, offset(zone, first))]
    for left, right in pairwise(range(first, last, WEEK)):
        if offset(zone, right) != offset(zone, left):
            found.append(_change(zone, left, right))
    return tuple(found)


def _change(zone: str, left: int, right: int) -> tuple[int, int]:
    """The change between two seconds."""
    before = offset(zone, left)
    while right - left > 1:
        middle = (left + right) // 2
        left, right = (middle, right) if offset(zone, middle) == before else (left, middle)
    return right, offset(zone, right)


@lru_cache(maxsize=16)
def shifts(source: str, target: str) -> Steps:
    """What turns wall times of one zone into wall times of another, by wall time of the first.

    A wall time that comes twice is the second; one that is skipped goes by the offset before. So does PostgreSQL.
    """
    ahead = changes(source)
    starts = {ahead[0][0]} | {at + new for at, new in ahead[1:]}
    starts |= {at + own for at, _ in changes(target)[1:] for own in {offset for _, offset in ahead}}
    found: list[tuple[int, int]] = []
    for wall in sorted(starts):
        own = next((new for at, new in reversed(ahead[1:]) if wall >= at + new), ahead[0][1])
        shift = offset(target, wall - own) - own
        if not found or found[-1][1] != shift:
            found.append((wall, shift))
    return tuple(found)


def wall(instant: datetime, zone: str) -> datetime:
    """The last wall time that is the instant or before, under the rule of `shifts`; it never falls as time goes on."""
    local = instant.astimezone(ZoneInfo(zone))
    naive = local.replace(tzinfo=None)
    again = local.replace(fold=1).utcoffset()
    if local.fold or again == local.utcoffset():
        return naive
    # The first of two hours that look the same. All their wall times belong to the second.
    second = int((instant - EPOCH) // timedelta(seconds=1))
    changed, new = _change(zone, second, second + 86400)
    return (EPOCH + timedelta(seconds=changed + new)).replace(tzinfo=None) - TICK
