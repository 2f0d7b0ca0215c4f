"""Maintenance that comes back every week: the routing tree once more for the alerts that it is about, muted at its times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from exporter.matching import Match
from exporter.settings import Settings
from provisioning.routing import HEARTBEAT
from provisioning.tree import Matcher, Node, Operator

OPERATORS: Final[dict[tuple[bool, bool], Operator]] = {
    (False, True): "=",
    (False, False): "!=",
    (True, True): "=~",
    (True, False): "!~",
}
BEATS: Final = Matcher("severity", "none", "!=")


def muted(root: Node, settings: Settings) -> Node:
    """The tree with a route for each window before all others.

    Alertmanager decides by labels alone which route an alert takes, and mutes a route by time. So the window's route holds
    all that the tree holds, with the same receivers; alerts of two windows find the second one within the first.
    """
    windows = [item for item in settings.maintenance if item.times]
    return silent_at(root, [(f"maintenance {one.name}", one.conditions, one.times) for one in windows])


def silent_at(root: Node, windows: Sequence[tuple[str, tuple[Match, ...], tuple[str, ...]]]) -> Node:
    """The tree with a route for each reason, conditions and names of times."""
    routes = root.routes
    for why, conditions, times in reversed(windows):
        route = replace(
            root,
            why=why,
            matchers=(*(_matcher(match) for match in conditions), BEATS),
            quiet=tuple(dict.fromkeys((*root.quiet, *times))),
            routes=tuple(_quiet(child, times) for child in routes if child.receiver != HEARTBEAT),
        )
        routes = (route, *routes)
    return replace(root, routes=routes)


def _quiet(node: Node, times: Iterable[str]) -> Node:
    """A route that is silent at these times, too; Alertmanager does not hand that down to the routes below."""
    return replace(
        node,
        quiet=tuple(dict.fromkeys((*node.quiet, *times))),
        routes=tuple(_quiet(child, times) for child in node.routes),
    )


def _matcher(match: Match) -> Matcher:
    return Matcher(match.name, match.value, OPERATORS[match.regex, match.equal])
