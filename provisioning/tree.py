"""The routing tree: made once from the table and the settings, written as Alertmanager's routes and as Grafana's policies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from exporter.alerting import TenantRoute
from exporter.labels import DOMAIN, TENANT
from exporter.settings import Settings
from provisioning.recipients import Hearing, general, hearings
from provisioning.routing import DEFAULT, HEARTBEAT, NOWHERE, ROUTES, Route

SEVERITY: Final = "severity"
ESCALATION: Final = "escalation"
"""Label of the alerts that say that nobody acknowledged another; its value is the number of the level, from 1."""

Operator = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on one label. A label that an alert lacks has the value ""."""

    name: str
    value: str
    operator: Operator = "="

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels meets it."""
        given = labels.get(self.name, "")
        same = given == self.value if self.operator in ("=", "!=") else bool(re.fullmatch(self.value, given))
        return same is (self.operator in ("=", "=~"))

    def __str__(self) -> str:
        """As Alertmanager writes it."""
        quoted = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{self.operator}"{quoted}"'


@dataclass(frozen=True, slots=True)
class Node:
    """A route. Alerts go to the routes below it that they match, and to its receiver when they match none of them."""

    receiver: str
    timing: Route
    why: str
    matchers: tuple[Matcher, ...] = ()
    more: bool = False
    hours: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    routes: tuple[Node, ...] = ()


def tree(settings: Settings, environment: Mapping[str, str]) -> Node:
    """The root of all routes."""
    from provisioning.maintenance import muted

    return muted(_tree(settings, environment), settings)


def _tree(settings: Settings, environment: Mapping[str, str]) -> Node:
    everybody = general(settings, environment)
    # An alert without a severity of ours must be seen by somebody, so it goes to all.
    others = tuple(_node(one, DEFAULT, "no severity of ours", more=True) for one in everybody)
    return Node(
        receiver=everybody[0].receiver if everybody else NOWHERE,
        timing=DEFAULT,
        why="no severity of ours",
        routes=(
            *_levels(settings, environment),
            *(_severity(route, settings, environment, everybody) for route in ROUTES),
            *(others if len(others) > 1 else ()),
        ),
    )


def find(node: Node, labels: Mapping[str, str]) -> tuple[Node, ...]:
    """The routes that an alert takes, as Alertmanager decides it."""
    if not all(matcher.matches(labels) for matcher in node.matchers):
        return ()
    found: list[Node] = []
    for child in node.routes:
        taken = find(child, labels)
        found += taken
        if taken and not child.more:
            break
    return tuple(found) or (node,)


def receivers(node: Node) -> tuple[str, ...]:
    """Names of all receivers of the tree, each once, in their order."""
    return tuple(dict.fromkeys(one.receiver for one in walk(node)))


def walk(node: Node) -> Iterator[Node]:
    """A route and all below it."""
    yield node
    for child in node.routes:
        yield from walk(child)


def silent(node: Node) -> tuple[str, ...]:
    """What nobody hears of at all, or nobody outside some hours, in words; empty when all is well."""
    words = []
    for severity in ("critical", "warning", "info"):
        nobody = [domain for domain in _domains() if not _told(node, severity, domain)]
        if nobody == list(_domains()):
            words.append(f"{severity} alerts reach nobody")
        elif nobody:
            words.append(f"{severity} alerts of {', '.join(nobody)} reach nobody")
        elif severity == "critical" and any(_only_at_times(node, domain) for domain in _domains()):
            words.append("critical alerts reach nobody outside the hours of those who hear of them")
    return tuple(words)


def _told(node: Node, severity: str, domain: str) -> list[Node]:
    labels = {SEVERITY: severity, DOMAIN.name: domain}
    return [one for one in find(node, labels) if one.receiver != NOWHERE]


def _only_at_times(node: Node, domain: str) -> bool:
    return all(one.hours for one in _told(node, "critical", domain))


def _domains() -> tuple[str, ...]:
    from exporter.metrics import DOMAINS

    return (*DOMAINS, "exporter")


def _severity(route: Route, settings: Settings, environment: Mapping[str, str], everybody: tuple[Hearing, ...]) -> Node:
    matchers = (Matcher(SEVERITY, route.severity),)
    words = f"severity {route.severity}"
    if route.receiver == HEARTBEAT:
        return Node(HEARTBEAT, route, words, matchers)
    listening = tuple(one for one in everybody if route.severity in one.severities)
    children = (
        *(node for one in _tenants(settings, alone=True) for node in _tenant(one, (), route, settings, environment)),
        *(
            node
            for one in _tenants(settings, alone=False)
            for node in _tenant(one, listening, route, settings, environment)
        ),
        *(_node(one, route, f"{words}, any tenant", more=True) for one in listening),
    )
    if len(children) == 1 and not (children[0].matchers or children[0].hours or children[0].quiet):
        return replace(children[0], matchers=matchers, why=words, more=False)
    return Node(NOWHERE, route, f"{words}, nobody else", matchers, routes=children)


def _tenants(settings: Settings, *, alone: bool) -> list[TenantRoute]:
    return [one for one in settings.alerting.tenants if one.alone is alone]


def _tenant(
    tenant: TenantRoute,
    listening: tuple[Hearing, ...],
    route: Route,
    settings: Settings,
    environment: Mapping[str, str],
) -> Iterator[Node]:
    """Routes of one tenant's alerts, without what the same receiver hears of anyway."""
    if route.severity not in tenant.severities:
        return
    heard = {one.receiver: one for one in listening}
    told = [one for one in hearings(settings, environment, tenant.notify) if route.severity in one.severities]
    own = [one for one in told if one.receiver not in heard]
    for number, one in enumerate(own, 1):
        last = tenant.alone and number == len(own)
        node = _node(one, route, f"severity {route.severity}, tenant {tenant.tenant}", more=not last)
        yield replace(node, matchers=(Matcher(TENANT.name, tenant.tenant), *node.matchers))


def _levels(settings: Settings, environment: Mapping[str, str]) -> Iterator[Node]:
    """Routes of escalations: each level has its own people."""
    route = next(one for one in ROUTES if one.severity == "critical")
    for number, level in enumerate(settings.alerting.escalation, 1):
        told = hearings(settings, environment, level.notify)
        for place, one in enumerate(told, 1):
            node = _node(replace(one, domains=()), route, f"escalation level {number}", more=place < len(told))
            yield replace(node, matchers=(Matcher(ESCALATION, str(number)),))


def _node(one: Hearing, route: Route, why: str, *, more: bool) -> Node:
    matchers = (Matcher(DOMAIN.name, "|".join(one.domains), "=~"),) if one.domains and route.severity else ()
    quiet = one.quiet if route.severity not in ("", "critical") else ()
    hours = one.hours if route.severity else ()
    why += f", domain {' or '.join(one.domains)}" if matchers else ""
    return Node(one.receiver, route, why, matchers, more, hours, quiet)
