"""The tail of a scan: rows after the horizon as numbers by slice of time, and added up as series.

Most rows of the tail are the same at the next scrape. A slice that is sure to be as it was read (see
`exporter.engine.probe`) is kept; only what left, what changed and what is new is taken from the series and added to
them. Numbers are added and taken away exactly: PostgreSQL gives whole numbers and decimals.
"""

from __future__ import annotations

import decimal
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import add, itemgetter, sub
from typing import Final

from exporter.engine.probe import FAR, TICK
from exporter.engine.scans import Family, Scan, Statement
from exporter.engine.totals import Key, Series, Totals
from exporter.metric import Count, Distribution
from exporter.sources.database import Moment, Row

SLICES: Final = 20
"""The settle window is cut into so many slices."""

FIRST: Final = 4
"""When all is read for the first time, its older part is read in slices that are so many times longer."""

MOST_SLICES: Final = 200
"""A longer tail, behind a transaction that holds the horizon, is cut into longer slices."""

MOST_RUNS: Final = 8
"""Where slices that changed lie so scattered, all from the first on are read in one statement."""

EXACT: Final = decimal.Context(prec=150_000)
"""PostgreSQL's decimals have at most 131,072 digits before the point and 16,383 after it."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Rejected = dict[tuple[str, str], int]
Span = tuple[datetime, datetime]
"""Beginning and end of a slice; rows at its end belong to the next."""

Route = tuple[Key, ...]
"""The series that a result row belongs to, by family."""


def slice_width(settle: float) -> timedelta:
    """Length of slices for a settle window: whole seconds."""
    return timedelta(seconds=max(1, int(settle) // SLICES))


def floor(instant: datetime, width: timedelta) -> datetime:
    """The last end of a slice up to an instant. Sealing ends there, so that it cuts no slice in two."""
    return instant - (instant - EPOCH) % width


@dataclass(slots=True)
class Slice:
    """Rows that were read of a slice: where they belong, and their numbers.

    `settled` is how many rows of the table these are, if no transaction was open that could change them.
    """

    settled: int | None = None
    routes: list[Route] = field(default_factory=list)
    numbers: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """What one scrape reads of a tail: the slices that are kept, and statements for the others, each a run of spans.

    `asked` are the slices that were asked about before, or None when that is no use.
    """

    lower: datetime
    now: datetime
    spans: list[Span]
    asked: list[Span] | None
    kept: set[Span] = field(default_factory=set)
    counts: dict[Span, tuple[int, int, int]] = field(default_factory=dict)
    runs: list[list[Span]] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    rows: list[list[Row]] = field(default_factory=list)


class Tail:
    """The tail of one scan, brought up to date from scrape to scrape."""

    def __init__(self, scan: Scan, width: timedelta) -> None:
        self.scan = scan
        self.width = width
        self.rows = 0
        self.rejected: Rejected = {}
        self.series: dict[str, Series] = {family.metric.base: {} for family in scan.families}
        self._slices: dict[Span, Slice] = {}
        self._parts: dict[str, dict[Key, int]] = {base: {} for base in self.series}
        self._known: int | None = None
        self._guard: Row | None = None
        self._until: tuple[datetime, float] | None = None
        self._expected: list[Span] | None = None

    # ---- all of it ------------------------------------------------------------------------------------------------

    def replace(self, totals: Totals, rows: Sequence[Row]) -> dict[str, set[Key]]:
        """Take rows for the whole tail; returns the series that changed."""
        self._slices, self._known = {}, None
        fresh: dict[str, Series] = {}
        rejected: Rejected = {}
        self.rows = totals.add(rows, fresh, rejected)
        return self._exchange(fresh, rejected)

    def _exchange(self, fresh: dict[str, Series], rejected: Rejected) -> dict[str, set[Key]]:
        changed = {}
        for base, last in self.series.items():
            series = fresh.setdefault(base, {})
            changed[base] = {key for key, vector in series.items() if last.get(key) != vector}
            changed[base] |= last.keys() - series.keys()
        self.series, self.rejected = fresh, rejected
        return changed

    # ---- slice by slice -------------------------------------------------------------------------------------------

    def begin(self, horizon: datetime, moment: Moment, guard: Row | None) -> Reading | None:
        """Cut the tail into slices; None when it must be read as a whole. The last span is still open and always read."""
        if guard is None or self.scan.probe_sql is None or moment.oldest is None or moment.bound is None:
            return None
        far = self._known is not None and not 0 <= moment.bound - self._known < FAR
        asked = self._expected
        if guard != self._guard or far or self._known is None or self._known > moment.oldest:
            self._slices, self._known, asked = {}, moment.oldest, None
        self._guard, self._until = guard, (moment.now, time.monotonic())
        return Reading(horizon, moment.now, self._cut(horizon, moment.now), asked)

    def _cut(self, horizon: datetime, now: datetime) -> list[Span]:
        """The time since the horizon in spans, of which the last is not over."""
        width = self.width
        while (now - horizon) / width > MOST_SLICES:
            width *= 2
        ends: list[datetime] = []
        early = now - FIRST * width
        ready = {
            start: end
            for (start, end), part in self._slices.items()
            if part.settled is not None and end - start >= width
        }
        place = horizon
        while (end := self._end(place, width, early, ready)) <= now:
            ends.append(end)
            place = end
        return list(zip([horizon, *ends], [*ends, now], strict=True))

    def _end(self, start: datetime, width: timedelta, early: datetime, ready: dict[datetime, datetime]) -> datetime:
        """Where the slice ends that begins at `start`: where it ended the last time, if it was whole."""
        if start in ready:
            return ready[start]
        longer = floor(start, FIRST * width) + FIRST * width
        return longer if not ready and longer <= early else floor(start, width) + width

    def expect(self, horizon: datetime | None) -> Statement | None:
        """The statement of `probe` for a snapshot that is about to be taken; None when there is nothing to compare with.

        What time it will be is a guess. A slice that was not asked about is read, and read again the next time.
        """
        self._expected = None
        if horizon is None or self._known is None or self._until is None or not self._slices:
            return None
        now, since = self._until
        reached = now + timedelta(seconds=time.monotonic() - since) + 2 * self.width
        self._expected = self._cut(horizon, reached)[:-1]
        return self._probe(horizon, self._expected, self._known)

    def probe(self, reading: Reading) -> Statement | None:
        """The statement that tells which slices are as they were; None when there is no whole slice."""
        assert self._known is not None  # since the reading has begun
        reading.asked = reading.spans[:-1]
        return self._probe(reading.lower, reading.asked, self._known)

    def _probe(self, lower: datetime, spans: Sequence[Span], known: int) -> Statement | None:
        return self.scan.probe(lower - TICK, [end - TICK for _, end in spans], known) if spans else None

    def decide(self, reading: Reading, counts: Iterable[Row]) -> None:
        """Keep the slices that are sure to be as they were; the others are to be read."""
        found = {place: (total, known, oldest) for place, total, known, oldest in counts}
        asked = {span: found.get(place, (0, 0, 0)) for place, span in enumerate(reading.asked or ())}
        reading.counts = {span: asked[span] for span in reading.spans[:-1] if span in asked}
        for span, (total, known, _) in reading.counts.items():
            part = self._slices.get(span)
            if part is not None and part.settled == total == known:
                reading.kept.add(span)
        reading.runs = _runs(reading)
        if len(reading.runs) > MOST_RUNS:
            reading.kept -= set(reading.spans[reading.spans.index(reading.runs[0][0]) :])
            reading.runs = _runs(reading)
        reading.statements = [self._statement(run, reading) for run in reading.runs]

    def _statement(self, run: Sequence[Span], reading: Reading) -> Statement:
        ends = [end if (start, end) == reading.spans[-1] else end - TICK for start, end in run]
        return self.scan.slots(run[0][0] - TICK, ends)[0]

    def take(self, totals: Totals, reading: Reading, oldest: int) -> dict[str, set[Key]]:
        """Take what was read; returns the series that changed."""
        fresh = {span: Slice(self._settled(reading, span)) for run in reading.runs for span in run}
        shared: dict[Row, Row] = {}
        for run, rows in zip(reading.runs, reading.rows, strict=True):
            width = len(self.scan.groups)
            for route, row in zip(totals.routes(rows), rows, strict=True):
                part, numbers = fresh[run[row[-1]]], row[width:-1]
                part.routes.append(route)
                part.numbers.append(shared.setdefault(numbers, numbers) if len(numbers) == 1 else numbers)
        with decimal.localcontext(EXACT):
            changed = self._alter(fresh, reading.kept) if reading.kept else self._renew(fresh)
        self._slices, self._known = {s: fresh.get(s) or self._slices[s] for s in reading.spans}, oldest
        return changed

    def seal(self, horizon: datetime) -> dict[str, set[Key]] | None:
        """Let go of slices before the horizon; returns the series that changed, or None if there are no slices."""
        if not self._slices:
            return None
        left = {span: part for span, part in self._slices.items() if span[0] >= horizon}
        changed: dict[str, set[Key]] = {base: set() for base in self.series}
        with decimal.localcontext(EXACT):
            self._count((part for span, part in self._slices.items() if span not in left), -1, changed)
        self._slices = left
        return changed

    def _settled(self, reading: Reading, span: Span) -> int | None:
        total, _, oldest = reading.counts.get(span, (0, 0, -1))
        return total if total == oldest else None

    def _alter(self, fresh: dict[Span, Slice], kept: set[Span]) -> dict[str, set[Key]]:
        changed: dict[str, set[Key]] = defaultdict(set)
        self._count((part for span, part in self._slices.items() if span not in kept), -1, changed)
        self._count(fresh.values(), 1, changed)
        return changed

    def _renew(self, fresh: dict[Span, Slice]) -> dict[str, set[Key]]:
        last = self.series
        self.series, self._parts = {base: {} for base in last}, {base: {} for base in last}
        self.rows, self.rejected = 0, {}
        self._count(fresh.values(), 1, defaultdict(set))
        self.series, found = last, self.series
        return self._exchange(found, self.rejected)

    def _count(self, parts: Iterable[Slice], sign: int, changed: dict[str, set[Key]]) -> None:
        """Add slices to the series, or take them away; a series ends with its last row."""
        some = list(parts)
        routes = [route for part in some for route in part.routes]
        every = [numbers for part in some for numbers in part.numbers]
        for place, family in enumerate(self.scan.families):
            base = family.metric.base
            mine = zip(map(itemgetter(place), routes), every, strict=True)
            changed[base] |= _merge(family, self.series[base], self._parts[base], mine, sign)
            for reason, slot in family.rejected:
                count = sum(map(itemgetter(slot), every))
                if count:
                    self.rejected[base, reason] = self.rejected.get((base, reason), 0) + sign * count
        self.rows += sign * sum(map(itemgetter(0), every))


def _runs(reading: Reading) -> list[list[Span]]:
    """Neighbours among the slices that are not kept."""
    runs = groupby(reading.spans, lambda span: span in reading.kept)
    return [list(run) for kept, run in runs if not kept]


def _merge(
    family: Family, series: Series, parts: dict[Key, int], rows: Iterable[tuple[Key, Row]], sign: int
) -> set[Key]:
    """Add one family's numbers to its series or take them away; `parts` counts what each is made of."""
    lead, several = family.slots[0], len(family.slots) > 1
    skip_zero = isinstance(family.metric, (Count, Distribution)) and not family.keep_zero
    # A histogram with values has no number that is NULL, and a NULL sum is none.
    pick, change = itemgetter(*family.slots), add if sign > 0 else sub
    changed = set()
    for key, numbers in rows:
        first = numbers[lead]
        if not first and (skip_zero or first is None):
            continue
        changed.add(key)
        count = parts[key] = parts.get(key, 0) + sign
        vector = series.get(key)
        if not count:
            del parts[key], series[key]
        elif vector is None:
            series[key] = list(pick(numbers)) if several else [first]
        elif several:
            series[key] = list(map(change, vector, pick(numbers)))
        else:
            series[key] = [change(vector[0], first)]
    return changed
