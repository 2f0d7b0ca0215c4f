"""The statistics behind projections, against published numbers and made-up trends."""

from __future__ import annotations

import pytest
from scipy import stats

from exporter.computed.revenue import project, sen, wilson


def test_the_slope_is_scipys() -> None:
    """Theil-Sen slope and bounds equal scipy's on points without ties."""
    points = [(float(at), 3.0 * at + (at * 37 % 11) - (at * 53 % 7)) for at in range(24)]
    low, slope, high = sen(points)
    wanted = stats.theilslopes([value for _, value in points], [at for at, _ in points], 0.95)
    assert slope == pytest.approx(wanted[0])
    assert (low, high) == pytest.approx((wanted[2], wanted[3]))


def test_one_wild_week_does_not_bend_the_trend() -> None:
    """A straight line with an outlier goes on as the line, from the last value."""
    points = [(float(at), 100.0 + 10 * at) for at in range(20)]
    points[7] = (7.0, 5000.0)
    low, expected, high = project(points, 5.0)
    assert expected == pytest.approx(340.0)
    assert low <= expected <= high


def test_revenue_is_never_negative() -> None:
    """A steep fall ends at 0."""
    assert project([(float(at), 100.0 - 10 * at) for at in range(10)], 50.0) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("part", "whole"), [(0, 10), (1, 29), (15, 148), (263, 263)])
def test_the_interval_of_a_share_is_wilsons(part: int, whole: int) -> None:
    """As scipy computes it."""
    wanted = stats.binomtest(part, whole).proportion_ci(0.95, method="wilson")
    low, share, high = wilson(part, whole)
    assert (low, high) == pytest.approx((wanted.low, wanted.high), abs=1e-6)
    assert share == part / whole
