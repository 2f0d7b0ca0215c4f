"""One scrape: the tail of every scan and every level, read in one snapshot and turned into lines."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from exporter.engine.ended import Ended
from exporter.engine.probe import GUARD, guarded
from exporter.engine.scans import LevelScan, Plan, Scan
from exporter.engine.tail import Reading, Tail
from exporter.engine.totals import Admission, Key, Series, Totals, added, series_key
from exporter.metric import Distribution, Metric
from exporter.render import FamilyView, Number
from exporter.sources.database import Ahead, Ask, ConnectionLost, DatabaseError, Moment, Row, Session, Statement

LOOK_SECONDS: Final = 600.0
"""How often all rows of a level are looked at for label sets with nothing open; in between only those that opened since."""

LATE: Final = timedelta(hours=1)
"""How late a row may be written after it opened, to be seen before the next look at all rows."""


@dataclass(slots=True)
class Outcome:
    """What one scrape found out, beside the lines themselves."""

    seconds: float = 0.0
    at: datetime | None = None
    """The time of the snapshot that was read, by the database's clock."""
    failed: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    scan_seconds: dict[str, float] = field(default_factory=dict)
    tail_rows: dict[str, int] = field(default_factory=dict)
    rejected: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass(slots=True)
class Closed:
    """Label sets of a level that had rows at the last look at all rows, or since; they are 0 with nothing open."""

    looked: datetime
    began: float
    keys: set[Key] = field(default_factory=set)

    def since(self, now: datetime) -> datetime | None:
        """From when on rows must be looked at again; None for all."""
        fresh = time.monotonic() - self.began < LOOK_SECONDS and now >= self.looked
        return self.looked - LATE if fresh else None


class Views:
    """The lines of all families, by domain, and the tails that they show, brought up to date from scrape to scrape."""

    def __init__(self, plan: Plan, fixed: str = "", width: timedelta = timedelta(seconds=1)) -> None:
        self.fixed = fixed
        self.by_domain: dict[str, dict[str, FamilyView]] = {}
        self.routes: dict[str, dict[Row, Key]] = {}
        self.tails = {scan.name: Tail(scan, width) for scan in plan.scans}
        self.closed: dict[str, Closed] = {}
        self._last: dict[str, Series] = {}
        for scan in plan.scans:
            for family in scan.families:
                self._view(scan.domain, family.metric, family.bounds)
        for level in plan.levels:
            self._view(level.domain, level.family.metric, ())

    def _view(self, domain: str, metric: Metric, bounds: tuple[float, ...]) -> None:
        self.by_domain.setdefault(domain, {}).setdefault(metric.base, FamilyView(metric, bounds, self.fixed))

    def update(self, totals: Totals, changed: dict[str, set[Key]]) -> None:
        """Write the lines of series that the tail or sealing changed since the last scrape."""
        views, tail = self.by_domain[totals.scan.domain], self.tails[totals.scan.name]
        for metric in totals.metrics:
            sealed, fresh, view = totals.sealed[metric.base], tail.series[metric.base], views[metric.base]
            gone: list[Key] = []
            view.write(_shown(metric, changed[metric.base] | totals.touched[metric.base], sealed, fresh, gone))
            for key in gone:
                view.remove(key)
            view.pack()
            totals.touched[metric.base] = set()

    def sealed(self, totals: Totals) -> None:
        """Sealed rows leave the tail; as a rule their sums stay the same, and the next scrape has nothing to do for them.

        Lines are left as they are: they show the snapshot of the last scrape.
        """
        tail, views = self.tails[totals.scan.name], self.by_domain[totals.scan.domain]
        changed = tail.seal(totals.horizon) if totals.horizon is not None else None
        if changed is None:
            return
        for metric in totals.metrics:
            sealed, fresh, view = totals.sealed[metric.base], tail.series[metric.base], views[metric.base]
            shown = (
                (key, sealed.get(key), fresh.get(key)) for key in changed[metric.base] | totals.touched[metric.base]
            )
            totals.touched[metric.base] = {
                key for key, old, new in shown if not (old or new) or not view.shows(key, summed(metric, old, new))
            }

    def put(self, level: LevelScan, series: Series) -> None:
        """Write the lines of a level that differ from those of the last scrape."""
        metric = level.family.metric
        view, last = self.by_domain[level.domain][metric.base], self._last.get(metric.base, {})
        view.write((key, vector) for key, vector in series.items() if last.get(key) != vector)
        for key in last.keys() - series.keys():
            view.remove(key)
        view.pack()
        self._last[metric.base] = series


def _shown(
    metric: Metric, keys: Iterable[Key], sealed: Series, tail: Series, gone: list[Key]
) -> Iterator[tuple[Key, list[Number]]]:
    """What series show; those that have no rows any more are put into `gone`."""
    single = not isinstance(metric, Distribution)
    for key in keys:
        old, new = sealed.get(key), tail.get(key)
        if single and old and new and type(old[0]) is type(new[0]):
            # As `summed` does, without its price: most series are of this kind.
            yield key, [old[0] + new[0]]  # type: ignore[operator]
        elif old or new:
            yield key, summed(metric, old, new)
        else:
            gone.append(key)


def _unique(statements: Iterable[Statement]) -> list[Statement]:
    """Scans of the same rows ask the same."""
    every = list(statements)
    return [each for place, each in enumerate(every) if each not in every[:place]]


def summed(metric: Metric, sealed: list[Number] | None, tail: list[Number] | None) -> list[Number]:
    """What a series shows: sealed numbers and those of the tail, of which one may be missing."""
    return added(sealed, tail) if sealed and tail else filled(metric, sealed or tail or [])


def filled(metric: Metric, vector: list[Number]) -> list[Number]:
    """A vector as it is; a histogram's sum over no value is 0."""
    return [0 if value is None else value for value in vector] if isinstance(metric, Distribution) else vector


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a statement may take, and a whole scrape."""

    statement: float
    scrape: float

    @property
    def together(self) -> float:
        """Limit of each statement while all are asked together: there must be time left to ask one by one."""
        return min(self.statement, self.scrape / 2)


class Reader:
    """Reads a plan in one snapshot."""

    def __init__(
        self,
        plan: Plan,
        totals: dict[str, Totals],
        admission: Admission,
        views: Views,
        limits: Limits,
        *,
        ended: Ended | None = None,
    ) -> None:
        self.plan = plan
        self.limits = limits
        self.totals = totals
        self.admission = admission
        self.views = views
        self._ended = ended
        # Several scans may read the same rows; the rows of a tail are told once for each of their event times.
        first: dict[tuple[str, str], str] = {}
        for scan in plan.scans:
            first.setdefault((scan.source.entity.name, scan.at.column.name), scan.name)
        self._first = frozenset(first.values())
        self._probes: dict[str, Statement] = {}

    def read(self, session: Session, *, together: bool) -> Outcome:
        """Bring the views up to date. A domain with a failing statement is reported and costs only itself.

        Statements are sent `together` when none is expected to fail; if one does, all are tried one by one.
        """
        started, budget = time.monotonic(), self.limits.scrape
        if self._ended is not None:
            self._ended.look(self.plan.levels, session, self.limits.together / 2, self._level_series)
        outcome: Outcome | None = None
        if together:
            try:
                outcome = self._read_together(session, self.limits.together, started + budget / 2)
            except ConnectionLost:
                raise
            except DatabaseError:
                outcome = None
        if outcome is None:
            outcome = self._read_each(session, self.limits.statement, started + budget)
        outcome.seconds, outcome.at = time.monotonic() - started, session.moment.now
        return outcome

    def _begin(self) -> Outcome:
        waiting = (scan.domain for scan in self.plan.scans if self.totals[scan.name].horizon is None)
        return Outcome(waiting=dict.fromkeys(waiting, "the first pass over all rows is not done yet"))

    def _read_together(self, session: Session, timeout: float, deadline: float) -> Outcome:
        outcome = self._begin()
        items = [item for item in self.plan.items if item.domain not in outcome.waiting]
        begun = time.monotonic()
        with session.together(timeout) as ask:
            tails = self._inquire(session, [item for item in items if isinstance(item, Scan)], ask)
            asked = {item.name: self._statements(item, tails.get(item.name), session.moment) for item in items}
            shared: dict[str, list[Row]] = {}
            with closing(ask(self._each_once(items, asked))) as results:
                for item in items:
                    sql = item.shared_sql if isinstance(item, LevelScan) else None
                    rows = [shared[sql]] if sql in shared else [next(results) for _ in asked[item.name]]
                    if sql is not None:
                        shared[sql] = rows[0]
                    self._take(item, rows, tails.get(item.name), session.moment, outcome, shared=True)
                    now = time.monotonic()
                    outcome.scan_seconds[item.name], begun = now - begun, now
                    if now > deadline:
                        raise DatabaseError("the time for this scrape is used up")
        return outcome

    def _each_once(self, items: Sequence[Scan | LevelScan], asked: dict[str, list[Statement]]) -> list[Statement]:
        """All statements; one that several levels share where the first of them stands."""
        found: list[Statement] = []
        shared: set[str] = set()
        for item in items:
            sql = item.shared_sql if isinstance(item, LevelScan) else None
            if sql not in shared:
                found += asked[item.name]
            if sql is not None:
                shared.add(sql)
        return found

    def _statements(self, item: Scan | LevelScan, reading: Reading | None, moment: Moment) -> list[Statement]:
        if isinstance(item, LevelScan) and item.shared_sql is not None:
            return [(item.shared_sql, item.at_instant(moment.now)[1])]
        return [self._statement(item, moment.now)] if reading is None else reading.statements

    def ahead(self) -> Ahead | None:
        """What can be asked along with the snapshot: which slices of tails are as they were."""
        probes = {name: tail.expect(self.totals[name].horizon) for name, tail in self._tails(self.plan.scans).items()}
        self._probes = {name: statement for name, statement in probes.items() if statement is not None}
        if not self._probes:
            return None
        return Ahead((self._guards(self._probes), *_unique(self._probes.values())), self.limits.together)

    def _tails(self, scans: Sequence[Scan]) -> dict[str, Tail]:
        return {scan.name: self.views.tails[scan.name] for scan in scans if scan.probe_sql is not None}

    def _guards(self, names: Iterable[str]) -> Statement:
        tables = {guarded(self.views.tails[name].scan.source) for name in names}
        return GUARD, {"names": sorted(tables)}

    def _inquire(self, session: Session, scans: Sequence[Scan], ask: Ask) -> dict[str, Reading]:
        """What must be read of the tails of which some slices may be sure to be as they were."""
        tails = self._tails(scans)
        if not tails or session.moment.oldest is None:
            return {}
        before = session.ahead is not None and tails.keys() <= self._probes.keys()
        if before:
            assert session.ahead is not None
            found, *answers = session.ahead
        else:
            (found,) = ask([self._guards(tails)])
        guards = {row[0]: row for row in found}
        begun: dict[str, Reading] = {}
        for name, tail in tails.items():
            horizon = self.totals[name].horizon
            assert horizon is not None  # others wait
            reading = tail.begin(horizon, session.moment, guards.get(guarded(tail.scan.source)))
            if reading is not None:
                begun[name] = reading
        if before and all(reading.asked is not None for reading in begun.values()):
            probes = self._probes
        else:
            asked = ((name, tails[name].probe(reading)) for name, reading in begun.items())
            probes = {name: statement for name, statement in asked if statement is not None}
            answers = list(ask(_unique(probes.values()))) if probes else []
        unique = _unique(probes.values())
        for name, reading in begun.items():
            tails[name].decide(reading, answers[unique.index(probes[name])] if name in probes else ())
        return begun

    def _read_each(self, session: Session, statement_timeout: float, deadline: float) -> Outcome:
        outcome = self._begin()
        for item in self.plan.items:
            if item.domain in outcome.failed or item.domain in outcome.waiting:
                continue
            begun = time.monotonic()
            try:
                sql, params = self._statement(item, session.moment.now)
                rows = session.rows(sql, params, min(statement_timeout, deadline - begun))
                self._take(item, [rows], None, session.moment, outcome)
            except ConnectionLost:
                raise
            except DatabaseError as error:
                outcome.failed[item.domain] = f"{item.name}: {error}"
            outcome.scan_seconds[item.name] = time.monotonic() - begun
        return outcome

    def _statement(self, item: Scan | LevelScan, now: datetime) -> Statement:
        if isinstance(item, LevelScan):
            closed = self.views.closed.get(item.name)
            return item.at_instant(now, closed.since(now) if closed is not None else None)
        return item.window(self.totals[item.name].horizon, now, closed=True)

    def _take(
        self,
        item: Scan | LevelScan,
        rows: list[list[Row]],
        reading: Reading | None,
        moment: Moment,
        outcome: Outcome,
        *,
        shared: bool = False,
    ) -> None:
        if isinstance(item, LevelScan):
            self._take_level(item, rows[0], moment.now, item.place if shared else 0)
            return
        totals, tail = self.totals[item.name], self.views.tails[item.name]
        if reading is None:
            changed = tail.replace(totals, rows[0])
        else:
            assert moment.oldest is not None  # else nothing was inquired
            reading.rows = rows
            changed = tail.take(totals, reading, moment.oldest)
        self.views.update(totals, changed)
        for name, count in tail.rejected.items():
            outcome.rejected[name] = outcome.rejected.get(name, 0) + count
        if item.name in self._first:
            outcome.tail_rows[item.domain] = outcome.tail_rows.get(item.domain, 0) + tail.rows

    def _level_series(self, level: LevelScan, rows: list[Row], place: int = 0) -> Series:
        width = len(level.groups)
        keys = self.views.routes.setdefault(level.name, {})
        if len(keys) > 200_000:
            keys.clear()
        series: Series = {}
        for row in rows:
            group, value = row[:width], row[width + place]
            if value is None or not (value or level.family.keep_zero):
                continue
            key = keys.get(group)
            if key is None:
                key = keys[group] = series_key(level.family, group, self.admission)
            series[key] = added(series[key], [value]) if key in series else [value]
        return series

    def _take_level(self, level: LevelScan, rows: list[Row], now: datetime, place: int) -> None:
        series = self._level_series(level, rows, place)
        if self._ended is not None:
            series = self._ended.shown(level, series, now)
        if level.recent_sql is not None:
            closed = self.views.closed.get(level.name)
            if closed is None or closed.since(now) is None:
                closed = self.views.closed[level.name] = Closed(now, time.monotonic())
            closed.keys |= series.keys()
            series = {**{key: [0] for key in closed.keys}, **series}
        self.views.put(level, series)
