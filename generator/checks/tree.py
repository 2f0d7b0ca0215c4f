"""A syntax tree as a flat account of what it asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import promql_parser as parser

from generator.checks.promql import STAND_IN, STRING, Matcher, Query, Selector, names_of, window

OPERATORS: Final = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
COMPARISONS: Final = frozenset({">", "<", ">=", "<=", "==", "!="})
SETS: Final = frozenset({"and", "or", "unless"})
ABSENT: Final = frozenset({"absent", "absent_over_time"})
CHILDREN: Final = ("expr", "lhs", "rhs", "param", "vector_selector")
LEFT_OUT: Final = re.compile(
    r"\{[^{}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)|\boffset\s+\S+|\s+"
)


@dataclass(frozen=True, slots=True)
class _Above:
    """What is around a node."""

    functions: tuple[str, ...] = ()
    groupings: tuple[tuple[str, ...], ...] = ()
    window: float | str = ""
    compared: bool = False


def digest(tree: Any) -> Query:
    """The account of a tree. A stack and no recursion, since a chain of operators is as deep as it is long."""
    selectors: list[Selector] = []
    calls: list[str] = []
    odd: list[str] = []
    compares = False
    stack: list[tuple[Any, _Above]] = [(tree, _Above())]
    while stack:
        node, above = stack.pop()
        if isinstance(node, parser.VectorSelector):
            selectors.append(_selector(node, above))
            continue
        if isinstance(node, parser.Call):
            calls.append(node.func.name)
        compares = compares or _decides(node)
        odd += _odd(node)
        inner = _inside(node, above)
        stack += [(child, inner) for child in reversed(list(_children(node)))]
    return Query(
        "",
        tuple(selectors),
        compares,
        shape(tree.prettify()),
        tuple(_limits(tree)),
        tuple(calls),
        tuple(odd),
        _left(tree),
    )


def _children(node: Any) -> Iterator[Any]:
    for name in CHILDREN:
        child = getattr(node, name, None)
        if isinstance(child, parser.Expr):
            yield child
    yield from getattr(node, "args", None) or ()


def _inside(node: Any, above: _Above) -> _Above:
    """What is around the children of a node."""
    functions, groupings, compared = above.functions, above.groupings, above.compared
    if isinstance(node, parser.Call):
        functions = (*functions, node.func.name)
    if isinstance(node, parser.AggregateExpr):
        functions = (*functions, str(node.op))
        modifier = node.modifier
        if modifier is None or str(modifier.type).endswith("By"):
            groupings = (*groupings, tuple(modifier.labels) if modifier else ())
    if isinstance(node, parser.BinaryExpr):
        compared = compared or str(node.op) in COMPARISONS
    length = window(node.range) if isinstance(node, (parser.MatrixSelector, parser.SubqueryExpr)) else above.window
    return _Above(functions, groupings, length, compared)


def _selector(node: Any, above: _Above) -> Selector:
    matchers = tuple(
        Matcher(one.name, OPERATORS.get(str(one.op), str(one.op)), one.value)
        for one in node.matchers.matchers
        if one.name != "__name__"
    )
    return Selector(names_of(node), matchers, above.functions, above.groupings, above.window, above.compared)


def _decides(node: Any) -> bool:
    """Whether a node lets something through at some times only."""
    if isinstance(node, parser.Call):
        return node.func.name in ABSENT
    if not isinstance(node, parser.BinaryExpr):
        return False
    op = str(node.op)
    return op == "unless" or (op in COMPARISONS and not (node.modifier and node.modifier.return_bool))


def _odd(node: Any) -> Iterator[str]:
    """What cannot be as it is meant: sides that never have a label in common, or one that is compared with itself."""
    if not isinstance(node, parser.BinaryExpr):
        return
    left, right, op = node.lhs, node.rhs, str(node.op)
    if isinstance(left, parser.NumberLiteral) and isinstance(right, parser.NumberLiteral) and op in COMPARISONS:
        yield f"{left.val:g} {op} {right.val:g} is the same at all times"
    if op in COMPARISONS | {"unless"} and not isinstance(left, parser.NumberLiteral):
        said = left.prettify()
        if said == right.prettify():
            yield f"{' '.join(said.split())[:80]} stands on both sides of {op}"
    modifier = node.modifier
    kept = (_kept(left), _kept(right))
    if modifier is None or modifier.matching is None:
        if op != "or" and kept[0] is not None and kept[1] is not None and kept[0] != kept[1]:
            one, other = (", ".join(sorted(labels)) or "none" for labels in (kept[0], kept[1]))
            yield f"the sides of {op} have different labels ({one}; {other}), so no series of one matches any of the other"
    elif str(modifier.matching.type).endswith("Include"):
        for side, labels in zip(("left", "right"), kept, strict=True):
            missing = sorted(set(modifier.matching.labels) - labels) if labels is not None else []
            if missing:
                yield f"the {side} side of {op} is matched on {', '.join(missing)}, which its aggregation drops"


def _kept(node: Any) -> frozenset[str] | None:
    """The labels that an aggregation leaves; None where that is not known."""
    while isinstance(node, parser.ParenExpr) or (
        isinstance(node, parser.BinaryExpr)
        and (isinstance(node.rhs, parser.NumberLiteral) or isinstance(node.lhs, parser.NumberLiteral))
    ):
        if isinstance(node, parser.ParenExpr):
            node = node.expr
        else:
            node = node.lhs if isinstance(node.rhs, parser.NumberLiteral) else node.rhs
    if not isinstance(node, parser.AggregateExpr) or str(node.op) in ("topk", "bottomk", "limitk", "count_values"):
        return None
    modifier = node.modifier
    if modifier is None:
        return frozenset()
    by = str(modifier.type).endswith("By") and STAND_IN not in modifier.labels
    return frozenset(modifier.labels) if by else None


def _left(tree: Any) -> frozenset[str] | None:
    """The labels of what a query gives; None where that is not known."""
    if isinstance(tree, parser.ParenExpr):
        return _left(tree.expr)
    if (
        not isinstance(tree, parser.BinaryExpr)
        or isinstance(tree.lhs, parser.NumberLiteral)
        or isinstance(tree.rhs, parser.NumberLiteral)
    ):
        return _kept(tree)
    op = str(tree.op)
    if op in ("and", "unless"):
        return _left(tree.lhs)
    left, right = _left(tree.lhs), _left(tree.rhs)
    if op == "or":
        return left | right if left is not None and right is not None else None
    return left if tree.modifier is None else None


def _limits(tree: Any) -> Iterator[tuple[str, float]]:
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, parser.ParenExpr):
            stack.append(node.expr)
        elif isinstance(node, parser.BinaryExpr):
            if str(node.op) in SETS:
                stack += [node.rhs, node.lhs]
            elif str(node.op) in COMPARISONS and isinstance(node.rhs, parser.NumberLiteral):
                yield shape(node.lhs.prettify()), node.rhs.val


def shape(said: str) -> str:
    """A query without strings, matchers, windows, groupings and the brackets around the whole."""
    result = LEFT_OUT.sub("", STRING.sub("", said))
    while result.startswith("(") and _closes(result) == len(result) - 1:
        result = result[1:-1]
    return result


def _closes(said: str) -> int:
    """Where the first bracket is closed."""
    depth = 0
    for index, letter in enumerate(said):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return index
    return -1
