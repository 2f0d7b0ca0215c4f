"""Runs totals and levels forward through past times and writes what a scrape at each of them would have shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exporter.engine.scans import LevelScan, Plan, Scan
from exporter.engine.scrape import Views, filled, level_key
from exporter.engine.totals import Admission, Key, Number, Series, Totals, added, plus
from exporter.history.reading import Slice
from exporter.render import FamilyView
from exporter.sources.database import Row

Write = Callable[[str], object]


@dataclass(slots=True)
class Written:
    """How much was written so far."""

    samples: int = 0
    rows: int = 0


class Replay:
    """The past of one plan. Slices are given in the order of time; each brings everything up to its last time."""

    def __init__(self, plan: Plan, admission: Admission, fixed: str, written: Written) -> None:
        self.views = Views(plan, fixed)
        self.written = written
        self._totals = {scan.name: Totals(scan, admission) for scan in plan.scans}
        self._levels = {level.name: _Level(level, admission, self._view(level)) for level in plan.levels}

    @property
    def series(self) -> int:
        """Series that there are now."""
        return sum(view.series for views in self.views.by_domain.values() for view in views.values())

    def take(self, part: Slice, write: Write, earlier: Write) -> None:
        """Bring a scan or a level forward through the times of a slice and write its samples at each.

        `earlier` writes to the block before, for samples of the time before the slice.
        """
        if isinstance(part.item, Scan):
            self._scan(self._totals[part.item.name], part, write, earlier if part.opens else write)
        else:
            self._level(self._levels[part.item.name], part, write)

    def _scan(self, totals: Totals, part: Slice, write: Write, earlier: Write) -> None:
        """A series begins with a 0 one time before its first row, or Prometheus would not count that row as an increase."""
        domain = self.views.by_domain[totals.scan.domain]
        views = [domain[metric.base] for metric in totals.metrics]
        rows = _by_slot(part.rows[0], len(part.times))
        for place, time in enumerate(part.times):
            fresh: dict[str, Series] = {}
            self.written.rows += totals.add(rows[place], fresh, totals.rejected)
            begun = [
                line for base, series in fresh.items() for line in _advance(totals.sealed[base], series, domain[base])
            ]
            if begun and not part.base:
                sooner = part.times[place - 1] if place else part.before
                lines = "".join(begun)
                (write if place else earlier)(lines.replace("\n", f" {sooner}\n"))
                self.written.samples += lines.count("\n")
            self._emit(views, time, write)

    def _level(self, level: _Level, part: Slice, write: Write) -> None:
        if part.base:
            level.begin(part.rows[0])
            self._emit([level.view], part.times[0], write)
            return
        opened, closed = (_by_slot(rows, len(part.times)) for rows in part.rows)
        for place, time in enumerate(part.times):
            level.move(opened[place], closed[place])
            self._emit([level.view], time, write)

    def _emit(self, views: Sequence[FamilyView], time: int, write: Write) -> None:
        """Every line of a family with the time behind it. A line end is the only one there is in a line."""
        for view in views:
            if view.lines:
                write(view.joined().decode().replace("\n", f" {time}\n"))
                self.written.samples += view.series

    def _view(self, level: LevelScan) -> FamilyView:
        return self.views.by_domain[level.domain][level.family.metric.base]


def _advance(reached: Series, fresh: Series, view: FamilyView) -> list[str]:
    """Add what is new to the totals reached, and write the lines that it changes. Series that begin are returned as 0."""
    begun = []
    for key, vector in fresh.items():
        old = reached.get(key)
        if old is None:
            view.set(key, [0] * len(vector))
            begun.append(view.lines[key])
        new = reached[key] = vector if old is None else added(old, vector)
        view.set(key, filled(view.metric, new))
    return begun


class _Level:
    """A level as it is at the time reached."""

    def __init__(self, scan: LevelScan, admission: Admission, view: FamilyView) -> None:
        self.scan = scan
        self.admission = admission
        self.view = view
        self.values: dict[Key, Number] = {}
        self._fading: set[Key] = set()

    def begin(self, rows: Sequence[Row]) -> None:
        """What the live statement found at the first time."""
        self._add(rows, 1)
        for key in self.values:
            self._show(key)

    def move(self, opened: Sequence[Row], closed: Sequence[Row]) -> None:
        """Go to the next time: what opened on the way there is added, what closed is taken off."""
        for key in self._fading:
            self.view.remove(key)
        changed = self._fading | self._add(opened, 1) | self._add(closed, -1)
        self._fading = set()
        for key in changed:
            self._show(key)

    def _add(self, rows: Sequence[Row], sign: int) -> set[Key]:
        changed = set()
        width = len(self.scan.groups)
        for row in rows:
            value = row[width]
            if value is not None:
                key = level_key(self.scan, row[:width], self.admission)
                self.values[key] = plus(self.values.get(key, 0), sign * value)
                changed.add(key)
        return changed

    def _show(self, key: Key) -> None:
        """A level that falls to nothing is shown as 0 once: Prometheus would carry its last value on for minutes."""
        value = self.values[key]
        if value or self.scan.family.keep_zero:
            self.view.set(key, [value])
        elif key in self.view.lines:
            self.view.set(key, [0])
            self._fading.add(key)


def _by_slot(rows: Sequence[Row], slots: int) -> list[list[Row]]:
    """Rows by their last column. They are otherwise as a scrape reads them."""
    found: list[list[Row]] = [[] for _ in range(slots)]
    for row in rows:
        found[row[-1]].append(row)
    return found
