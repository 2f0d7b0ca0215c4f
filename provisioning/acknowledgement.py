"""Acknowledgements: who looks at which incident. Each is a silence of the alert that says that nobody does.

The alert itself goes on to be notified and shown; only its escalation stops. As a silence, an acknowledgement is kept by
Alertmanager over restarts, shared by a pair, and has an end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from provisioning.escalation import FOREIGN, INCIDENT, LEVEL, SINCE, UNACKNOWLEDGED
from provisioning.silence import Alertmanager, AlertmanagerError, Match, Silence, ask, in_force

ALERTNAME: Final = "alertname"


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
    def escalated(self) -> dict[str, str]:
        """Labels of the alert that says that nobody has acknowledged it, without the level."""
        return {**self.labels, ALERTNAME: UNACKNOWLEDGED, INCIDENT: self.name, SINCE: self.since}

    def acknowledged(self, silences: Iterable[Silence]) -> Silence | None:
        """The acknowledgement in force that ends last."""
        found = in_force((one for one in silences if is_acknowledgement(one)), self.escalated)
        return max(found, key=lambda one: one.end, default=None)


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
    alertmanager: Alertmanager, incident: Incident, *, who: str, comment: str, lasts: float, now: datetime
) -> Silence:
    """Say that somebody looks at an incident. Doing so again moves the end and names who did it last."""
    if not who.strip():
        raise AlertmanagerError("an acknowledgement needs a name: say who looks at the alert")
    matchers = tuple(sorted(Match(name, value) for name, value in incident.escalated.items()))
    same = [one for one in alertmanager.silences() if one.state == "active" and one.matchers == matchers]
    ack = Silence(matchers, now, now + timedelta(seconds=lasts), who.strip(), comment.strip() or "acknowledged")
    made = alertmanager.put(ack)
    # The new one is there before the old ones end, so that no escalation slips through between.
    for old in same:
        alertmanager.expire(old.id)
    return replace(ack, id=made, state="active")


def acknowledgements(alertmanager: Alertmanager) -> tuple[Silence, ...]:
    """Every acknowledgement that Alertmanager still knows, the newest first."""
    found = [one for one in alertmanager.silences() if is_acknowledgement(one)]
    return tuple(sorted(found, key=lambda one: one.start, reverse=True))


def withdraw(alertmanager: Alertmanager, incident: Incident) -> int:
    """Take all acknowledgements of an incident back; how many there were."""
    matchers = tuple(sorted(Match(name, value) for name, value in incident.escalated.items()))
    same = [one for one in alertmanager.silences() if one.state == "active" and one.matchers == matchers]
    for one in same:
        alertmanager.expire(one.id)
    return len(same)


def is_acknowledgement(silence: Silence) -> bool:
    """Whether a silence is of escalations and of nothing else, for one incident."""
    plain = {one.name: one.value for one in silence.matchers if one.equal and not one.regex}
    return plain.get(ALERTNAME) == UNACKNOWLEDGED and INCIDENT in plain and SINCE in plain and LEVEL not in plain


def incident_of(silence: Silence) -> Incident:
    """What an acknowledgement is about."""
    plain = {one.name: one.value for one in silence.matchers}
    labels = {name: value for name, value in plain.items() if name not in (INCIDENT, SINCE)}
    return Incident({**labels, ALERTNAME: plain[INCIDENT]}, plain[SINCE])


def _incident(series: Mapping[str, str], since: str) -> Incident:
    labels = {name: value for name, value in series.items() if name not in FOREIGN or name == ALERTNAME}
    return Incident(labels, since)
