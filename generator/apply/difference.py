"""Differences between two values as a person would tell them: by the names of things, not by their numbers in a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from generator.apply.text import printable, shown

NAMES: Final = ("uid", "id", "refId", "name", "title")
"""Keys by which the members of a list are told apart, the first that all of them have with different values."""
ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs; None where it is absent is told by `kind`."""

    path: str
    kind: str
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        if self.kind == "added":
            return f"{self.path}: added {shown(self.after)}"
        if self.kind == "removed":
            return f"{self.path}: removed {shown(self.before)}"
        if self.kind in ("hidden", "secret"):
            return f"{self.path}: {self.after}"
        return f"{self.path}: {shown(self.before)} → {shown(self.after)}"


def differences(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """What changes on the way from one value to the other, in the order of the keys."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            yield from _value(
                before.get(key, ABSENT), after.get(key, ABSENT), f"{path}.{printable(str(key))}".lstrip(".")
            )
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    elif not _same(before, after):
        yield Change(path, "changed", before, after)


def _value(before: Any, after: Any, path: str) -> Iterator[Change]:
    """A value of a mapping; a mapping that is absent is told by what is in it."""
    if before is ABSENT and isinstance(after, Mapping) and after:
        yield from differences({}, after, path)
    elif after is ABSENT and isinstance(before, Mapping) and before:
        yield from differences(before, {}, path)
    else:
        yield from _member(before, after, path)


def _member(before: Any, after: Any, path: str) -> Iterator[Change]:
    if before is ABSENT:
        yield Change(path, "added", None, after)
    elif after is ABSENT:
        yield Change(path, "removed", before)
    else:
        yield from differences(before, after, path)


def _lists(before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[Change]:
    name = _name(before, after)
    if name is None:
        if not any(isinstance(one, (Mapping, list)) for one in (*before, *after)):
            if len(before) != len(after) or not all(map(_same, before, after)):
                yield Change(path, "changed", list(before), list(after))
            return
        for index in range(max(len(before), len(after))):
            old = before[index] if index < len(before) else ABSENT
            new = after[index] if index < len(after) else ABSENT
            yield from _member(old, new, f"{path}[{index}]")
        return
    olds, news = ({one[name]: one for one in many} for many in (before, after))
    for key in dict.fromkeys((*olds, *news)):
        label = _label(name, key, news[key] if key in news else olds[key])
        yield from _member(olds.get(key, ABSENT), news.get(key, ABSENT), f"{path}[{label}]")
    if [key for key in olds if key in news] != [key for key in news if key in olds]:
        yield Change(f"{path} (order)", "changed", list(olds), list(news))


def _same(before: object, after: object) -> bool:
    """Whether two plain values are equal; True is not 1."""
    return before == after and isinstance(before, bool) == isinstance(after, bool)


def _name(before: Sequence[Any], after: Sequence[Any]) -> str | None:
    """A key that tells the members of both lists apart."""
    if not all(isinstance(one, Mapping) for one in (*before, *after)):
        return None
    for name in NAMES:
        values = [[one.get(name) for one in many] for many in (before, after)]
        plain = all(isinstance(value, (str, int)) for many in values for value in many)
        if plain and all(len(set(many)) == len(many) for many in values):
            return name
    return None


def _label(name: str, key: object, member: Mapping[str, Any]) -> str:
    title = member.get("title")
    if name in ("id", "uid") and isinstance(title, str) and title:
        return f"{shown(title, 60)} {name} {shown(key, 60)}"
    return shown(key, 60)
