"""What PromQL expressions ask: their selectors, functions and groupings, by the real parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import promql_parser

from provisioning.kpis.roi import BOXES

VARIABLE = re.compile(r"\$\{?[a-z_]+(:[a-z]+)?\}?")
FIXED = {"$__rate_interval": "5m", "$__range": "6h", "$__interval": "1m", "$__range_s": "21600"}
FIXED |= {f"${box}": "1" for box in BOXES}


def parse(expression: str) -> Any:
    """The syntax tree, with Grafana's variables replaced by values."""
    for name, value in FIXED.items():
        expression = re.sub(rf"{re.escape(name)}\b", value, expression)
    return promql_parser.parse(VARIABLE.sub("value", expression))


def walk(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Every node with those above it, the outermost first."""
    yield node, above
    inner = (*above, node)
    for name in ("expr", "lhs", "rhs", "param", "vector_selector"):
        child = getattr(node, name, None)
        if child is not None and not isinstance(child, (str, int, float)):
            yield from walk(child, inner)
    for child in getattr(node, "args", None) or ():
        yield from walk(child, inner)


def selectors(expression: str) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Every selector of an expression with the nodes above it."""
    for node, above in walk(parse(expression)):
        if isinstance(node, promql_parser.VectorSelector):
            yield node, above


def names(selector: Any) -> list[str]:
    """Names of the series that a selector reads."""
    if selector.name:
        return [selector.name]
    return [name for one in selector.matchers.matchers if one.name == "__name__" for name in one.value.split("|")]


def matched(selector: Any) -> set[str]:
    """Labels that a selector compares."""
    return {one.name for one in selector.matchers.matchers} - {"__name__"}


def grouped(node: Any) -> set[str]:
    """Labels that an aggregation groups by."""
    modifier = getattr(node, "modifier", None)
    if not isinstance(node, promql_parser.AggregateExpr) or modifier is None:
        return set()
    return set(modifier.labels)


def functions(above: tuple[Any, ...]) -> list[str]:
    """Names of the functions around a node, the nearest last."""
    return [node.func.name for node in above if isinstance(node, promql_parser.Call)]
