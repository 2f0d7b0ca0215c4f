"""Silences as code: what the settings say, brought to Alertmanager, and what has ended there or here.

A silence that we made bears a mark in its comment. What bears no mark was made by people and is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from exporter.matching import Match
from exporter.settings import Settings
from exporter.suppression import Maintenance, SilenceSetting, instant
from provisioning.silence import Alertmanager, Silence

MARK: Final = re.compile(r"\[watchfloor:([a-z0-9-]+)\]\Z")
HEARTBEAT: Final = Match("severity", "none", equal=False)
"""Maintenance of everything still lets the heartbeat through: a dead man's switch must not go off."""

ANYTHING: Final = Match("alertname", ".+", regex=True)
"""Alertmanager refuses a silence that an alert without any label would meet."""

EXACT: Final = timedelta(seconds=1)


class Outcome(StrEnum):
    """What became of one silence."""

    MADE = "made"
    CHANGED = "changed"
    KEPT = "unchanged"
    REMOVED = "ended, it is no longer in the settings"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Result:
    """One silence of the settings, or one that we made and that the settings lack."""

    name: str
    outcome: Outcome
    silence: Silence

    def __str__(self) -> str:
        """In one line."""
        one = self.silence
        if self.outcome is Outcome.EXPIRED:
            what = (
                f"expired at {one.end:%Y-%m-%d %H:%M %Z}; {one.by} removes it from the settings or gives it a new end"
            )
            return f"{self.name}: {what}"
        return f"{self.name}: {self.outcome} ({', '.join(map(str, one.matchers))}; until {one.end:%Y-%m-%d %H:%M %Z}, {one.by})"


def wanted(settings: Settings, now: datetime) -> dict[str, Silence]:
    """Silences of the settings by name, those that have ended too. Windows that come back are in the routes instead."""
    once = tuple(window for window in settings.maintenance if not window.times)
    items: tuple[SilenceSetting | Maintenance, ...] = (*settings.silences, *once)
    return {item.name: _silence(item, settings, now) for item in items}


def apply(settings: Settings, alertmanager: Alertmanager, now: datetime) -> tuple[Result, ...]:
    """Make Alertmanager hold exactly these silences of ours. Doing so twice changes nothing the second time."""
    there = _marked(alertmanager)
    results = [
        _apply(alertmanager, name, silence, there.get(name, []), now) for name, silence in wanted(settings, now).items()
    ]
    names = {result.name for result in results}
    for name, old in sorted(there.items()):
        if name not in names:
            for one in old:
                alertmanager.expire(one.id)
            results.append(Result(name, Outcome.REMOVED, old[0]))
    return tuple(results)


def expired(settings: Settings, now: datetime) -> tuple[Result, ...]:
    """Silences of the settings whose end has passed: known issues that somebody must look at again."""
    return tuple(Result(name, Outcome.EXPIRED, one) for name, one in wanted(settings, now).items() if one.end <= now)


def unknown(settings: Settings, alerts: set[str]) -> Iterator[str]:
    """Matchers that name no alert of the catalogue, in words."""
    for item in (*settings.silences, *settings.maintenance):
        for match in item.conditions:
            if match.name == "alertname" and match.equal:
                given = Match("alertname", match.value, match.regex)
                if not any(given.matches({"alertname": name}) for name in alerts):
                    yield f"{item.name}: {match} names no alert of the catalogue"


def name_of(silence: Silence) -> str | None:
    """The name in the settings of a silence that we made."""
    mark = MARK.search(silence.comment)
    return mark[1] if mark else None


def _apply(alertmanager: Alertmanager, name: str, silence: Silence, old: list[Silence], now: datetime) -> Result:
    right = next((one for one in old if _same(one, silence, now)), None) if silence.end > now else None
    outcome = Outcome.KEPT
    if silence.end <= now:
        outcome = Outcome.EXPIRED
    elif right is None:
        # The new one is there before the old ones end, so that nothing is notified between.
        alertmanager.put(silence)
        outcome = Outcome.CHANGED if old else Outcome.MADE
    for one in old:
        if one is not right:
            alertmanager.expire(one.id)
    return Result(name, outcome, silence)


def _same(one: Silence, silence: Silence, now: datetime) -> bool:
    """Whether a silence is as wanted. Alertmanager moves a start in the past to the moment at which it was told."""
    starts = one.state == "active" if silence.start <= now else abs(one.start - silence.start) < EXACT
    said = (one.matchers, one.by, one.comment) == (silence.matchers, silence.by, silence.comment)
    return starts and said and abs(one.end - silence.end) < EXACT


def _silence(item: SilenceSetting | Maintenance, settings: Settings, now: datetime) -> Silence:
    matchers = item.conditions if isinstance(item, SilenceSetting) else (*item.conditions, HEARTBEAT)
    if not any(match.needs for match in matchers):
        matchers = (*matchers, ANYTHING)
    start = instant(item.start, settings.time_zone) if item.start else now
    comment = f"{item.reason} [watchfloor:{item.name}]"
    return Silence(
        tuple(sorted(set(matchers))), start, instant(item.end or "", settings.time_zone), item.owner, comment
    )


def _marked(alertmanager: Alertmanager) -> dict[str, list[Silence]]:
    found: dict[str, list[Silence]] = {}
    for one in alertmanager.silences():
        name = name_of(one)
        if name and one.live:
            found.setdefault(name, []).append(replace(one, matchers=tuple(sorted(one.matchers))))
    return found
