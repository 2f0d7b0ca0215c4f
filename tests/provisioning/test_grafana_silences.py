"""Silences of the settings as mute timings of Grafana: exact to the minute, for the alerts that they name alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exporter.settings import Settings, SettingsError
from provisioning import grafana_contacts
from provisioning.endpoints import native
from provisioning.grafana_silences import between
from tests.rules.promtool import run, tool

ZONE = ZoneInfo("Europe/Paris")
FIRST = datetime(2024, 1, 1, tzinfo=ZONE)
MINUTES = st.integers(0, 5 * 366 * 24 * 60)
QUEUE = {"name": "queue", "matchers": ["alertname=CallQueueBacklog"], "owner": "anna", "reason": "Known.", "end": "2026-12-31 12:00"}  # fmt: skip
MOVE = {"name": "move", "owner": "ben", "reason": "Move.", "start": "2026-12-24 22:00", "end": "2026-12-25 02:00"}


def _holds(interval: dict[str, Any], moment: datetime) -> bool:
    """Whether an interval holds at a moment of its zone, as Alertmanager's documentation says."""
    for key, value in (("years", moment.year), ("months", moment.month), ("days_of_month", moment.day)):
        ranges = [tuple(map(int, text.split(":"))) for text in interval.get(key, [])]
        if ranges and not any(one[0] <= value <= one[-1] for one in ranges):
            return False
    clocks, now = interval.get("times", []), f"{moment:%H:%M}"
    return not clocks or any(one["start_time"] <= now < one["end_time"] for one in clocks)


@given(MINUTES, MINUTES, st.integers())
def test_a_time_between_two_moments_is_exact(one: int, other: int, seed: int) -> None:
    """At its edges and at any moment around them."""
    start, end = (FIRST + timedelta(minutes=number) for number in sorted((one, other)))
    if start == end:
        return
    chance = Random(seed)
    moments = [start, end, *(edge + sign * timedelta(minutes=1) for edge in (start, end) for sign in (-1, 1))]
    moments += [start + (end - start) * chance.uniform(-0.5, 1.5) for _ in range(20)]
    for begin in (start, None):
        intervals = list(between(begin, end))
        assert len(intervals) <= 8
        for moment in moments:
            wanted = (begin is None or begin <= moment) and moment < end
            assert any(_holds(interval, moment) for interval in intervals) is wanted, (begin, end, moment)


def _file(**given: Any) -> dict[str, Any]:
    settings = Settings.model_validate({"alerting": {"engine": "grafana", "email": "a@b.c"}, "time_zone": "Europe/Paris", **given})  # fmt: skip
    found: dict[str, Any] = grafana_contacts.file(settings, native(settings), {})[0]
    return found


def test_the_alerts_of_a_silence_take_a_route_that_is_muted() -> None:
    """It stands before all others and every route within it has the timing; other alerts go on as before."""
    plain, quiet = _file(), _file(silences=[QUEUE], maintenance=[MOVE])
    before, after = plain["policies"][0]["routes"], quiet["policies"][0]["routes"]
    assert after[2:] == before
    first, second = after[:2]
    assert first["object_matchers"][0] == ["alertname", "=", "CallQueueBacklog"]
    assert first["mute_time_intervals"] == ["watchfloor-silence.queue"]
    assert second["object_matchers"] == [["severity", "!=", "none"]]
    # What both name meets the second within the first.
    assert first["routes"][0]["mute_time_intervals"] == ["watchfloor-silence.move", "watchfloor-silence.queue"]
    timings = {one["name"]: one["time_intervals"] for one in quiet["muteTimes"]}
    assert timings["watchfloor-silence.move"] == [
        {"years": ["2026"], "months": ["12"], "days_of_month": ["24:24"], "times": [{"start_time": "22:00", "end_time": "24:00"}], "location": "Europe/Paris"},
        {"years": ["2026"], "months": ["12"], "days_of_month": ["25:25"], "times": [{"start_time": "00:00", "end_time": "02:00"}], "location": "Europe/Paris"},
    ]  # fmt: skip


@pytest.mark.promtool
def test_alertmanager_reads_the_times(tmp_path: Path) -> None:
    """Grafana's Alertmanager has the same form of times."""
    times = [{"name": one["name"], "time_intervals": one["time_intervals"]} for one in _file(silences=[QUEUE])["muteTimes"]]  # fmt: skip
    content = {"route": {"receiver": "x"}, "receivers": [{"name": "x"}], "time_intervals": times}
    (tmp_path / "a.yml").write_text(yaml.safe_dump(content))
    run(tool("amtool"), "check-config", str(tmp_path / "a.yml"))


def test_too_many_are_refused() -> None:
    """One sentence: each doubles the tree."""
    with pytest.raises(SettingsError, match="there may be 4 in all"):
        _file(silences=[{**QUEUE, "name": f"queue-{number}"} for number in range(5)])
