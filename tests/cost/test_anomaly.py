"""Unusual cost: how often quiet data raises an alarm, and which injected hours are found."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import pytest

from exporter.anomaly import WEEKS, judge
from exporter.settings import Settings

LIMIT = Settings().thresholds.cost_anomaly_score
Noise = Callable[[Random, float], float]
HOURS = 20 * 168


def place(hour: int) -> int:
    """The hour of the week."""
    return hour % 168


def season(hour: int) -> float:
    """Nights cost a ninth of noon, weekends 0.4 of a working day."""
    of = hour % 168
    return (1 + 8 * max(0.0, math.sin((of % 24 - 6) / 12 * math.pi))) * (0.4 if of // 24 >= 5 else 1.0)


def proportional(sigma: float) -> Noise:
    """Noise that grows with the cost."""
    return lambda random, mean: mean * math.exp(random.gauss(0, sigma))


def counted(rate: float) -> Noise:
    """A sum of single costs, as many as come."""

    def draw(random: Random, mean: float) -> float:
        number, left = 0, random.expovariate(1.0)
        while left < mean * rate:
            number, left = number + 1, left + random.expovariate(1.0)
        return sum(random.lognormvariate(-2, 0.8) for _ in range(number))

    return draw


QUIET = {
    "steady": proportional(0.05),
    "usual": proportional(0.3),
    "rough": proportional(0.5),
    "few requests an hour": counted(1.0),
    "some requests an hour": counted(5.0),
    "many requests an hour": counted(20.0),
}


def history(noise: Noise, seed: int) -> dict[int, float]:
    """Costs by hour."""
    random = Random(seed)
    return {hour: noise(random, season(hour)) for hour in range(HOURS)}


@pytest.mark.parametrize("kind", QUIET)
def test_quiet_hours_raise_no_alarm(kind: str) -> None:
    """At most 1 false alarm in 1000 hours of each kind of noise; with these seeds there is none in 2016."""
    costs = history(QUIET[kind], seed=2)
    verdicts = [judge(costs, hour, place) for hour in range(WEEKS * 168, HOURS)]
    scores = [verdict.score for verdict in verdicts if verdict is not None]
    assert len(scores) == HOURS - WEEKS * 168
    assert sum(score > LIMIT for score in scores) <= 0.001 * len(scores), max(scores)


@pytest.mark.parametrize(
    ("kind", "factor"),
    [("steady", 2.0), ("usual", 12.0), ("some requests an hour", 8.0), ("many requests an hour", 4.0)],
)
def test_injected_hours_are_found(kind: str, factor: float) -> None:
    """A working day's hour that costs several times as much; nine in ten at least are found."""
    costs = history(QUIET[kind], seed=3)
    hours = [hour for hour in range(WEEKS * 168, HOURS) if season(hour) > 5]
    found = 0
    for hour in hours:
        verdict = judge({**costs, hour: costs[hour] * factor}, hour, place)
        found += verdict is not None and verdict.score > LIMIT
    assert found >= 0.9 * len(hours), (found, len(hours))


def test_an_incident_does_not_teach() -> None:
    """An hour's median of 8 weeks stays when one of them was far too dear."""
    costs = history(QUIET["usual"], seed=4)
    hour = HOURS - 1
    plain = judge(costs, hour, place)
    spoilt = judge({**costs, hour - 168: costs[hour - 168] * 1000}, hour, place)
    assert plain is not None
    assert spoilt is not None
    assert spoilt.expected == pytest.approx(plain.expected, rel=0.5)


def test_what_is_not_known() -> None:
    """Less than four weeks, no history, and data in which most hours cost nothing have no verdict."""
    costs = history(QUIET["usual"], seed=5)
    assert judge({}, 100, place) is None
    assert judge({hour: costs[hour] for hour in range(3 * 168)}, 3 * 168, place) is None
    assert judge({hour: costs[hour] for hour in range(4 * 168)}, 4 * 168, place) is not None
    assert judge(dict.fromkeys(range(0, HOURS, 5), 1.0), HOURS, place) is None


def test_a_silent_hour_is_no_alarm() -> None:
    """An hour without any cost is below what is usual, never above."""
    costs = history(QUIET["usual"], seed=6)
    verdict = judge(costs, HOURS, place)
    assert verdict is not None
    assert verdict.actual == 0.0
    assert verdict.score <= 0.0
