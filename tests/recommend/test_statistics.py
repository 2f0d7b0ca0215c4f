"""The statistics of rules against numbers known from elsewhere."""

from __future__ import annotations

import random
from statistics import NormalDist

import pytest

from exporter.recommend.statistics import above, grown, normal, not_worse, trend


@pytest.mark.parametrize(("z", "share"), [(0.0, 0.5), (1.644854, 0.95), (1.959964, 0.975), (-2.326348, 0.01)])
def test_normal(z: float, share: float) -> None:
    """The usual quantiles."""
    assert normal(z) == pytest.approx(share, abs=1e-6)
    assert normal(z) == pytest.approx(NormalDist().cdf(z), abs=1e-12)


def test_a_line_without_noise() -> None:
    """Slope, level and the crossing are exact; a rise in every pair is as sure as ten values can be."""
    line = trend([(float(x), 3.0 + 0.5 * x) for x in range(10)])
    assert (line.slope, line.last, line.low, line.high) == (0.5, 7.5, 0.5, 0.5)
    assert line.steps_until(10.0) == 5.0
    assert line.rises == pytest.approx(normal(44 / (10 * 9 * 25 / 18) ** 0.5))


def test_a_trend_by_hand() -> None:
    """Sen's slope and Mann and Kendall's S of a small series, counted on paper: 5 6 9 8 10 has 9 pairs up and 1 down."""
    line = trend(list(enumerate([5.0, 6.0, 9.0, 8.0, 10.0])))
    assert line.slope == 1.125, "slopes -1 0.5 1 1 1 1.25 1.333 2 2 3: the median is (1 + 1.25) / 2"
    assert line.rises == pytest.approx(normal(7 / (5 * 4 * 15 / 18) ** 0.5)), "S = 8, less 1 for continuity"


def test_wild_values_do_not_bend_a_line() -> None:
    """Three of fourteen values a hundred times too high: the slope stays."""
    values = [(float(x), 1.0 + 0.1 * x) for x in range(14)]
    for place in (2, 7, 11):
        values[place] = (float(place), 100.0)
    assert trend(values).slope == pytest.approx(0.1, abs=0.02)


def test_noise_is_seldom_taken_for_a_rise() -> None:
    """Of 2000 series without a trend about one in a hundred rises with 99 %."""
    choice = random.Random(5)
    found = sum(trend([(float(x), choice.random()) for x in range(14)]).rises > 0.99 for _ in range(2000))
    assert 5 <= found <= 40


def test_a_falling_line_never_crosses() -> None:
    """No rise, no time until a limit."""
    assert trend([(0.0, 3.0), (1.0, 2.0), (2.0, 1.0)]).steps_until(5.0) is None
    assert trend([(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)]).steps_until(5.0) is None


def test_shares() -> None:
    """Each test against its own formula worked out by hand."""
    assert above(20, 100, 0.1) == pytest.approx(normal((0.195 - 0.1) / 0.03))
    # 15 of 100 against 5 of 100: pooled 0.1, spread 0.0424, z = 2.357.
    assert grown(15, 100, 5, 100) == pytest.approx(normal(2.357023), abs=1e-6)
    assert grown(0, 10, 0, 10) == 0.5
    assert not_worse(90, 100, 90, 100, 0.05) > 0.85
    assert not_worse(80, 100, 90, 100, 0.05) < 0.25
    assert not_worse(100, 100, 100, 100, 0.05) < 1


def test_equal_shares_seldom_seem_to_grow() -> None:
    """With the rule's own level, 20000 comparisons of equal shares give next to none."""
    choice = random.Random(7)
    found = 0
    for _ in range(20_000):
        part, before = _few(choice, 400), _few(choice, 2800)
        found += part >= 10 and part / 400 >= 2 * before / 2800 and grown(part, 400, before, 2800) >= 0.9999
    assert found <= 20


def _few(choice: random.Random, size: int) -> int:
    """A count of rare events: Poisson's law with the mean of 2 %."""
    limit, product, number = 2.718281828459045 ** (-0.02 * size), 1.0, -1
    while product > limit:
        product *= choice.random()
        number += 1
    return number
