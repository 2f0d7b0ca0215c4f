"""Holds two tables of samples against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from exporter.labels import OTHER, UNKNOWN
from exporter.verify.recount import Key, Number, Table, key

RELATIVE: Final = 1e-9
"""Sums of binary fractions may differ by this share; counts, whole numbers and decimals may not differ at all."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A metric's samples: at least, at most (the same at a known instant), and how they may be compared.

    `rounded` are names whose values are sums of binary fractions. A metric that is `zero` shows its zeros; of others a
    sample that is 0 and one that is not there are the same, unless `strict`.
    """

    metric: str
    least: Table
    most: Table
    rounded: frozenset[str] = frozenset()
    zero: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """One sample that is not what the rows say."""

    metric: str
    sample: str
    labels: Mapping[str, str]
    where: str
    least: Number | None
    most: Number | None
    found: float | None

    @property
    def expected(self) -> str:
        """What the rows say, in words."""
        if self.least == self.most:
            return "none" if self.most is None else f"{self.most}"
        return f"{self.least or 0} to {self.most or 0}"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "metric": self.metric,
            "sample": self.sample,
            "labels": dict(self.labels),
            "where": self.where,
            "least": None if self.least is None else float(self.least),
            "most": None if self.most is None else float(self.most),
            "found": self.found,
        }


def shown_values(found: Iterable[Key]) -> dict[str, set[str]]:
    """The values of each label that have series of their own."""
    values: dict[str, set[str]] = {}
    for _, labels in found:
        for name, value in labels:
            values.setdefault(name, set()).add(value)
    return values


def fold(table: Table, shown: Mapping[str, set[str]], caps: Mapping[str, int]) -> Table:
    """Count under `other` the values that are beyond a label's cap: those without a series where the cap is reached."""
    full = {
        name: shown.get(name, set()) | {OTHER, UNKNOWN}
        for name, cap in caps.items()
        if OTHER in shown.get(name, ()) or len(shown.get(name, set()) - {UNKNOWN}) >= cap
    }
    if not full:
        return table
    folded: Table = {}
    for (sample, labels), value in table.items():
        place = key(sample, ((n, v if v in full.get(n, (v,)) else OTHER) for n, v in labels))
        before = folded.get(place, 0)
        exact = not isinstance(value, float) and not isinstance(before, float)
        folded[place] = value + before if exact else float(value) + float(before)  # type: ignore[operator]
    return folded


def differences(expected: Expected, found: Mapping[Key, float], where: str) -> list[Difference]:
    """Samples of one metric that differ."""
    wrong = []
    for place in sorted(expected.least.keys() | expected.most.keys() | found.keys()):
        least, most, value = expected.least.get(place), expected.most.get(place), found.get(place)
        if not _agree(expected, place, (least, most), value):
            wrong.append(Difference(expected.metric, place[0], dict(place[1]), where, least, most, value))
    return wrong


def _agree(expected: Expected, place: Key, bounds: tuple[Number | None, Number | None], value: float | None) -> bool:
    low, high = float(bounds[0] or 0), float(bounds[1] or 0)
    if place[0] in expected.rounded:
        low, high = low - RELATIVE * abs(low), high + RELATIVE * abs(high)
    if not low <= (value or 0.0) <= high:
        return False
    if not expected.strict:
        return True
    # With a zero of its own a series has to be there; without one it has to be gone.
    return value != 0 if not expected.zero else (value is None) == (bounds[1] is None)
