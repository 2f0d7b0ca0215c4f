"""Alertmanager's configuration as version 0.25 reads it: every key, and what must hold between keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import yaml

from provisioning.validate import matchers, receivers_model
from provisioning.validate.http_model import HTTP, host_port, shown_url, url
from provisioning.validate.node import (
    Checker,
    Fields,
    Mistake,
    at_most_one,
    boolean,
    duration,
    fields,
    label_name,
    list_of,
    map_of,
    read,
    required,
    struct,
    text,
    text_of,
    wrong,
)  # fmt: skip
from provisioning.validate.time_model import TIMES

GLOBAL: Final = struct(
    {
        "http_config": HTTP,
        "resolve_timeout": duration,
        "smtp_smarthost": host_port,
        "smtp_require_tls": boolean,
        **dict.fromkeys(
            ("smtp_from", "smtp_hello", "smtp_auth_identity", "smtp_auth_password", "smtp_auth_password_file", "smtp_auth_secret",
             "smtp_auth_username", "slack_api_url_file", "opsgenie_api_key", "opsgenie_api_key_file", "victorops_api_key",
             "victorops_api_key_file", "wechat_api_secret", "wechat_api_corp_id"),
            text,
        ),
        "slack_api_url": url,
        **dict.fromkeys(
            ("pagerduty_url", "opsgenie_api_url", "wechat_api_url", "victorops_api_url", "telegram_api_url",
             "webex_api_url"),
            shown_url,
        ),
    },
    at_most_one("slack_api_url", "slack_api_url_file"),
    at_most_one("opsgenie_api_key", "opsgenie_api_key_file"),
    at_most_one("victorops_api_key", "victorops_api_key_file"),
    at_most_one("smtp_auth_password", "smtp_auth_password_file"),
)  # fmt: skip
ROOT_LACKS: Final = ("match", "match_re", "matchers", "mute_time_intervals", "active_time_intervals")


def mistakes(text_: str) -> tuple[Mistake, ...]:
    """Mistakes of a whole file."""
    node, broken = read(text_)
    if broken:
        return broken
    if node is None:
        return (Mistake(1, "", "the file is empty; it needs at least route and receivers"),)
    return tuple(CONFIG(node, ""))


def _route(node: yaml.Node, place: str) -> Iterator[Mistake]:
    yield from ROUTE(node, place)


def _group_by(node: yaml.Node, place: str) -> Iterator[Mistake]:
    if not isinstance(node, yaml.SequenceNode):
        yield from wrong(node, place, "must be a list")
        return
    names = [str(item.value) for item in node.value]
    for item in node.value:
        if str(item.value) != "...":
            yield from label_name(item, place)
    if "..." in names and len(set(names)) > 1:
        yield from wrong(node, place, "'...' means all labels; write it alone")
    if len(set(names)) < len(names):
        yield from wrong(node, place, "a label is given twice")


def _not_zero(node: yaml.Node, place: str) -> Iterator[Mistake]:
    found = tuple(duration(node, place))
    yield from found
    if not found and not str(node.value).strip("0ywdhms"):
        yield from wrong(node, place, "must be above 0")


ROUTE: Final[Checker] = struct(
    {
        "receiver": text,
        "group_by": _group_by,
        "match": map_of(text, label_name),
        "match_re": map_of(matchers.regex, label_name, nulls=True),
        "matchers": list_of(matchers.matchers),
        "mute_time_intervals": list_of(text),
        "active_time_intervals": list_of(text),
        "continue": boolean,
        "routes": list_of(_route),
        "group_wait": duration,
        "group_interval": _not_zero,
        "repeat_interval": _not_zero,
    }
)
INHIBITION: Final = struct(
    {
        "source_match": map_of(text, label_name),
        "source_match_re": map_of(matchers.regex, label_name, nulls=True),
        "source_matchers": list_of(matchers.matchers),
        "target_match": map_of(text, label_name),
        "target_match_re": map_of(matchers.regex, label_name, nulls=True),
        "target_matchers": list_of(matchers.matchers),
        "equal": list_of(label_name),
    }
)


def _root(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    route = found.get("route")
    if route is None:
        yield from wrong(node, place, "route is missing; every alert needs a way")
        return
    given = fields(route)
    if not text_of(given, "receiver"):
        yield from wrong(route, "route", "receiver is missing; the root needs one")
    for name in ROOT_LACKS:
        if name in given and given[name].value:
            yield from wrong(
                given[name], f"route.{name}", "the root takes every alert at any time; move it to a route below"
            )


def _names(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    """Receivers and times that routes name exist, and each has its name once."""
    del node, place
    receivers, times = set[str](), set[str]()
    for section, seen in (("receivers", receivers), ("mute_time_intervals", times), ("time_intervals", times)):
        for number, item in enumerate(_items(found.get(section))):
            name = text_of(fields(item), "name")
            if name in seen:
                yield from wrong(item, f"{section}[{number}]", f"the name {name} is given twice")
            seen.add(name)
    if "route" in found:
        yield from _used(found["route"], "route", receivers, times)


def _used(route: yaml.Node, place: str, receivers: set[str], times: set[str]) -> Iterator[Mistake]:
    given = fields(route)
    receiver = text_of(given, "receiver")
    if receiver and receiver not in receivers:
        yield from wrong(given["receiver"], f"{place}.receiver", f"there is no receiver {receiver}")
    for name in ("mute_time_intervals", "active_time_intervals"):
        for item in _items(given.get(name)):
            if str(item.value) not in times:
                yield from wrong(item, f"{place}.{name}", f"there are no times {item.value}")
    for number, child in enumerate(_items(given.get("routes"))):
        yield from _used(child, f"{place}.routes[{number}]", receivers, times)


def _defaults(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    """What a receiver leaves out must be in the section `global`."""
    del node, place
    general = fields(found["global"]) if "global" in found else {}
    for number, receiver in enumerate(_items(found.get("receivers"))):
        yield from receivers_model.lacking(receiver, general, f"receivers[{number}]")


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


NAMED_TIMES: Final = struct({"name": text, "time_intervals": list_of(TIMES)}, required("name", "a name"))
CONFIG: Final = struct(
    {
        "global": GLOBAL,
        "route": ROUTE,
        "inhibit_rules": list_of(INHIBITION),
        "receivers": list_of(receivers_model.RECEIVER),
        "templates": list_of(text),
        "mute_time_intervals": list_of(NAMED_TIMES),
        "time_intervals": list_of(NAMED_TIMES),
    },
    _root,
    _names,
    _defaults,
)
