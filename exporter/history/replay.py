"""Runs totals and levels forward through past times and writes what a scrape at each of them would have shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from exporter.engine.scans import Family, LevelScan, Plan, Scan
from exporter.engine.totals import Admission, Number, series_key
from exporter.history.reading import Slice
from exporter.history.sheet import Cell, Sheet, Write, add, add_all, begin
from exporter.metric import Count, Distribution
from exporter.sources.database import Row


@dataclass(slots=True)
class Written:
    """How much was written so far."""

    samples: int = 0
    rows: int = 0


class Replay:
    """The past of one plan. Slices are given in the order of time; each brings everything up to its last time."""

    def __init__(self, plan: Plan, admission: Admission, fixed: str, written: Written) -> None:
        self.written = written
        self._sheets: dict[str, Sheet] = {}
        for family in (family for scan in plan.scans for family in scan.families):
            self._sheets.setdefault(family.metric.base, Sheet(family.metric, family.bounds, fixed))
        for level in plan.levels:
            self._sheets[level.family.metric.base] = Sheet(level.family.metric, (), fixed)
        self._scans = {scan.name: _Totals(scan, admission, self._sheets) for scan in plan.scans}
        self._levels = {level.name: _Level(level, admission, self._sheets) for level in plan.levels}

    @property
    def series(self) -> int:
        """Series that there are now."""
        return sum(len(sheet.lines) for sheet in self._sheets.values())

    def take(self, part: Slice, write: Write, earlier: Write) -> None:
        """Bring a scan or a level forward through the times of a slice and write its samples at each.

        `earlier` writes to the block before, for samples of the time before the slice.
        """
        if isinstance(part.item, Scan):
            self._scan(self._scans[part.item.name], part, write, earlier if part.opens else write)
        else:
            self._level(self._levels[part.item.name], part, write)

    def _scan(self, totals: _Totals, part: Slice, write: Write, earlier: Write) -> None:
        """A series begins with a 0 one time before its first row, or Prometheus would not count that row as an increase."""
        rows = _by_slot(part.rows[0], len(part.times))
        before, sooner = earlier, part.before
        for place, time in enumerate(part.times):
            begun = totals.add(rows[place])
            self.written.rows += sum(map(itemgetter(totals.width), rows[place]))
            if not part.base:
                self.written.samples += begin(begun, sooner, before)
            for sheet in totals.sheets:
                self.written.samples += sheet.emit(time, write)
            before, sooner = write, time

    def _level(self, level: _Level, part: Slice, write: Write) -> None:
        if part.base:
            level.move(part.rows[0], ())
            self.written.samples += level.sheet.emit(part.times[0], write)
            return
        opened, closed = (_by_slot(rows, len(part.times)) for rows in part.rows)
        for place, time in enumerate(part.times):
            level.move(opened[place], closed[place])
            self.written.samples += level.sheet.emit(time, write)


class _Totals:
    """The totals of a scan at the time reached."""

    def __init__(self, scan: Scan, admission: Admission, sheets: dict[str, Sheet]) -> None:
        self.scan = scan
        self.width = len(scan.groups)
        self.sheets = tuple({family.metric.base: sheets[family.metric.base] for family in scan.families}.values())
        self._admission = admission
        self._families = [(family, sheets[family.metric.base]) for family in scan.families]
        self._routes: dict[Row, list[Cell]] = {}

    def add(self, rows: Sequence[Row]) -> list[Cell]:
        """Add result rows, write the lines that change, and return the series that begin."""
        routes, width = self._routes, self.width
        routed = []
        for row in rows:
            cells = routes.get(row[:width])
            routed.append(cells or self._route(row[:width]))
        begun: list[Cell] = []
        for place, (family, sheet) in enumerate(self._families):
            if isinstance(family.metric, Distribution):
                sheet.show_all(self._add_all(place, family, rows, routed, begun))
            else:
                sheet.show(self._add(place, family, rows, routed, begun))
        return begun

    def _add(
        self, place: int, family: Family, rows: Sequence[Row], routed: list[list[Cell]], begun: list[Cell]
    ) -> list[Cell]:
        """Add a counter's numbers to its series; a count of 0 makes none."""
        lead = self.width + family.slots[0]
        skip_zero = isinstance(family.metric, Count) and not family.keep_zero
        changed = []
        for row, cells in zip(rows, routed, strict=True):
            number = row[lead]
            if number or not (skip_zero or number is None):
                cell = cells[place]
                if cell.value is None:
                    begun.append(cell)
                    cell.value = number
                else:
                    add(cell, number)
                changed.append(cell)
        return changed

    def _add_all(
        self, place: int, family: Family, rows: Sequence[Row], routed: list[list[Cell]], begun: list[Cell]
    ) -> set[Cell]:
        """Add a distribution's numbers to its histograms; without an observation there is none."""
        lead = self.width + family.slots[0]
        pick = itemgetter(*(self.width + slot for slot in family.slots))
        changed = set()
        for row, cells in zip(rows, routed, strict=True):
            number = row[lead]
            if number or (family.keep_zero and number is not None):
                cell = cells[place]
                if cell.vector is None:
                    begun.append(cell)
                add_all(cell, list(pick(row)))
                changed.add(cell)
        return changed

    def _route(self, group: Row) -> list[Cell]:
        """The series that rows of a group belong to, by family."""
        if len(self._routes) > 200_000:
            self._routes.clear()
        found = self._routes[group] = [
            sheet.cell(series_key(family, group, self._admission)) for family, sheet in self._families
        ]
        return found


class _Level:
    """A level as it is at the time reached."""

    def __init__(self, scan: LevelScan, admission: Admission, sheets: dict[str, Sheet]) -> None:
        self.scan = scan
        self.sheet = sheets[scan.family.metric.base]
        self._admission = admission
        self._routes: dict[Row, Cell] = {}
        self._fading: set[Cell] = set()

    def move(self, opened: Sequence[Row], closed: Sequence[Row]) -> None:
        """Go to the next time: what opened on the way there is added, what closed is taken off.

        A level that falls to nothing is shown as 0 once: Prometheus would carry its last value on for minutes.
        """
        for cell in self._fading:
            self.sheet.hide(cell)
        changed = self._add(opened, 1) | self._add(closed, -1)
        shown = [cell for cell in changed if cell.value or self.scan.family.keep_zero]
        self._fading = {cell for cell in changed if not cell.value and cell.place in self.sheet.lines} - set(shown)
        self.sheet.show((*shown, *self._fading))

    def _add(self, rows: Sequence[Row], sign: int) -> set[Cell]:
        routes, width = self._routes, len(self.scan.groups)
        changed = set()
        for row in rows:
            value: Number | None = row[width]
            if value is not None:
                group = row[:width]
                cell = routes.get(group)
                if cell is None:
                    cell = self._route(group)
                add(cell, sign * value)
                changed.add(cell)
        return changed

    def _route(self, group: Row) -> Cell:
        if len(self._routes) > 200_000:
            self._routes.clear()
        cell = self._routes[group] = self.sheet.cell(series_key(self.scan.family, group, self._admission))
        return cell


def _by_slot(rows: Sequence[Row], slots: int) -> list[list[Row]]:
    """Rows by their last column. They are otherwise as a scrape reads them."""
    found: list[list[Row]] = [[] for _ in range(slots)]
    for row in rows:
        found[row[-1]].append(row)
    return found
