"""Strict models of YAML files: a checker looks at a node and tells every mistake with its line and place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import yaml

LABEL_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z", re.ASCII)
DURATION: Final = re.compile(
    r"(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?\Z", re.ASCII
)  # fmt: skip
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NULL: Final = "tag:yaml.org,2002:null"
MERGE: Final = "tag:yaml.org,2002:merge"
TRUE_OR_FALSE: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong at a place. Lines count from 1."""

    line: int
    place: str
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.place + ': ' if self.place else ''}{self.text}"


Checker = Callable[[yaml.Node, str], Iterator[Mistake]]
Fields = Mapping[str, yaml.Node]
Rule = Callable[[Fields, yaml.Node, str], Iterator[Mistake]]


def read(text: str) -> tuple[yaml.Node | None, tuple[Mistake, ...]]:
    """The first document, or why the text is no YAML."""
    try:
        for node in yaml.compose_all(text, Loader=LOADER):
            return node, ()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return None, (Mistake(mark.line + 1 if mark else 1, "", f"this is no YAML: {error.problem}"),)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return None, (Mistake(1, "", f"this is no YAML that can be read ({type(error).__name__})"),)
    return None, ()


def wrong(node: yaml.Node, place: str, text: str) -> Iterator[Mistake]:
    """One mistake at a node."""
    yield Mistake(node.start_mark.line + 1, place, text)


def is_null(node: yaml.Node) -> bool:
    """Whether a key has no value, which means its default."""
    return isinstance(node, yaml.ScalarNode) and node.tag == NULL


def text_of(fields: Fields, name: str) -> str:
    """The text of a field; empty when it is not there."""
    node = fields.get(name)
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def text(node: yaml.Node, place: str) -> Iterator[Mistake]:
    """Any single value."""
    if not isinstance(node, yaml.ScalarNode):
        yield from wrong(node, place, "must be text")


def boolean(node: yaml.Node, place: str) -> Iterator[Mistake]:
    """True or false."""
    if not isinstance(node, yaml.ScalarNode) or node.style or str(node.value).lower() not in TRUE_OR_FALSE:
        yield from wrong(node, place, "must be true or false")


def integer(node: yaml.Node, place: str) -> Iterator[Mistake]:
    """A whole number."""
    # Alertmanager cuts what is behind the point.
    if not isinstance(node, yaml.ScalarNode) or not re.fullmatch(r"[-+]?\d[\d_]*(\.\d+)?", str(node.value)):
        yield from wrong(node, place, "must be a whole number")


def count(node: yaml.Node, place: str) -> Iterator[Mistake]:
    """A whole number that is not below 0."""
    found = tuple(integer(node, place))
    yield from found
    if not found and str(node.value).startswith("-"):
        yield from wrong(node, place, "must not be below 0")


def duration(node: yaml.Node, place: str) -> Iterator[Mistake]:
    """A duration as Prometheus writes it."""
    value = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
    if value != "0" and not (value and DURATION.match(value)):
        yield from wrong(node, place, f"{value!r} is no duration; write one such as 30s, 5m or 1h30m")


def label_name(node: yaml.Node, place: str) -> Iterator[Mistake]:
    """The name of a label."""
    value = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
    if is_null(node) or not LABEL_NAME.match(value):
        yield from wrong(node, place, f"{value!r} is no name of a label; write letters, digits and underscores")


def list_of(checker: Checker, *, nulls: bool = False) -> Checker:
    """A list whose items a checker accepts; `nulls` says that items may be empty."""

    def check(node: yaml.Node, place: str) -> Iterator[Mistake]:
        if not isinstance(node, yaml.SequenceNode):
            yield from wrong(node, place, "must be a list")
            return
        for number, item in enumerate(node.value):
            if not is_null(item):
                yield from checker(item, f"{place}[{number}]")
            elif not nulls and checker is not text:
                yield from wrong(item, f"{place}[{number}]", "is empty; take the item away")

    return check


def map_of(value: Checker, name: Checker = text, *, nulls: bool = False) -> Checker:
    """A mapping from any names to values; `nulls` says that values are checked even when they are null."""

    def check(node: yaml.Node, place: str) -> Iterator[Mistake]:
        if not isinstance(node, yaml.MappingNode):
            yield from wrong(node, place, "must be a mapping of names to values")
            return
        yield from _twice(node, place)
        for key, inner in node.value:
            yield from name(key, place)
            if nulls or not is_null(inner):
                yield from value(inner, f"{place}.{key.value}")

    return check


def struct(known: Mapping[str, Checker], *rules: Rule) -> Checker:
    """A mapping with these keys and no others, and rules about them together."""

    def check(node: yaml.Node, place: str) -> Iterator[Mistake]:
        if not isinstance(node, yaml.MappingNode):
            yield from wrong(node, place, "must be a mapping with keys such as " + ", ".join(sorted(known)[:3]))
            return
        yield from _twice(node, place)
        below = f"{place}." if place else ""
        found = fields(node)
        for key, inner in _pairs(node):
            name = str(key.value)
            if name not in known:
                yield from wrong(key, below + name, f"there is no such key; known are {', '.join(sorted(known))}")
            elif not is_null(inner):
                yield from known[name](inner, below + name)
        for rule in rules:
            yield from rule(found, node, place)

    return check


def fields(node: yaml.Node) -> dict[str, yaml.Node]:
    """The keys of a mapping that have a value."""
    return {str(key.value): inner for key, inner in _pairs(node) if not is_null(inner)}


def required(name: str, words: str) -> Rule:
    """A key that must have a text that is not empty."""

    def rule(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
        inner = found.get(name)
        if inner is None or (isinstance(inner, yaml.ScalarNode) and not inner.value):
            yield from wrong(node, place, f"{name} is missing; write {words}")

    return rule


def at_most_one(*names: str) -> Rule:
    """Keys of which only one may have a value."""

    def rule(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
        given = [name for name in names if name in found and found[name].value]
        if len(given) > 1:
            yield from wrong(node, place, f"give at most one of {', '.join(names)}, not {' and '.join(given)}")

    return rule


def _pairs(node: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
    """Keys and values, those of merged mappings included."""
    pairs: list[tuple[yaml.Node, yaml.Node]] = []
    for key, inner in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.tag == MERGE:
            merged = inner.value if isinstance(inner, yaml.SequenceNode) else [inner]
            pairs += [pair for one in merged for pair in _pairs(one)]
        else:
            pairs.append((key, inner))
    return pairs


def _twice(node: yaml.MappingNode, place: str) -> Iterator[Mistake]:
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                yield from wrong(key, place, f"the key {key.value} is given twice")
            seen.add(key.value)
