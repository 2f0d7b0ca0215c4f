"""The lines of one metric family at the time reached. A sample costs the copying of its line, and nothing where it is not new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from exporter.engine.totals import Key, Number, added, plus
from exporter.metric import Distribution, Metric
from exporter.render import FamilyView

Write = Callable[[str], object]


class Cell:
    """One series, or all those of a histogram: its numbers, and what stands before each of them in its lines."""

    __slots__ = ("place", "prefix", "prefixes", "shown", "value", "vector")

    def __init__(self, place: int, prefixes: Sequence[str]) -> None:
        self.place = place
        self.prefixes = prefixes
        self.prefix = prefixes[0]
        self.value: Number | None = None
        self.vector: list[Number] | None = None
        self.shown: Sequence[Number | str | None] = (None,) * len(prefixes)


class Sheet:
    """Lines by place, without a time. All that has lines was there at the time reached."""

    def __init__(self, metric: Metric, bounds: tuple[float, ...], fixed: str) -> None:
        self._view = FamilyView(metric, bounds, fixed)
        self._width = len(bounds) + 3 if isinstance(metric, Distribution) else 1
        self._next = 0
        self._cells: dict[Key, Cell] = {}
        self.lines: dict[int, str] = {}

    def cell(self, key: Key) -> Cell:
        """The series of these label values. It has no line before it is shown."""
        found = self._cells.get(key)
        if found is None:
            found = self._cells[key] = Cell(self._next, self._prefixes(key))
            self._next += self._width
        return found

    def _prefixes(self, key: Key) -> tuple[str, ...]:
        """The live exporter's own lines, up to the number."""
        self._view.set(key, [0] * max(1, self._width - 1))
        lines = self._view.lines(key)
        self._view.remove(key)
        return tuple(line.removesuffix("0") for line in lines)

    def show(self, cells: Iterable[Cell]) -> None:
        """Write the lines of single series anew."""
        lines = self.lines
        for cell in cells:
            value = cell.value
            lines[cell.place] = f"{cell.prefix}{value}" if type(value) is int else f"{cell.prefix}{float(value or 0)!r}"

    def show_all(self, cells: Iterable[Cell]) -> None:
        """Write the lines of histograms that change anew: buckets, count and sum. A sum over no value is 0."""
        lines = self.lines
        for cell in cells:
            count, total, *buckets = cell.vector or [0, 0]
            total = total or 0
            words = (*buckets, count, count, total if type(total) is int else repr(float(total)))
            for place, (prefix, word, old) in enumerate(zip(cell.prefixes, words, cell.shown, strict=True), cell.place):
                if word != old:
                    lines[place] = f"{prefix}{word}"
            cell.shown = words

    def hide(self, cell: Cell) -> None:
        """Take a single series out."""
        self.lines.pop(cell.place, None)

    def emit(self, time: int, write: Write) -> int:
        """Write all lines with a time behind them; returns how many."""
        if self.lines:
            end = f" {time}\n"
            write(end.join(self.lines.values()) + end)
        return len(self.lines)


def begin(cells: Sequence[Cell], time: int, write: Write) -> int:
    """Write a 0 for each number of series that are about to begin; returns how many."""
    lines = [f"{prefix}0 {time}\n" for cell in cells for prefix in cell.prefixes]
    if lines:
        write("".join(lines))
    return len(lines)


def add(cell: Cell, number: Number) -> None:
    """Add to a single series."""
    value = cell.value
    try:
        cell.value = number if value is None else value + number  # type: ignore[operator]
    except TypeError:  # A float met a Decimal.
        cell.value = plus(value, number)


def add_all(cell: Cell, numbers: list[Number]) -> None:
    """Add to a histogram."""
    cell.vector = numbers if cell.vector is None else added(cell.vector, numbers)
