"""One scrape: the tail of every scan and every level, read in one snapshot and turned into lines."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

from exporter.engine.scans import LevelScan, Plan, Scan
from exporter.engine.totals import Admission, Key, Series, Totals, added
from exporter.labels import UNKNOWN
from exporter.metric import Distribution, Metric
from exporter.render import FamilyView, Number
from exporter.sources.database import ConnectionLost, DatabaseError, Row, Session, Statement


@dataclass(slots=True)
class Outcome:
    """What one scrape found out, beside the lines themselves."""

    seconds: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    scan_seconds: dict[str, float] = field(default_factory=dict)
    tail_rows: dict[str, int] = field(default_factory=dict)
    rejected: dict[tuple[str, str], int] = field(default_factory=dict)


class Views:
    """The lines of all families, by domain, brought up to date from scrape to scrape."""

    def __init__(self, plan: Plan, fixed: str = "") -> None:
        self.fixed = fixed
        self.by_domain: dict[str, dict[str, FamilyView]] = {}
        self.routes: dict[str, dict[Row, Key]] = {}
        self._last: dict[str, Series] = {}
        for scan in plan.scans:
            for family in scan.families:
                self._view(scan.domain, family.metric, family.bounds)
        for level in plan.levels:
            self._view(level.domain, level.family.metric, ())

    def _view(self, domain: str, metric: Metric, bounds: tuple[float, ...]) -> None:
        self.by_domain.setdefault(domain, {}).setdefault(metric.base, FamilyView(metric, bounds, self.fixed))

    def update(self, totals: Totals, tail: dict[str, Series]) -> None:
        """Write the lines of series that the tail or sealing changed since the last scrape."""
        views = self.by_domain[totals.scan.domain]
        for metric in totals.metrics:
            sealed, fresh, view = totals.sealed[metric.base], tail.get(metric.base, {}), views[metric.base]
            last, touched = self._last.get(metric.base, {}), totals.touched[metric.base]
            changed = [key for key, vector in fresh.items() if key in touched or last.get(key) != vector]
            bases = map(sealed.get, changed)
            view.write(
                (key, added(base, fresh[key]) if base is not None else filled(metric, fresh[key]))
                for key, base in zip(changed, bases, strict=True)
            )
            for key in (last.keys() | touched) - fresh.keys():
                if key in sealed:
                    view.set(key, filled(metric, sealed[key]))
                else:
                    view.remove(key)
            self._last[metric.base] = fresh
            totals.touched[metric.base] = set()

    def put(self, level: LevelScan, series: Series) -> None:
        """Write the lines of a level that differ from those of the last scrape."""
        metric = level.family.metric
        view, last = self.by_domain[level.domain][metric.base], self._last.get(metric.base, {})
        view.write((key, vector) for key, vector in series.items() if last.get(key) != vector)
        for key in last.keys() - series.keys():
            view.remove(key)
        self._last[metric.base] = series


def filled(metric: Metric, vector: list[Number]) -> list[Number]:
    """A vector as it is; a histogram's sum over no value is 0."""
    return [0 if value is None else value for value in vector] if isinstance(metric, Distribution) else vector


class Reader:
    """Reads a plan in one snapshot."""

    def __init__(self, plan: Plan, totals: dict[str, Totals], admission: Admission, views: Views) -> None:
        self.plan = plan
        self.totals = totals
        self.admission = admission
        self.views = views
        # Several scans may read the same rows; the rows of a tail are told once for each of their event times.
        first: dict[tuple[str, str], str] = {}
        for scan in plan.scans:
            first.setdefault((scan.source.entity.name, scan.at.column.name), scan.name)
        self._first = frozenset(first.values())

    def read(self, session: Session, statement_timeout: float, budget: float, *, together: bool) -> Outcome:
        """Bring the views up to date. A domain with a failing statement is reported and costs only itself.

        Statements are sent `together` when none is expected to fail; if one does, all are tried one by one.
        """
        started = time.monotonic()
        outcome: Outcome | None = None
        if together:
            try:
                outcome = self._read_together(session, min(statement_timeout, budget / 2), started + budget / 2)
            except ConnectionLost:
                raise
            except DatabaseError:
                outcome = None
        if outcome is None:
            outcome = self._read_each(session, statement_timeout, started + budget)
        outcome.seconds = time.monotonic() - started
        return outcome

    def _begin(self) -> Outcome:
        waiting = (scan.domain for scan in self.plan.scans if self.totals[scan.name].horizon is None)
        return Outcome(waiting=dict.fromkeys(waiting, "the first pass over all rows is not done yet"))

    def _read_together(self, session: Session, timeout: float, deadline: float) -> Outcome:
        outcome = self._begin()
        items = [item for item in self.plan.items if item.domain not in outcome.waiting]
        begun = time.monotonic()
        statements = [self._statement(item, session.moment.now) for item in items]
        for item, rows in zip(items, session.stream(statements, timeout), strict=True):
            self._take(item, rows, outcome)
            now = time.monotonic()
            outcome.scan_seconds[item.name], begun = now - begun, now
            if now > deadline:
                raise DatabaseError("the time for this scrape is used up")
        return outcome

    def _read_each(self, session: Session, statement_timeout: float, deadline: float) -> Outcome:
        outcome = self._begin()
        for item in self.plan.items:
            if item.domain in outcome.failed or item.domain in outcome.waiting:
                continue
            begun = time.monotonic()
            try:
                sql, params = self._statement(item, session.moment.now)
                self._take(item, session.rows(sql, params, min(statement_timeout, deadline - begun)), outcome)
            except ConnectionLost:
                raise
            except DatabaseError as error:
                outcome.failed[item.domain] = f"{item.name}: {error}"
            outcome.scan_seconds[item.name] = time.monotonic() - begun
        return outcome

    def _statement(self, item: Scan | LevelScan, now: datetime) -> Statement:
        if isinstance(item, LevelScan):
            return item.at_instant(now)
        return item.window(self.totals[item.name].horizon, now, closed=True)

    def _take(self, item: Scan | LevelScan, rows: list[Row], outcome: Outcome) -> None:
        if isinstance(item, LevelScan):
            self._take_level(item, rows)
            return
        totals = self.totals[item.name]
        tail: dict[str, Series] = {}
        counted = totals.add(rows, tail, outcome.rejected)
        self.views.update(totals, tail)
        if item.name in self._first:
            outcome.tail_rows[item.domain] = outcome.tail_rows.get(item.domain, 0) + counted

    def _take_level(self, level: LevelScan, rows: list[Row]) -> None:
        width = len(level.groups)
        keys = self.views.routes.setdefault(level.name, {})
        if len(keys) > 200_000:
            keys.clear()
        series: Series = {}
        for row in rows:
            group, value = row[:width], row[width]
            if value is None or not (value or level.family.keep_zero):
                continue
            key = keys.get(group)
            if key is None:
                key = keys[group] = level_key(level, group, self.admission)
            series[key] = added(series[key], [value]) if key in series else [value]
        self.views.put(level, series)


def level_key(level: LevelScan, group: tuple[object, ...], admission: Admission) -> Key:
    """Label values of a level's series, beyond a cap `other`."""
    values = []
    for label, place in zip(level.family.metric.labels, level.family.labels, strict=True):
        word = place if isinstance(place, str) else group[place]
        text = UNKNOWN if word is None or word == "" else str(word)
        values.append(text if isinstance(place, str) else admission.value(label.name, text))
    return tuple(values)
