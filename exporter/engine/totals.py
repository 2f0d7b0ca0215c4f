"""Totals of a scan: what is sealed, and how rows of the tail are added for one scrape."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from operator import add, itemgetter
from sys import intern
from typing import Any, Final

from exporter.engine.ledger import Ledger
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
    known_beyond: dict[str, int] = field(default_factory=dict)
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

    def beyond(self, label: str) -> int:
        """How many values are counted under `other`; after a restart at least as many as before it."""
        return max(len(self.overflow.get(label, ())), self.known_beyond.get(label, 0))

    def copy(self) -> Admission:
        """The same decisions, to look values up without letting any in."""
        return Admission(self.caps, {label: set(known) for label, known in self.admitted.items()})

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
        self.ledger = Ledger(len(scan.groups))
        self._routes: dict[Row, tuple[Key, ...]] = {}

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Metrics of the scan, each once."""
        return tuple({family.metric.base: family.metric for family in self.scan.families}.values())

    def add(self, rows: Sequence[Row], into: dict[str, Series], rejected: dict[tuple[str, str], int]) -> int:
        """Add result rows to vectors: labels are mapped to series, numbers added up. Returns how many rows they are of."""
        routes = self.routes(rows)
        width = len(self.scan.groups)
        for place, family in enumerate(self.scan.families):
            target = into.setdefault(family.metric.base, {})
            _merge(family, target, [(route[place], row) for route, row in zip(routes, rows, strict=True)], width)
            for reason, slot in family.rejected:
                count = sum(map(itemgetter(width + slot), rows))
                if count:
                    name = (family.metric.base, reason)
                    rejected[name] = rejected.get(name, 0) + count
        return sum(map(itemgetter(width), rows))

    def routes(self, rows: Sequence[Row]) -> list[tuple[Key, ...]]:
        """For each row the series that it belongs to, by family."""
        if len(self._routes) > 200_000:
            self._routes.clear()
        width = len(self.scan.groups)
        found = []
        for row in rows:
            group = row[:width]
            keys = self._routes.get(group)
            if keys is None:
                # Words of results are new every time; those of the totals are shared.
                group = tuple(intern(word) if type(word) is str else word for word in group)
                keys = self._routes[group] = tuple(self._key(family, group) for family in self.scan.families)
            found.append(keys)
        return found

    def _key(self, family: Family, group: Row) -> Key:
        return series_key(family, group, self.admission)

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
        self.ledger.add(rows, upper, time.time())

    def correct(self, before: Sequence[Row], after: Sequence[Row]) -> None:
        """Put groups of rows that were sealed with other numbers right."""
        old: dict[str, Series] = {}
        new: dict[str, Series] = {}
        less: dict[tuple[str, str], int] = {}
        self.rows -= self.add(before, old, less)
        self.rows += self.add(after, new, self.rejected)
        for name, count in less.items():
            self.rejected[name] -= count
        for base, series in new.items():
            for key, vector in series.items():
                negative: Vector = [-number for number in old[base].get(key, ())]
                more = added(negative, vector) if negative else vector
                _accumulate(self.sealed[base], key, more)
            self.touched[base].update(series)

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


def series_key(family: Family, group: Row, admission: Admission) -> Key:
    """Label values of the series that a group of rows belongs to, beyond a cap `other`."""
    values = []
    for label, place in zip(family.metric.labels, family.labels, strict=True):
        word = place if isinstance(place, str) else group[place]
        text = UNKNOWN if word is None or word == "" else str(word)
        values.append(text if isinstance(place, str) else admission.value(label.name, intern(text)))
    return tuple(values)


def _merge(family: Family, target: Series, rows: Iterable[tuple[Key, Row]], width: int) -> None:
    """Add the numbers of one family to its series; `width` is where a row's numbers begin."""
    lead = width + family.slots[0]
    skip_zero = isinstance(family.metric, (Count, Distribution)) and not family.keep_zero
    slots = [width + slot for slot in family.slots]
    for key, row in rows:
        first = row[lead]
        if not first and (skip_zero or first is None):
            continue
        vector = target.get(key)
        if vector is None:
            target[key] = [row[slot] for slot in slots]
        elif len(slots) == 1:
            vector[0] += first
        else:
            target[key] = added(vector, [row[slot] for slot in slots])


def _accumulate(target: Series, key: Key, addition: Vector) -> None:
    vector = target.get(key)
    target[key] = list(addition) if vector is None else added(vector, addition)


def added(left: Vector, right: Vector) -> Vector:
    """Sums of two vectors, number by number."""
    try:
        return list(map(add, left, right))
    except TypeError:  # A float met a Decimal.
        return [plus(one, other) for one, other in zip(left, right, strict=True)]


def plus(left: Number | None, right: Number | None) -> Number:
    """A sum that stays exact where both sides are, and does not fail where a float meets a Decimal or nothing."""
    if left is None or right is None:
        return (left if right is None else right) or 0
    if isinstance(left, float) or isinstance(right, float):
        return float(left) + float(right)
    total: Any = left + right
    return total  # type: ignore[no-any-return]
