"""The little statistics that rules need: shares, differences of shares, trends that outliers do not bend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


def normal(z: float) -> float:
    """Probability that a standard normal value is at most z."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def above(part: int, whole: int, limit: float) -> float:
    """How sure it is that a share lies above a limit: 1 - p of the one-sided test by the normal approximation."""
    spread = math.sqrt(limit * (1 - limit) / whole)
    # Half an event for continuity: a count of small numbers is no normal value.
    return normal((part - 0.5) / whole / spread - limit / spread)


def grown(part: int, whole: int, before: int, whole_before: int) -> float:
    """How sure it is that a share has grown: 1 - p of the one-sided two-proportion test with a pooled share."""
    pooled = (part + before) / (whole + whole_before)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / whole + 1 / whole_before))
    return normal((part / whole - before / whole_before) / spread) if spread else 0.5


def not_worse(good: int, whole: int, other_good: int, other_whole: int, margin: float) -> float:
    """How sure it is that a share is no worse than another one by more than the margin (non-inferiority test)."""
    # One success and one failure more on each side: shares of 0 and 1 have a spread, too.
    share, other = (good + 1) / (whole + 2), (other_good + 1) / (other_whole + 2)
    spread = math.sqrt(share * (1 - share) / whole + other * (1 - other) / other_whole)
    return normal((share - other + margin) / spread)


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through values: slope for each step, where it stands at the last step, how sure it is that it rises."""

    slope: float
    last: float
    rises: float
    low: float
    high: float

    def steps_until(self, limit: float) -> float | None:
        """Steps from the last one until the line crosses a limit; None when it does not rise."""
        return (limit - self.last) / self.slope if self.slope > 0 else None


def trend(values: Sequence[tuple[float, float]]) -> Trend:
    """Theil and Sen's line with Mann and Kendall's test, by pairs: up to 29 % of the values may be wild.

    `low` and `high` bound the slope with 95 %, from the order of the pairs' slopes (Sen 1968).
    """
    pairs = [
        (y2 - y1, (y2 - y1) / (x2 - x1))
        for index, (x1, y1) in enumerate(values)
        for x2, y2 in values[index + 1 :]
        if x2 != x1
    ]
    slopes = sorted(slope for _, slope in pairs)
    slope = median(slopes)
    level = median(y - slope * x for x, y in values)
    score = sum((rise > 0) - (rise < 0) for rise, _ in pairs)
    count = len(values)
    spread = math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    rises = normal((score - (score > 0) + (score < 0)) / spread)
    width = 1.959964 * spread
    low = slopes[max(0, math.floor((len(slopes) - width) / 2))]
    high = slopes[min(len(slopes) - 1, math.ceil((len(slopes) + width) / 2))]
    return Trend(slope, level + slope * values[-1][0], rises, low, high)
