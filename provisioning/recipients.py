"""Who can be told of alerts: every receiver that the settings give, what it hears of and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from exporter.alerting import BUILT_IN, Channel
from exporter.settings import Settings
from provisioning.routing import PEOPLE, channels

ALL = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Hearing:
    """A receiver, and the alerts and times for which it is there. No domains and no hours mean all."""

    receiver: str
    severities: tuple[str, ...] = ALL
    domains: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()


def built_in(settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the channels that the plain settings give."""
    ways = channels(settings, environment)
    return tuple(name for name in BUILT_IN if getattr(ways, name))


def bundle(settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Plain channels that share the receiver `people`: those that nothing else names."""
    if settings.alerting.notify:
        return ()
    return tuple(name for name in built_in(settings, environment) if name not in _taken(settings))


def general(settings: Settings, environment: Mapping[str, str]) -> tuple[Hearing, ...]:
    """Who hears of the alerts of every tenant."""
    alerting = settings.alerting
    if alerting.notify:
        return hearings(settings, environment, alerting.notify)
    taken = _taken(settings)
    all_names = [*(item.name for item in alerting.channels), *(item.name for item in alerting.people)]
    names = [name for name in all_names if name not in taken]
    first = (Hearing(PEOPLE),) if bundle(settings, environment) else ()
    return (*first, *hearings(settings, environment, names))


def hearings(settings: Settings, environment: Mapping[str, str], names: Iterable[str]) -> tuple[Hearing, ...]:
    """The receivers of people and channels, each once. A person's hours take the place of their channels'."""
    found: dict[str, Hearing] = {}
    for one in _each(settings, built_in(settings, environment), names):
        known = found.get(one.receiver)
        if known is None:
            found[one.receiver] = one
        else:
            hours = tuple(dict.fromkeys((*known.hours, *one.hours))) if known.hours and one.hours else ()
            found[one.receiver] = replace(known, hours=hours)
    return tuple(found.values())


def missing(settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Plain channels that are named somewhere and not configured."""
    alerting, there = settings.alerting, built_in(settings, environment)
    named = {*alerting.notify, *_taken(settings)}
    return tuple(name for name in BUILT_IN if name in named and name not in there)


def _each(settings: Settings, ways: tuple[str, ...], names: Iterable[str]) -> Iterator[Hearing]:
    channels_ = {channel.name: channel for channel in settings.alerting.channels}
    people = {person.name: person for person in settings.alerting.people}
    for name in names:
        if name in people:
            for one in _each(settings, ways, people[name].channels):
                yield replace(one, hours=people[name].hours or one.hours)
        elif name in channels_:
            yield _hearing(channels_[name])
        elif name in ways:
            yield Hearing(name)


def _hearing(channel: Channel) -> Hearing:
    return Hearing(channel.name, channel.severities, channel.domains, channel.hours, channel.quiet)


def _taken(settings: Settings) -> set[str]:
    """Names that stand somewhere else than in the list of all."""
    alerting = settings.alerting
    lists = [
        *(tenant.notify for tenant in alerting.tenants),
        *(level.notify for level in alerting.escalation),
        *(person.channels for person in alerting.people),
    ]
    return {name for names in lists for name in names}
