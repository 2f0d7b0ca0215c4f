"""Totals of a scan: what is sealed, and how rows of the tail are added for one scrape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from exporter.engine.scans import Family, Scan
from exporter.labels import OTHER, UNKNOWN
from exporter.metric import Count, Distribution, Metric
from exporter.sources.database import Row

OVERFLOW_KEPT: Final = 1_000_000
"""Distinct values beyond a cap that are remembered in order to be counted."""

Number = int | float | Decimal
Key = tuple[str, ...]
Vector = list[Number]
Series = dict[Key, Vector]


@dataclass(slots=True)
class Admission:
    """Which values of each label have series of their own. A value that was let in stays; so does one that was not."""

    caps: dict[str, int]
    admitted: dict[str, set[str]] = field(default_factory=dict)
    overflow: dict[str, set[str]] = field(default_factory=dict)
    changed: bool = False

    def value(self, label: str, value: str) -> str:
        """The value itself, or `other` beyond the label's cap."""
        known = self.admitted.setdefault(label, set())
        if value in known or value in (OTHER, UNKNOWN):
            return value
        if len(known) < self.caps[label]:
            known.add(value)
            self.changed = True
            return value
        over = self.overflow.setdefault(label, set())
        if len(over) < OVERFLOW_KEPT:
            over.add(value)
        return OTHER

    def prefer(self, label: str, weights: dict[str, Number]) -> None:
        """Let values in by weight, heaviest first, then by name: the order of a first pass over all rows."""
        for value in sorted(weights, key=lambda word: (-weights[word], word)):
            self.value(label, value)


class Totals:
    """Vectors of numbers by metric and label values, for one scan."""

    def __init__(self, scan: Scan, admission: Admission) -> None:
        self.scan = scan
        self.admission = admission
        self.horizon: datetime | None = None
        self.rows = 0
        self.sealed: dict[str, Series] = {metric.base: {} for metric in self.metrics}
        self.rejected: dict[tuple[str, str], int] = {}
        self.touched: dict[str, set[Key]] = {metric.base: set() for metric in self.metrics}
        self._routes: dict[Row, tuple[Key, ...]] = {}

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Metrics of the scan, each once."""
        return tuple({family.metric.base: family.metric for family in self.scan.families}.values())

    def add(self, rows: Iterable[Row], into: dict[str, Series], rejected: dict[tuple[str, str], int]) -> int:
        """Add result rows to vectors: labels are mapped to series, numbers added up. Returns how many rows they are of."""
        width = len(self.scan.groups)
        counted = 0
        targets = [into.setdefault(family.metric.base, {}) for family in self.scan.families]
        plans = list(zip(self.scan.families, targets, strict=True))
        routes = self._routes
        if len(routes) > 200_000:
            routes.clear()
        for row in rows:
            group = row[:width]
            keys = routes.get(group)
            if keys is None:
                keys = routes[group] = tuple(self._key(family, group) for family in self.scan.families)
            numbers = row[width:]
            counted += numbers[0]
            for (family, target), key in zip(plans, keys, strict=True):
                _merge(family, target, key, numbers)
                for reason, slot in family.rejected:
                    if numbers[slot]:
                        place = (family.metric.base, reason)
                        rejected[place] = rejected.get(place, 0) + numbers[slot]
        return counted

    def _key(self, family: Family, group: Row) -> Key:
        """Label values of a series, beyond a cap `other`."""
        admission = self.admission
        values = []
        for label, place in zip(family.metric.labels, family.labels, strict=True):
            word = place if isinstance(place, str) else group[place]
            text = UNKNOWN if word is None or word == "" else str(word)
            values.append(text if isinstance(place, str) else admission.value(label.name, text))
        return tuple(values)

    def seal(self, rows: Sequence[Row], upper: datetime) -> None:
        """Take rows before `upper` into the sealed totals."""
        fresh: dict[str, Series] = {}
        self.rows += self.add(rows, fresh, self.rejected)
        for base, series in fresh.items():
            sealed = self.sealed[base]
            for key, vector in series.items():
                _accumulate(sealed, key, vector)
            self.touched[base].update(series)
        self.horizon = upper

    def fold(self, admission: Admission) -> None:
        """Apply label caps after a first pass that let every value in: the most frequent values are kept."""
        for metric in self.metrics:
            for index, label in enumerate(metric.labels):
                weights: dict[str, Number] = {}
                for key, vector in self.sealed[metric.base].items():
                    weights[key[index]] = plus(weights.get(key[index], 0), vector[0])
                admission.prefer(label.name, weights)
        for metric in self.metrics:
            folded: Series = {}
            for key, vector in self.sealed[metric.base].items():
                place = tuple(admission.value(label.name, word) for label, word in zip(metric.labels, key, strict=True))
                _accumulate(folded, place, vector)
            self.sealed[metric.base] = folded
            self.touched[metric.base] = set(folded)
        self.admission = admission
        self._routes.clear()


def _merge(family: Family, target: Series, key: Key, numbers: Row) -> None:
    """Add one row's numbers of one family to its series."""
    first = numbers[family.slots[0]]
    if not first and (first is None or (isinstance(family.metric, (Count, Distribution)) and not family.keep_zero)):
        return
    if len(family.slots) == 1:
        vector = target.get(key)
        if vector is None:
            target[key] = [first]
        else:
            vector[0] += first
        return
    _accumulate(target, key, [numbers[slot] for slot in family.slots])


def _accumulate(target: Series, key: Key, addition: Vector) -> None:
    vector = target.get(key)
    if vector is None:
        target[key] = list(addition)
        return
    for index, number in enumerate(addition):
        vector[index] = plus(vector[index], number)


def plus(left: Number, right: Number) -> Number:
    """A sum that stays exact where both sides are, and does not fail where a float meets a Decimal."""
    if isinstance(left, float) or isinstance(right, float):
        return float(left) + float(right)
    total: Any = left + right
    return total  # type: ignore[no-any-return]
