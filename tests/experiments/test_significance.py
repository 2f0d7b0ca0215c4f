"""The tests of significance against published examples, and the rule for early looks against many experiments of chance."""

from __future__ import annotations

import math
from random import Random
from statistics import fmean, variance
from typing import Final

import pytest

from exporter.computed.significance import ALPHA, Sample, p_bound, proportions, welch

# Student (1908), "The probable error of a mean", Biometrika 6: hours of sleep gained by two drugs. The example of R's
# documentation of t.test: `t.test(extra ~ group, data = sleep)` prints the numbers below.
DRUG_1: Final = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
DRUG_2: Final = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)


def sample(values: tuple[float, ...]) -> Sample:
    """Values as a sample."""
    return Sample(len(values), fmean(values), variance(values))


def test_welch_on_students_sleep() -> None:
    """R: t = -1.8608, df = 17.776, p-value = 0.07939, 95 percent confidence interval -3.3654832 0.2054832."""
    found = welch(sample(DRUG_2), sample(DRUG_1))
    assert found is not None
    assert found.statistic == pytest.approx(-1.8608, abs=5e-5)
    assert found.degrees == pytest.approx(17.776, abs=5e-4)
    assert found.p == pytest.approx(0.07939, abs=5e-6)
    assert (found.low, found.high) == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)


def test_welch_on_the_cars_of_nist() -> None:
    """NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.3, AUTO83B.DAT: miles a gallon of 249 American and 79 Japanese cars.

    With unequal variances Dataplot prints t = -12.94627 and 136.8750 degrees of freedom; Boost.Math's documentation of the
    two-sample test repeats the example.
    """
    found = welch(Sample(79, 30.48101, 6.107710**2), Sample(249, 20.14458, 6.414700**2))
    assert found is not None
    assert found.statistic == pytest.approx(-12.94627, abs=5e-5)
    assert found.degrees == pytest.approx(136.8750, abs=5e-3)
    assert found.p < 1e-20


def test_two_proportions_on_the_poll_of_time() -> None:
    """Penn State STAT 415, lesson 9.4, from Time of 18 April 1994: 351 of 605 who do not smoke and 41 of 195 who do, for a tax.

    The lesson gives Z = 8.99; the interval by the separate variances, worked out in published solutions of the same
    exercise, is 0.30049924 to 0.439318518.
    """
    found = proportions(Sample(195, 41 / 195), Sample(605, 351 / 605))
    assert found is not None
    assert found.statistic == pytest.approx(8.99, abs=5e-3)
    assert (found.low, found.high) == pytest.approx((0.30049924, 0.439318518), abs=5e-9)
    assert 0 < found.p < 1e-15


def test_z_squared_is_pearsons_chi_squared() -> None:
    """Salk's vaccine of 1954, 57 of 200745 with it and 142 of 201229 without fell ill: the test is that of the fourfold table."""
    from scipy.stats import chi2_contingency

    found = proportions(Sample(201229, 142 / 201229), Sample(200745, 57 / 200745))
    table = [[57, 200745 - 57], [142, 201229 - 142]]
    result = chi2_contingency(table, correction=False)
    assert found is not None
    assert found.statistic**2 == pytest.approx(float(result.statistic))
    assert found.p == pytest.approx(float(result.pvalue))


@pytest.mark.parametrize(
    ("control", "variant"),
    [(Sample(0, 0), Sample(9, 0.5)), (Sample(9, 0.0), Sample(9, 0.0)), (Sample(9, 1.0), Sample(9, 1.0))],
)
def test_shares_without_anything_to_test(control: Sample, variant: Sample) -> None:
    """No values, or all the same."""
    assert proportions(control, variant) is None


@pytest.mark.parametrize(("control", "variant"), [(Sample(1, 3), Sample(9, 4, 1)), (Sample(5, 3), Sample(5, 3))])
def test_means_without_anything_to_test(control: Sample, variant: Sample) -> None:
    """One value, or no variance at all."""
    assert welch(control, variant) is None


def test_the_bound_grows_to_a_half_of_alpha_and_no_further() -> None:
    """The z that is needed is 2.2414 at the planned end and grows with the root of what is missing."""
    from scipy.special import ndtri

    assert p_bound(1.0) == p_bound(2.0) == pytest.approx(ALPHA / 2)
    for share in (0.1, 0.25, 0.5, 0.9):
        z = -float(ndtri(p_bound(share) / 2))
        assert z == pytest.approx(2.2414027 / math.sqrt(share), rel=1e-6)
    assert p_bound(0.0) == 0.0


def test_looking_at_any_time_names_no_more_winners_than_alpha() -> None:
    """Of 1000 experiments without an effect, looked at 200 times each, no more have a winner by the bound than 5 percent
    and three standard errors.

    By p < 0.05 at any look, many times as many have: that is what the warning is for.
    """
    random = Random(20261125)
    looks, runs = 200, 1000
    bounds = [p_bound((look + 1) / looks) for look in range(looks)]
    honest = naive = 0
    for _ in range(runs):
        total, early, sure = 0.0, False, False
        for look in range(looks):
            total += random.gauss(0, 1)
            z = abs(total) / math.sqrt(look + 1)
            p = math.erfc(z / math.sqrt(2))
            early, sure = early or p <= ALPHA, sure or p <= bounds[look]
        honest, naive = honest + sure, naive + early
    assert honest <= ALPHA * runs + 3 * math.sqrt(ALPHA * (1 - ALPHA) * runs)
    assert honest > 0.02 * runs, "a bound that never names anything would be no test"
    assert naive > 5 * ALPHA * runs
