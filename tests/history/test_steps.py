"""Times of samples."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.history.section import History, HistoryStep
from exporter.history.steps import WINDOW, blocks, sample_times

END = int(datetime(2026, 11, 22, 3, 38, 49, tzinfo=UTC).timestamp())
DAY = 86400


@given(days=st.integers(1, 400), end=st.integers(END - 400 * DAY, END))
def test_every_day_begins_with_a_sample(days: int, end: int) -> None:
    """Whatever the steps are: each is a part of a day."""
    start = end - days * DAY
    times = sample_times(start, end, History().steps, "UTC")
    assert set(range(-(-start // DAY) * DAY, end + 1, DAY)) <= set(times)
    assert times[0] >= start
    assert times[-1] == end


def test_samples_are_as_close_as_their_age_says() -> None:
    """Each step reaches as far back as its age, and no further than one step."""
    times = sample_times(END - 365 * DAY, END, History().steps, "UTC")
    for one, other in pairwise(times):
        step = next(int(step.step) for step in History().steps if step.age is None or END - one <= step.age)
        assert other - one <= step, datetime.fromtimestamp(one, UTC)
    assert 1300 < len(times) < 1400


@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Kolkata", "America/Santiago"])
def test_days_of_a_zone_begin_with_a_sample_too(zone: str) -> None:
    """Also where clocks change, at midnight too as in Santiago."""
    times = sample_times(END - 365 * DAY, END, (HistoryStep(step=DAY),), zone)
    local = [datetime.fromtimestamp(time, UTC).astimezone(ZoneInfo(zone)) for time in times]
    days = {stamp.date() for stamp in local if (stamp.hour, stamp.minute) in {(0, 0), (1, 0)}}
    assert len(days) >= 365


def test_blocks_stay_within_what_promtool_reads_once() -> None:
    """And do not get much larger than they may."""
    times = sample_times(END - 365 * DAY, END, History().steps, "UTC")
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
