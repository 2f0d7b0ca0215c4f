"""What PromQL asks, by the real parser: Grafana's variables stand for values, and the tree becomes a list of selectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

VARIABLE: Final = re.compile(r"\$\{(\w+)(?::[^}]*)?\}|\$(\w+)|\[\[(\w+)(?::\w+)?\]\]")
STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')
WITHIN: Final = re.compile(r"\{[^{}]*\}")
OPERATOR: Final = re.compile(r"[-+*/%^<>!]|==|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
STAND_IN: Final = "watchfloor_variable"
"""The name that a variable outside of strings gets where a number does not fit."""
WINDOWS: Final = {"__rate_interval": 11_277_964, "__interval": 4_867_856, "__range": 10_358_117, "": 7_731_071}
"""Seconds that no query has by chance, for windows that are variables; the last one is any other variable. Milliseconds may follow."""
NUMBERS: Final = {"__range_s": "21600", "__range_ms": "21600000", "__interval_ms": "60000"}
LENGTH: Final = 20_000
NESTED: Final = 200
PARTS: Final = 400
"""Larger queries are refused before the parser: it calls itself for each level and copies what is below."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """A comparison of a label; `value` has variables as they are written."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector, with what is around it, the outermost first.

    `window` is seconds, the name of a variable such as `$__range`, or empty. `groupings` are the labels that each
    aggregation above keeps; one that drops labels is left out.
    """

    names: tuple[str, ...]
    matchers: tuple[Matcher, ...]
    functions: tuple[str, ...]
    groupings: tuple[tuple[str, ...], ...]
    window: float | str
    compared: bool

    @property
    def matched(self) -> set[str]:
        """Labels that are compared."""
        return {one.label for one in self.matchers}


@dataclass(frozen=True, slots=True)
class Query:
    """What one expression asks, or why it cannot be read. `shape` is the query without matchers, windows and groupings.

    `limits` are comparisons with a number, by the shape of what is compared; `odd` says what can never be as it is meant;
    `labels` are those of the answer, or None where they are not known.
    """

    error: str = ""
    selectors: tuple[Selector, ...] = ()
    compares: bool = False
    shape: str = ""
    limits: tuple[tuple[str, float], ...] = ()
    calls: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    labels: frozenset[str] | None = None


@lru_cache(maxsize=8192)
def read(expression: str) -> Query:
    """The query of an expression, with variables allowed."""
    reason = too_much(expression)
    if reason:
        return Query(reason)
    from generator.checks.tree import digest

    error = ""
    for stand_in in ("1", STAND_IN):
        try:
            return digest(parse(expression, stand_in))
        except ValueError as problem:
            error = error or " ".join(str(problem).split())[:200]
    return Query(error)


def too_much(expression: str) -> str:
    """Why an expression is not even given to the parser; empty when it is."""
    if not expression.strip():
        return "it is empty"
    if len(expression) > LENGTH:
        return f"it is longer than the {LENGTH} characters that are read"
    bare = STRING.sub("", expression)
    parts = len(OPERATOR.findall(WITHIN.sub("", bare)))
    if parts > PARTS or sum(map(bare.count, "([{")) > NESTED:
        return f"it has more than the {NESTED} brackets or {PARTS} operators that are read"
    return ""


def parse(expression: str, stand_in: str = "1") -> Any:
    """The syntax tree, with Grafana's variables replaced; ValueError when there is none."""
    import promql_parser

    return promql_parser.parse("".join(_replaced(expression, stand_in)))


def _replaced(expression: str, stand_in: str) -> Iterator[str]:
    """The expression with values for variables: in strings their text, in brackets a window, elsewhere the stand-in."""
    end = 0
    for found in STRING.finditer(expression):
        yield _outside(expression[end : found.start()], stand_in)
        yield VARIABLE.sub(_in_text, found.group())
        end = found.end()
    yield _outside(expression[end:], stand_in)


def _in_text(found: re.Match[str]) -> str:
    """A variable inside a string: marked, so that a rule can see it, but with nothing that a pattern would read."""
    return f"__var_{found[1] or found[2] or found[3]}__"


def _outside(part: str, stand_in: str) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2] or found[3]
        before, after = part[: found.start()].rstrip(), part[found.end() :].lstrip()
        if before.endswith(("[", "offset", "offset -")) or (before.endswith(":") and after.startswith("]")):
            return f"{WINDOWS.get(name, WINDOWS[''])}s"
        if name in NUMBERS:
            return NUMBERS[name]
        joined = part[found.end() : found.end() + 1].isidentifier() or part[: found.start()][-1:].isidentifier()
        within = re.search(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\Z", before)
        return STAND_IN if joined or within or after.startswith("{") else stand_in

    return VARIABLE.sub(value, part)


def window(length: timedelta | None) -> float | str:
    """A window in seconds, or the variable that it stands for."""
    if length is None:
        return ""
    seconds = int(length.total_seconds())
    for name, sentinel in WINDOWS.items():
        if seconds == sentinel:
            return f"${name}"
    return length.total_seconds()


def names_of(selector: Any) -> tuple[str, ...]:
    """Names of the series that a selector reads; none where a pattern or a variable chooses them."""
    if selector.name:
        return () if STAND_IN in selector.name else (str(selector.name),)
    for one in selector.matchers.matchers:
        if one.name == "__name__" and str(one.op) in ("MatchOp.Equal", "MatchOp.Re", "=", "=~"):
            parts = str(one.value).split("|")
            return (
                tuple(parts)
                if all(re.fullmatch(r"[a-zA-Z_:][\w:]*", part) and "__var_" not in part for part in parts)
                else ()
            )
    return ()
