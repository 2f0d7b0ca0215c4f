"""Grafana's contact points, notification policies, mute timings and templates, from the same routing tree as Alertmanager's.

Grafana ignores unknown keys in silence and keeps what a file no longer has: the models are strict, and a lock file remembers
every name, so that what is gone is deleted. Secrets are variables of Grafana's process, which it puts in when it reads the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from exporter.settings import Settings, duration
from provisioning import message
from provisioning.endpoints import Endpoints
from provisioning.grafana import escape
from provisioning.grafana_kinds import integrations
from provisioning.grafana_rules import uid
from provisioning.grafana_silences import silenced, timings
from provisioning.routing import NOWHERE
from provisioning.times import intervals
from provisioning.tree import Node, receivers, tree

PREFIX: Final = "watchfloor-"
NEVER: Final = f"{PREFIX}never"
"""Mute timing of all times: a policy with it tells nobody, for Grafana has no contact point without an integration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One way of a contact point. Its settings may name variables; everything else in them is escaped already."""

    uid: str
    type: str
    settings: Mapping[str, object]
    resolved: bool = True

    def content(self) -> dict[str, object]:
        """With Grafana's keys."""
        return {
            "uid": self.uid,
            "type": self.type,
            "settings": dict(self.settings),
            "disableResolveMessage": not self.resolved,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPoint:
    """A receiver."""

    name: str
    integrations: tuple[Integration, ...]

    def content(self) -> dict[str, object]:
        """With Grafana's keys."""
        return {"orgId": 1, "name": escape(self.name), "receivers": [one.content() for one in self.integrations]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A route. The root has neither matchers nor times."""

    receiver: str
    group_by: tuple[str, ...]
    group_wait: float
    group_interval: float
    repeat_interval: float
    matchers: tuple[tuple[str, str, str], ...] = ()
    more: bool = False
    mute: tuple[str, ...] = ()
    active: tuple[str, ...] = ()
    routes: tuple[Policy, ...] = field(default=())

    def content(self) -> dict[str, object]:
        """With Grafana's keys."""
        optional: dict[str, object] = {
            "object_matchers": [[name, operator, escape(value)] for name, operator, value in self.matchers],
            "continue": self.more,
            "mute_time_intervals": [escape(name) for name in self.mute],
            "active_time_intervals": [escape(name) for name in self.active],
            "routes": [route.content() for route in self.routes],
        }
        return {
            "receiver": escape(self.receiver),
            "group_by": list(self.group_by),
            # Grafana takes no wait of 0; a group is never late by a second because of it.
            "group_wait": duration(max(self.group_wait, 1)),
            "group_interval": duration(self.group_interval),
            "repeat_interval": duration(max(self.repeat_interval, self.group_interval)),
            **{key: value for key, value in optional.items() if value},
        }


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that Grafana may have of ours, and deletes only when it is told so."""

    contact_points: frozenset[str] = frozenset()
    mute_times: frozenset[str] = frozenset()
    templates: frozenset[str] = frozenset()

    def __or__(self, other: Names) -> Names:
        return Names(*(getattr(self, key) | getattr(other, key) for key in self.__slots__))

    def __sub__(self, other: Names) -> Names:
        return Names(*(getattr(self, key) - getattr(other, key) for key in self.__slots__))

    def content(self) -> dict[str, list[str]]:
        """For the lock file."""
        return {key: sorted(getattr(self, key)) for key in self.__slots__}

    @classmethod
    def read(cls, content: Mapping[str, object]) -> Names:
        """From a lock file; what it lacks or has in another form counts as nothing."""
        given = {key: content.get(key) for key in cls.__slots__}
        return cls(
            *(frozenset(map(str, names)) if isinstance(names, list) else frozenset() for names in given.values())
        )


def file(
    settings: Settings, endpoints: Endpoints, environment: Mapping[str, str], known: Names | None = None
) -> tuple[dict[str, object], Names]:
    """The content of the provisioning file, and the names that it makes. `known` are those of earlier files."""
    root = silenced(tree(settings, environment), settings)
    points = {
        name: ContactPoint(name=PREFIX + name, integrations=found)
        for name in receivers(root)
        if name != NOWHERE and (found := _integrations(name, settings, endpoints, environment))
    }
    if root.receiver not in points:
        made, content = Names(), dict[str, object]()
    else:
        times: dict[str, list[dict[str, object]]] = {
            PREFIX + one.name: intervals(one, settings) for one in settings.alerting.times
        }
        times |= {PREFIX + name: each for name, each in timings(settings).items()}
        times[NEVER] = [{"times": [{"start_time": "00:00", "end_time": "24:00"}]}]
        content = {
            "contactPoints": [point.content() for point in points.values()],
            "muteTimes": [{"orgId": 1, "name": name, "time_intervals": each} for name, each in times.items()],
            "templates": [{"orgId": 1, "name": message.NAME, "template": message.grafana()}],
            "policies": [{"orgId": 1, **_policy(root, set(points), root.receiver).content()}],
        }
        uids = (one.uid for point in points.values() for one in point.integrations)
        made = Names(frozenset(uids), frozenset(times), frozenset({message.NAME}))
    return {**content, **_tombstones((known or Names()) - made, empty=not content)}, made


def _tombstones(gone: Names, *, empty: bool) -> dict[str, object]:
    """What Grafana is to delete. Its own tree comes back first when ours is gone, since it names what goes."""
    found: dict[str, object] = {
        "deleteContactPoints": [{"orgId": 1, "uid": one} for one in sorted(gone.contact_points)],
        "deleteMuteTimes": [{"orgId": 1, "name": name} for name in sorted(gone.mute_times)],
        "deleteTemplates": [{"orgId": 1, "name": name} for name in sorted(gone.templates)],
    }
    kept = {key: value for key, value in found.items() if value}
    return {"resetPolicies": [1], **kept} if kept and empty else kept


def _integrations(
    name: str, settings: Settings, endpoints: Endpoints, environment: Mapping[str, str]
) -> tuple[Integration, ...]:
    return tuple(
        Integration(uid=uid("contact", name, one.name), type=one.type, settings=one.settings, resolved=one.resolved)
        for one in integrations(name, settings, endpoints, environment)
    )


def _policy(node: Node, points: set[str], default: str) -> Policy:
    timing, silent = node.timing, node.receiver not in points
    return Policy(
        receiver=PREFIX + (default if silent else node.receiver),
        group_by=timing.group_by,
        group_wait=timing.group_wait,
        group_interval=timing.group_interval,
        repeat_interval=timing.repeat_interval,
        matchers=tuple((one.name, one.operator, one.value) for one in node.matchers),
        more=node.more,
        mute=(NEVER,) if silent else tuple(PREFIX + name for name in node.quiet),
        active=() if silent else tuple(PREFIX + name for name in node.hours),
        routes=tuple(_policy(child, points, default) for child in node.routes),
    )
