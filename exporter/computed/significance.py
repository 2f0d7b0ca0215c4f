"""Whether a difference is more than chance: tests of two proportions and of two means, and how early one may look.

SciPy gives the normal and Student's distribution; it is imported when the first difference is tested.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

ALPHA: Final = 0.05
"""How often an experiment without any effect may still name a winner."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Independent values: how many, their mean, and their variance (by n - 1; unused for yes and no)."""

    count: int
    mean: float
    variance: float = 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """What a variant has more than the control, its interval, and how often chance alone gives as much (two-sided)."""

    effect: float
    low: float
    high: float
    statistic: float
    p: float
    degrees: float | None = None


def proportions(control: Sample, variant: Sample, level: float = 1 - ALPHA) -> Difference | None:
    """Two-proportion z test with the pooled variance, and Wald's interval with the separate ones.

    None when either has no values, or when all values are the same: then there is nothing to test.
    """
    if not control.count or not variant.count:
        return None
    pooled = (control.mean * control.count + variant.mean * variant.count) / (control.count + variant.count)
    error = math.sqrt(max(0.0, pooled * (1 - pooled)) * (1 / control.count + 1 / variant.count))
    if error == 0:
        return None
    from scipy.special import ndtr, ndtri

    effect = variant.mean - control.mean
    separate = math.sqrt(sum(one.mean * (1 - one.mean) / one.count for one in (control, variant)))
    reach = float(ndtri((1 + level) / 2)) * separate
    statistic = effect / error
    return Difference(effect, effect - reach, effect + reach, statistic, 2 * float(ndtr(-abs(statistic))))


def welch(control: Sample, variant: Sample, level: float = 1 - ALPHA) -> Difference | None:
    """Welch's t test, which does not ask that both vary alike; None below two values each or without any variance."""
    if min(control.count, variant.count) < 2:
        return None
    parts = [one.variance / one.count for one in (control, variant)]
    error = math.sqrt(sum(parts))
    if error == 0:
        return None
    from scipy.special import stdtr, stdtrit

    degrees = sum(parts) ** 2 / sum(
        part**2 / (one.count - 1) for part, one in zip(parts, (control, variant), strict=True)
    )
    effect = variant.mean - control.mean
    reach = float(stdtrit(degrees, (1 + level) / 2)) * error
    statistic = effect / error
    p = 2 * float(stdtr(degrees, -abs(statistic)))
    return Difference(effect, effect - reach, effect + reach, statistic, p, degrees)


def p_bound(progress: float, alpha: float = ALPHA) -> float:
    """The p value that a difference must stay under after this share of the planned visitors, however often one looks.

    O'Brien and Fleming's shape for unbroken watching: a test statistic z, as it grows with the share t, follows a Brownian
    motion B(t) = z * sqrt(t), and by the reflection principle |B| ever exceeds b before t = 1 with a probability of at
    most 4 * (1 - Phi(b)). With b so that this is alpha, no number of looks makes chance a winner more often than alpha.
    """
    if progress <= 0:
        return 0.0
    from scipy.special import ndtr, ndtri

    height = float(ndtri(1 - alpha / 4))
    return 2 * float(ndtr(-height / math.sqrt(min(1.0, progress))))
