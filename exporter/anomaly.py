"""Unusual cost by robust statistics: an hour against the same hour of the weeks before.

Costs are compared by their square roots. The spread of a sum of many small costs grows with the root of the sum, so roots have
one spread at all hours and can share one estimate of it (by its median and by its 95th percentile, which few costs an
hour make longer than normal); where noise grows with the sum itself, the spread is taken in
proportion to the root. The greater of these, and of the hour's own, holds: a quiet estimate must not make an alarm.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

HOUR: Final = 3600
WEEKS: Final = 8
"""Weeks that are looked at."""
LEAST: Final = 4
"""Fewest weeks of history."""
SIGMA: Final = 1.4826
"""Median absolute deviation of a normal distribution by its standard deviation."""
NORMAL_95: Final = 1.96
"""Deviation that 95 of 100 values of a normal distribution do not pass, by its standard deviation."""
QUIETEST: Final = 0.02
"""Smallest spread in proportion to the root: bills are never steadier than about 4 percent."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The cost of an hour, what was usual, and by how many robust standard deviations it is above."""

    actual: float
    expected: float
    score: float


def judge(costs: Mapping[int, float], hour: int, place: Callable[[int], int]) -> Verdict | None:
    """The verdict on an hour (hours since 1970); None with too little history, or where most hours cost nothing.

    `costs` are known costs by hour; an hour without any between the first and the last cost nothing. `place` tells the hour of
    the week of an hour.
    """
    past = [other for other in costs if other < hour]
    if not past:
        return None
    first = max(min(past), hour - WEEKS * 168)
    groups: dict[int, list[float]] = defaultdict(list)
    for other in range(first, hour):
        groups[place(other)].append(math.sqrt(max(0.0, costs.get(other, 0.0))))
    same = groups.get(place(hour), [])
    if len(same) < LEAST:
        return None
    usual = {key: median(values) for key, values in groups.items()}
    deviations = [(abs(value - usual[key]), usual[key]) for key, values in groups.items() for value in values]
    typical = median(usual.values())
    shared = max(
        SIGMA * median(deviation for deviation, _ in deviations),
        sorted(deviation for deviation, _ in deviations)[int(0.95 * len(deviations))] / NORMAL_95,
    )
    if not typical:
        return None
    proportion = SIGMA * median(deviation / max(root, typical / 3) for deviation, root in deviations)
    centre = usual[place(hour)]
    own = SIGMA * median(abs(value - centre) for value in same)
    # Medians of few weeks lie close to their own values, which makes deviations from them too small.
    few = math.sqrt(len(same) / (len(same) - 1))
    spread = few * max(shared, own, max(proportion, QUIETEST) * max(centre, typical / 3))
    actual = costs.get(hour, 0.0)
    score = (math.sqrt(max(0.0, actual)) - centre) / spread if spread > 0 else 0.0
    return Verdict(actual, centre * centre, score)
