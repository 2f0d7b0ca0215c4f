"""The series of a level, brought up to date by those rows of its result that differ from the last scrape's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from exporter.engine.scans import LevelScan
from exporter.engine.totals import Admission, Key, Series, added, series_key
from exporter.render import FamilyView, Number
from exporter.sources.database import Row

MOST_KEYS: Final = 200_000
"""So many groups are remembered with their series."""


class Standing:
    """What one level shows. Each group of labels is one row of the result."""

    def __init__(self, level: LevelScan, view: FamilyView) -> None:
        self._level = level
        self._view = view
        self._keys: dict[Row, Key] = {}
        self._rows: set[Row] = set()
        self._series: Series = {}
        self._shared: set[Key] = set()

    def take(self, rows: Sequence[Row], admission: Admission) -> None:
        """Show these rows: as a rule most are as they were."""
        fresh = set(rows)
        gone, new = self._shown(self._rows - fresh, admission), self._shown(fresh - self._rows, admission)
        alone = self._shared.isdisjoint(key for key, _ in (*gone, *new))
        for key, _ in gone:
            self._series.pop(key, None)
        if alone and len({key for key, _ in new} - self._series.keys()) == len(new):
            changed = {key: [value] for key, value in new}
            self._series |= changed
            removed = {key for key, _ in gone} - changed.keys()
        else:
            # Where groups share a series, as under `other`, all are added up again.
            before = self._series.keys() | {key for key, _ in gone}
            changed = self._added(self._shown(rows, admission))
            removed, self._series = before - changed.keys(), changed
        self._view.write(changed.items())
        for key in removed:
            self._view.remove(key)
        self._rows = fresh

    def _added(self, values: Iterable[tuple[Key, Number]]) -> Series:
        found: Series = {}
        self._shared = set()
        for key, value in values:
            if key in found:
                self._shared.add(key)
                found[key] = added(found[key], [value])
            else:
                found[key] = [value]
        return found

    def _shown(self, rows: Iterable[Row], admission: Admission) -> list[tuple[Key, Number]]:
        """Series and number of the rows that have a number to show."""
        width, keep_zero, keys = len(self._level.groups), self._level.family.keep_zero, self._keys
        if len(keys) > MOST_KEYS:
            keys.clear()
        found = []
        for row in rows:
            value = row[width]
            if value is None or not (value or keep_zero):
                continue
            group = row[:width]
            key = keys.get(group)
            if key is None:
                key = keys[group] = series_key(self._level.family, group, admission)
            found.append((key, value))
        return found
