"""Computations of revenue: where its trend leads, and how many customers leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import sqrt
from statistics import median
from typing import Final

from exporter.computed.facts import Computation, Facts, Value
from exporter.entities.revenue import CLIENT, SUBSCRIPTION
from exporter.metrics.revenue import CHURN_PROJECTED, MRR_PROJECTED

WEEK: Final = 7 * 86_400.0
MONTH: Final = 30 * 86_400.0
FEWEST_WEEKS: Final = 8
"""Fewest points of a trend; with less history nothing is projected."""

SURE: Final = 1.959964
"""Standard deviations on each side of a normal distribution between which 95 % of it lie."""

NORMAL: Final = 1.4826
"""Standard deviation of a normal distribution by its median absolute deviation."""

BANDS: Final = ("low", "expected", "high")
Interval = tuple[float, float, float]


def sen(points: Sequence[tuple[float, float]]) -> Interval:
    """Theil-Sen slope between the bounds of its 95 % interval (Sen 1968): the median slope of all pairs of points."""
    slopes = sorted((right[1] - left[1]) / (right[0] - left[0]) for left, right in combinations(points, 2))
    n, pairs = len(points), len(slopes)
    spread = SURE * sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low, high = max(0, round((pairs - spread) / 2) - 1), min(pairs - 1, round((pairs + spread) / 2))
    return slopes[low], median(slopes), slopes[high]


def project(points: Sequence[tuple[float, float]], ahead: float) -> Interval:
    """The last value carried on along the trend; the bounds are those of the slope, and how far points are from the trend."""
    slope = sen(points)
    level = median(value - slope[1] * at for at, value in points)
    noise = SURE * NORMAL * median(abs(value - level - slope[1] * at) for at, value in points)
    now = points[-1][1]
    low, expected, high = (
        max(0.0, now + one * ahead + extra) for one, extra in zip(slope, (-noise, 0, noise), strict=True)
    )
    return low, expected, high


def wilson(part: float, whole: float) -> Interval:
    """A share between the bounds of its 95 % interval (Wilson 1927)."""
    share, square = part / whole, SURE**2
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    width = SURE * sqrt(share * (1 - share) / whole + square / (4 * whole**2)) / (1 + square / whole)
    return max(0.0, middle - width), share, min(1.0, middle + width)


def projected_mrr(facts: Facts) -> Iterator[Value]:
    """Recurring revenue at the end of each of the last weeks, carried on for some months."""
    wanted = facts.settings.projection
    times = [facts.now - WEEK * week for week in range(int(wanted.history_months * MONTH / WEEK), -1, -1)]
    runs = "started_at <= :t{0} AND (ended_at IS NULL OR ended_at > :t{0})"
    sums = (f"SUM(CASE WHEN {runs.format(number)} THEN mrr ELSE 0 END)" for number in range(len(times)))
    sql = f"SELECT MIN(started_at), {', '.join(sums)} FROM {{subscription}}"
    given = {f"t{number}": at for number, at in enumerate(times)}
    (first, *values), *_ = facts.read(sql, subscription=facts.of(SUBSCRIPTION), **given)
    known = [((at - facts.now), float(value)) for at, value in zip(times, values, strict=True) if first and at >= first]
    if len(known) >= FEWEST_WEEKS:
        for band, value in zip(BANDS, project(known, wanted.months * MONTH), strict=True):
            yield Value(MRR_PROJECTED, (band,), value)


def projected_churn(facts: Facts) -> Iterator[Value]:
    """Customers lost in the last periods of 30 days, of all that were there when each began."""
    periods = facts.settings.projection.history_months
    given = {f"t{number}": facts.now - MONTH * number for number in range(periods + 1)}
    here = "joined_at <= :t{0} AND (left_at IS NULL OR left_at > :t{0})"
    sums = (
        f"SUM(CASE WHEN {here.format(number)} THEN 1 ELSE 0 END), "
        f"SUM(CASE WHEN {here.format(number)} AND left_at <= :t{number - 1} THEN 1 ELSE 0 END)"
        for number in range(1, periods + 1)
    )
    sql = f"SELECT {', '.join(sums)} FROM {{client}}"
    (row, *_) = facts.read(sql, client=facts.of(CLIENT), **given)
    exposed, lost = (sum(float(value or 0) for value in row[start::2]) for start in (0, 1))
    if exposed:
        for band, value in zip(BANDS, wilson(lost, exposed), strict=True):
            yield Value(CHURN_PROJECTED, (band,), value)


COMPUTATIONS: Final[tuple[Computation, ...]] = (
    Computation(
        "projected_mrr",
        "revenue",
        (MRR_PROJECTED,),
        {SUBSCRIPTION: ("mrr", "started_at", "ended_at")},
        projected_mrr,
        every=300.0,
    ),
    Computation(
        "projected_churn",
        "revenue",
        (CHURN_PROJECTED,),
        {CLIENT: ("joined_at", "left_at")},
        projected_churn,
        every=300.0,
    ),
)
