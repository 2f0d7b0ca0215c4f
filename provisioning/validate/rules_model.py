"""Files of rules as Prometheus 2.42 reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml

from provisioning.validate import go_template
from provisioning.validate.node import (
    Checker,
    Fields,
    Mistake,
    duration,
    fields,
    integer,
    is_null,
    label_name,
    list_of,
    map_of,
    read,
    struct,
    text,
    text_of,
    wrong,
)  # fmt: skip
from provisioning.validate.promql import problem

METRIC: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z", re.ASCII)
ONLY_ALERTS: Final = ("for", "keep_firing_for", "annotations")


def mistakes(text_: str) -> tuple[Mistake, ...]:
    """Mistakes of a whole file."""
    node, broken = read(text_)
    if broken:
        return broken
    return () if node is None or is_null(node) else tuple(FILE(node, ""))


def _label(node: yaml.Node, place: str) -> Iterator[Mistake]:
    yield from label_name(node, place)
    if node.value == "__name__":
        yield from wrong(node, place, "the label __name__ is the name of the metric; use record for it")


def _rule(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    record, alert, expr = text_of(found, "record"), text_of(found, "alert"), text_of(found, "expr")
    if bool(record) == bool(alert):
        yield from wrong(node, place, "give exactly one of record and alert")
    if not expr:
        yield from wrong(node, place, "expr is missing; write a query")
    elif said := problem(expr):
        yield from wrong(found["expr"], f"{place}.expr", said)
    if record:
        if not METRIC.match(record):
            yield from wrong(found["record"], f"{place}.record", f"{record!r} is no name of a metric")
        for name in ONLY_ALERTS:
            if _given(found.get(name)):
                yield from wrong(found[name], f"{place}.{name}", "belongs to alerts; take it away from a recording")
    elif alert:
        yield from _templates(found, place)


def _templates(found: Fields, place: str) -> Iterator[Mistake]:
    """Texts of an alert are templates; those of a recording are not."""
    for section in ("labels", "annotations"):
        for name, node in fields(found[section]).items() if section in found else ():
            if isinstance(node, yaml.ScalarNode) and (said := go_template.check(str(node.value))):
                yield from wrong(node, f"{place}.{section}.{name}", said)


def _given(node: yaml.Node | None) -> bool:
    return node is not None and bool(node.value) and str(node.value).strip("0ywdhms") != ""


def _group(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    if not text_of(found, "name"):
        yield from wrong(node, place, "name is missing; write the name of the group")


def _groups(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    del node, place
    seen: set[str] = set()
    groups = found.get("groups")
    for number, group in enumerate(groups.value if isinstance(groups, yaml.SequenceNode) else ()):
        name = text_of(fields(group), "name")
        if name in seen:
            yield from wrong(group, f"groups[{number}]", f"the name {name} is given twice")
        seen.add(name)


RULE: Final[Checker] = struct(
    {
        "record": text,
        "alert": text,
        "expr": text,
        "for": duration,
        "keep_firing_for": duration,
        "labels": map_of(text, _label),
        "annotations": map_of(text, label_name),
    },
    _rule,
)
GROUP: Final = struct(
    {"name": text, "interval": duration, "limit": integer, "rules": list_of(RULE, nulls=True)}, _group
)
FILE: Final = struct({"groups": list_of(GROUP, nulls=True)}, _groups)
