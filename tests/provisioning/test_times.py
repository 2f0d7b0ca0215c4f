"""Business hours and quiet times: across midnight, weekdays, zones and the change of the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from exporter.settings import Settings
from provisioning.times import contains, intervals, next_heard

OFFICE = {"name": "office", "weekdays": ["monday", "friday"], "start": "09:00", "end": "18:00", "zone": "Europe/Paris"}
NIGHT = {"name": "night", "weekdays": ["sunday"], "start": "22:00", "end": "07:00"}
LATE = {"name": "late", "start": "22:00"}


def _settings(*times: dict[str, Any], zone: str = "UTC") -> Settings:
    return Settings.model_validate({"alerting": {"times": list(times)}, "time_zone": zone})


MOMENTS = {
    ("office", "2026-11-27T08:00Z"): True,
    ("office", "2026-11-27T07:59Z"): False,
    ("office", "2026-11-27T17:00Z"): False,
    ("office", "2026-11-28T10:00Z"): False,
    # Paris is two hours ahead in summer.
    ("office", "2026-07-31T07:00Z"): True,
    ("night", "2026-11-29T22:00Z"): True,
    ("night", "2026-11-30T06:59Z"): True,
    ("night", "2026-11-30T07:00Z"): False,
    ("night", "2026-11-29T06:00Z"): False,
    ("late", "2026-11-29T23:59Z"): True,
    ("late", "2026-11-30T00:00Z"): False,
}


@pytest.mark.parametrize(("name", "moment"), MOMENTS)
def test_a_moment_lies_in_the_times_or_not(name: str, moment: str) -> None:
    """The beginning belongs to the times, the end does not."""
    settings = _settings(OFFICE, NIGHT, LATE)
    times = next(one for one in settings.alerting.times if one.name == name)
    assert contains(times, settings, datetime.fromisoformat(moment)) is MOMENTS[name, moment]


def test_times_across_midnight_are_two_intervals() -> None:
    """Alertmanager refuses an interval that ends before it begins; the second part is on the next day."""
    settings = _settings(NIGHT, LATE, zone="Asia/Tokyo")
    night, late = (intervals(times, settings) for times in settings.alerting.times)
    assert night == [
        {"times": [{"start_time": "22:00", "end_time": "24:00"}], "weekdays": ["sunday"], "location": "Asia/Tokyo"},
        {"times": [{"start_time": "00:00", "end_time": "07:00"}], "weekdays": ["monday"], "location": "Asia/Tokyo"},
    ]
    assert late == [{"times": [{"start_time": "22:00", "end_time": "24:00"}], "location": "Asia/Tokyo"}]


def test_the_next_time_is_found() -> None:
    """Now, later, or never."""
    settings = _settings(OFFICE, NIGHT)
    monday = datetime.fromisoformat("2026-11-30T03:00:30+00:00")
    assert next_heard(settings, (), (), monday) == monday
    assert next_heard(settings, (), ("night",), monday) == datetime.fromisoformat("2026-11-30T07:00Z")
    assert next_heard(settings, ("office",), ("night",), monday) == datetime.fromisoformat("2026-11-30T08:00Z")
    assert next_heard(settings, ("night",), ("night",), monday) is None
