"""Branches of imported Alertmanager configurations as nodes of the tree, to say who hears of the alerts of imported rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from exporter.duration import UNIT_SECONDS
from exporter.settings import Settings, SettingsError
from provisioning.imported import branches
from provisioning.tree import Matcher, Node, Operator
from provisioning.validate.matchers import MATCHER, parts, plain

PART: Final = re.compile(r"(\d+)(ms|[smhdwy])", re.ASCII)
UNITS: Final = {**UNIT_SECONDS, "w": 604_800.0, "y": 31_536_000.0}
TIMES: Final = ("group_wait", "group_interval", "repeat_interval")


def with_imported(root: Node, settings: Settings) -> Node:
    """The tree as Alertmanager has it: imported branches stand before our own."""
    found = branches(settings)["routes"]
    return replace(root, routes=(*(_node(route, root) for route in found), *root.routes))


def reached(settings: Settings) -> dict[str, str]:
    """By what each imported receiver is told, in words."""
    return {one["name"]: _kinds(one) for one in branches(settings)["receivers"]}


def _kinds(receiver: Mapping[str, Any]) -> str:
    kinds = [key.removesuffix("_configs") for key, found in receiver.items() if key.endswith("_configs") and found]
    return f"{', '.join(kinds)}, as imported" if kinds else "nobody, as imported"


def _node(route: Mapping[str, Any], above: Node) -> Node:
    """A route; what it leaves out it has from the one above, as in Alertmanager."""
    receiver = str(route.get("receiver") or above.receiver)
    given = {key: int(_seconds(str(route[key]))) for key in TIMES if route.get(key)}
    grouped = route.get("group_by")
    timing = replace(
        above.timing,
        severity="",
        receiver=receiver,
        group_by=above.timing.group_by if grouped is None else tuple(map(str, grouped)),
        **given,
    )
    node = Node(
        receiver,
        timing,
        f"imported, {receiver.partition('/')[0]}",
        tuple(_matchers(route)),
        bool(route.get("continue")),
        tuple(route.get("active_time_intervals") or ()),
        tuple(route.get("mute_time_intervals") or ()),
    )
    return replace(node, routes=tuple(_node(child, node) for child in route.get("routes") or ()))


def _matchers(route: Mapping[str, Any]) -> Iterator[Matcher]:
    for name, value in (route.get("match") or {}).items():
        yield Matcher(str(name), str(value))
    for name, value in (route.get("match_re") or {}).items():
        yield _checked(Matcher(str(name), str(value), "=~"))
    for text in route.get("matchers") or ():
        for part in parts(str(text)):
            found = MATCHER.match(part)
            if found is None:
                raise SettingsError(f"an imported route has {part!r}, which is no matcher; import it again")
            yield _checked(Matcher(found[1], plain(found[3]), cast(Operator, found[2])))


def _checked(matcher: Matcher) -> Matcher:
    try:
        re.compile(matcher.value if "~" in matcher.operator else "")
    except re.error:
        raise SettingsError(
            f"an imported route has the condition {matcher}, which cannot be tried here; "
            "ask amtool config routes test with the generated alertmanager.yml"
        ) from None
    return matcher


def _seconds(text: str) -> float:
    return sum(int(number) * UNITS[unit] for number, unit in PART.findall(text))
