"""Acknowledgements: who looks at which incident. Each is a silence of the alerts that say that nobody does.

The alert itself goes on to be notified and shown; only its escalation stops. As a silence, an acknowledgement is kept by
Alertmanager over restarts, shared by a pair, and has an end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from exporter.matching import Match
from exporter.settings import Settings
from provisioning.escalation import LEVEL, NOT_ITS_OWN, SINCE
from provisioning.silence import Alertmanager, AlertmanagerError, Silence, ask

Held = Mapping[tuple[Match, ...], tuple[Silence, ...]]
"""Silences in force by their matchers: hundreds of incidents are looked up among hundreds of silences."""

ALERTNAME: Final = "alertname"
ANY_LEVEL: Final = Match(LEVEL, ".+", regex=True)


@dataclass(frozen=True, slots=True)
class Incident:
    """A critical alert that fires, and when it began, in seconds."""

    labels: Mapping[str, str]
    since: str

    @property
    def name(self) -> str:
        """The alert."""
        return self.labels[ALERTNAME]

    @property
    def began(self) -> datetime:
        """When it began."""
        return datetime.fromtimestamp(float(self.since), UTC)

    @property
    def where(self) -> dict[str, str]:
        """Its labels, without what all critical alerts have."""
        return {name: value for name, value in sorted(self.labels.items()) if name not in (ALERTNAME, "severity")}

    @property
    def matchers(self) -> tuple[Match, ...]:
        """What an acknowledgement silences: the alerts of every level, of this incident alone."""
        own = {**self.labels, SINCE: self.since}
        return tuple(sorted((*(Match(name, value) for name, value in own.items()), ANY_LEVEL)))

    def acknowledged(self, there: Held) -> Silence | None:
        """The acknowledgement in force that ends last."""
        return max(there.get(self.matchers, ()), key=lambda one: one.end, default=None)


def served(settings: Settings) -> bool:
    """Whether the stack runs the page on which people acknowledge."""
    return settings.acknowledgement.serve and settings.alerting.engine == "prometheus"


def incidents(prometheus: str, query: str) -> tuple[Incident, ...]:
    """Every critical alert that fires, the oldest first; `query` gives the time at which each began."""
    answer = ask(f"{prometheus}/api/v1/query", "Prometheus", params={"query": query})
    found = [_incident(item["metric"], item["value"][1]) for item in answer["data"]["result"]]
    return tuple(sorted(found, key=lambda one: (float(one.since), one.name, sorted(one.labels.items()))))


def chosen(found: Iterable[Incident], name: str, matchers: Iterable[Match]) -> tuple[Incident, ...]:
    """Incidents of one alert that meet all matchers; an error that says what fires when there is none."""
    everything = tuple(found)
    conditions = tuple(matchers)
    right = tuple(
        one for one in everything if one.name == name and all(match.matches(one.labels) for match in conditions)
    )
    if not right:
        firing = ", ".join(sorted({one.name for one in everything})) or "none"
        where = " with " + ", ".join(map(str, conditions)) if conditions else ""
        raise AlertmanagerError(f"no critical alert {name}{where} fires; those that fire: {firing}")
    return right


def acknowledge(
    alertmanager: Alertmanager,
    incident: Incident,
    there: Held,
    *,
    who: str,
    comment: str,
    lasts: float,
    now: datetime,
) -> Silence:
    """Say that somebody looks at an incident. Doing so again moves the end and names who did it last.

    `there` are the silences in force: asked for once, however many incidents there are.
    """
    if not who.strip():
        raise AlertmanagerError("an acknowledgement needs a name: say who looks at the alert")
    ack = Silence(
        incident.matchers, now, now + timedelta(seconds=lasts), who.strip(), comment.strip() or "acknowledged"
    )
    made = alertmanager.put(ack)
    # The new one is there before the old ones end, so that no escalation slips through between.
    for old in there.get(incident.matchers, ()):
        alertmanager.expire(old.id)
    return replace(ack, id=made, state="active")


def held(alertmanager: Alertmanager) -> Held:
    """The silences in force."""
    found: dict[tuple[Match, ...], tuple[Silence, ...]] = {}
    for one in alertmanager.silences():
        if one.state == "active":
            matchers = tuple(sorted(one.matchers))
            found[matchers] = (*found.get(matchers, ()), one)
    return found


def acknowledgements(alertmanager: Alertmanager) -> tuple[Silence, ...]:
    """Every acknowledgement that Alertmanager still knows, the newest first."""
    found = [one for one in alertmanager.silences() if is_acknowledgement(one)]
    return tuple(sorted(found, key=lambda one: one.start, reverse=True))


def withdraw(alertmanager: Alertmanager, incident: Incident, there: Held) -> int:
    """Take all acknowledgements of an incident back; how many there were."""
    same = there.get(incident.matchers, ())
    for one in same:
        alertmanager.expire(one.id)
    return len(same)


def is_acknowledgement(silence: Silence) -> bool:
    """Whether a silence is of the escalation of one incident."""
    return ANY_LEVEL in silence.matchers and {ALERTNAME, SINCE} <= _plain(silence).keys()


def incident_of(silence: Silence) -> Incident:
    """What an acknowledgement is about."""
    plain = _plain(silence)
    return Incident({name: value for name, value in plain.items() if name != SINCE}, plain[SINCE])


def _plain(silence: Silence) -> dict[str, str]:
    return {one.name: one.value for one in silence.matchers if one.equal and not one.regex}


def _incident(series: Mapping[str, str], since: str) -> Incident:
    labels = {name: value for name, value in series.items() if name not in NOT_ITS_OWN}
    return Incident(labels, since)
