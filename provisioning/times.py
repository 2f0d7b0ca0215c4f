"""Business hours and quiet times: as Alertmanager and Grafana write them, and whether a moment lies in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from exporter.alerting import Times
from exporter.settings import Settings

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MIDNIGHT: Final = "24:00"
HORIZON: Final = timedelta(days=8)
"""Times come back every week, so what does not happen in this time never happens."""


def intervals(times: Times, settings: Settings) -> list[dict[str, object]]:
    """The times in the form of Alertmanager and Grafana, which know no interval across midnight."""
    return [
        {
            "times": [{"start_time": start, "end_time": end}],
            **({"weekdays": list(days)} if days else {}),
            "location": zone(times, settings),
        }
        for start, end, days in _parts(times)
    ]


def zone(times: Times, settings: Settings) -> str:
    """The zone in which the times are meant."""
    return times.zone or settings.time_zone


def contains(times: Times, settings: Settings, moment: datetime) -> bool:
    """Whether a moment, which has a zone, lies in the times."""
    local = moment.astimezone(ZoneInfo(zone(times, settings)))
    clock, day = local.strftime("%H:%M"), WEEKDAYS[local.weekday()]
    return any(start <= clock < end and (not days or day in days) for start, end, days in _parts(times))


def heard(settings: Settings, hours: Iterable[str], quiet: Iterable[str], moment: datetime) -> bool:
    """Whether somebody with these hours and quiet times is told at a moment."""
    known = {times.name: times for times in settings.alerting.times}
    active = [known[name] for name in hours]
    if active and not any(contains(times, settings, moment) for times in active):
        return False
    return not any(contains(known[name], settings, moment) for name in quiet)


def next_heard(settings: Settings, hours: Iterable[str], quiet: Iterable[str], moment: datetime) -> datetime | None:
    """The first moment from this one on at which somebody is told; None when there is none."""
    hours, quiet = tuple(hours), tuple(quiet)
    if heard(settings, hours, quiet, moment):
        return moment
    # Times begin and end at whole minutes.
    at = moment.replace(second=0, microsecond=0)
    while at <= moment + HORIZON:
        at += timedelta(minutes=1)
        if heard(settings, hours, quiet, at):
            return at
    return None


def _parts(times: Times) -> list[tuple[str, str, tuple[str, ...]]]:
    """Start, end and weekdays of the parts that do not cross midnight; no weekdays mean all."""
    days = tuple(day for day in WEEKDAYS if day in times.weekdays)
    if times.start < times.end:
        return [(times.start, times.end, days)]
    after = tuple(WEEKDAYS[(WEEKDAYS.index(day) + 1) % 7] for day in days)
    parts = [(times.start, MIDNIGHT, days), ("00:00", times.end, after)]
    return [part for part in parts if part[0] != part[1]]
