"""Times of samples."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.panels import POINTS
from exporter.history.section import LADDER, History, HistoryStep
from exporter.history.steps import WINDOW, blocks, fitting, sample_times
from generator.past import DEMO_STEPS

END = int(datetime(2026, 11, 22, 3, 38, 49, tzinfo=UTC).timestamp())
DAY = 86400


@given(days=st.integers(1, 400), end=st.integers(END - 400 * DAY, END), steps=st.sampled_from(LADDER))
def test_every_day_begins_with_a_sample(days: int, end: int, steps: tuple[HistoryStep, ...]) -> None:
    """Whatever the steps are: each is a part of a day."""
    start = end - days * DAY
    times = sample_times(start, end, steps, "UTC")
    assert set(range(-(-start // DAY) * DAY, end + 1, DAY)) <= set(times)
    assert times[0] >= start
    assert times[-1] == end


@pytest.mark.parametrize("steps", LADDER)
def test_samples_are_as_close_as_their_age_says(steps: tuple[HistoryStep, ...]) -> None:
    """Each step reaches as far back as its age, and no further than one step."""
    times = sample_times(END - 365 * DAY, END, steps, "UTC")
    for one, other in pairwise(times):
        step = next(int(step.step) for step in steps if step.age is None or END - one <= step.age)
        assert other - one <= step, datetime.fromtimestamp(one, UTC)


@pytest.mark.parametrize("steps", LADDER)
def test_coarser_times_are_among_the_finer_ones(steps: tuple[HistoryStep, ...]) -> None:
    """A graph of any of the steps finds a sample at each of its points: each step is a part of the next."""
    assert all(other.step % one.step == 0 for one, other in pairwise(steps))


ROUND = (
    (90, 60), (210, 120), (450, 300), (750, 600), (1050, 900), (1500, 1200), (2700, 1800), (5400, 3600), (9000, 7200), (16200, 10800),
    (32400, 21600), (86400, 43200), (604800, 86400),
)  # fmt: skip
"""Grafana's steps in seconds: the first whose limit is above what a graph's length and points come to."""


@pytest.mark.parametrize("steps", [*LADDER[:-1], DEMO_STEPS])
@pytest.mark.parametrize("days", [0.25, 1, 7, 30, 365])
def test_graphs_of_usual_ranges_are_whole(days: float, steps: tuple[HistoryStep, ...]) -> None:
    """At each point of a graph of six hours, a day, a week, a month or a year stands a sample."""
    wide = next(step for limit, step in ROUND if days * DAY / POINTS < limit)
    times = set(sample_times(END - 365 * DAY, END, steps, "UTC"))
    first = END - int(days * DAY) if days < 365 else END - 364 * DAY
    assert set(range(-(-first // wide) * wide, END, wide)) <= times


def test_steps_grow_with_the_number_of_series() -> None:
    """Few series have the finest; with 25,000 a year is 12 h apart and stays within the samples allowed."""
    start, most = END - 365 * DAY, History().most_samples
    assert fitting(start, END, 1_500, most) == LADDER[0]
    many = fitting(start, END, 24_000, most)
    assert many[-1].step == 12 * 3600
    assert len(sample_times(start, END, many, "UTC")) * 24_000 <= most + 24_000
    assert fitting(start, END, 10**6, most) == LADDER[-1]
    found = [fitting(start, END, series, most) for series in range(500, 200_000, 500)]
    assert [LADDER.index(steps) for steps in found] == sorted(LADDER.index(steps) for steps in found)
    assert set(found) == set(LADDER)


@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Kolkata", "America/Santiago"])
def test_days_of_a_zone_begin_with_a_sample_too(zone: str) -> None:
    """Also where clocks change, at midnight too as in Santiago."""
    times = sample_times(END - 365 * DAY, END, (HistoryStep(step=DAY),), zone)
    local = [datetime.fromtimestamp(time, UTC).astimezone(ZoneInfo(zone)) for time in times]
    days = {stamp.date() for stamp in local if (stamp.hour, stamp.minute) in {(0, 0), (1, 0)}}
    assert len(days) >= 365


def test_blocks_stay_within_what_promtool_reads_once() -> None:
    """And do not get much larger than they may."""
    times = sample_times(END - 365 * DAY, END, LADDER[3], "UTC")
    parts = blocks(times, 20_000, 4_000_000)
    assert [time for part in parts for time in part] == times
    assert all(part[0] // WINDOW == part[-1] // WINDOW for part in parts)
    assert max(map(len, parts)) <= 200


def test_settings_refuse_steps_that_miss_a_day() -> None:
    """A day is a multiple of every step, and ages grow."""
    with pytest.raises(ValueError, match="a day must be a multiple"):
        HistoryStep(step=7 * 3600)
    with pytest.raises(ValueError, match="ages must grow"):
        History(steps=(HistoryStep(age=10, step=60), HistoryStep(age=10, step=300), HistoryStep(step=300)))
