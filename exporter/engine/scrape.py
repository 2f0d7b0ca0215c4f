"""One scrape: the tail of every scan and every level, read in one snapshot and turned into lines."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

from exporter.engine.scans import LevelScan, Plan
from exporter.engine.totals import Admission, Key, Series, Totals, added
from exporter.labels import UNKNOWN
from exporter.metric import Distribution, Metric
from exporter.render import FamilyView, Number
from exporter.sources.database import ConnectionLost, DatabaseError, Row, Session


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
            for key in changed:
                base = sealed.get(key)
                view.set(key, added(base, fresh[key]) if base is not None else filled(metric, fresh[key]))
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
        for key, vector in series.items():
            if last.get(key) != vector:
                view.set(key, vector)
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

    def read(self, session: Session, statement_timeout: float, budget: float) -> Outcome:
        """Bring the views up to date. A domain with a failing statement is reported and costs only itself."""
        outcome = Outcome()
        started = time.monotonic()
        now = session.moment.now
        for scan in self.plan.scans:
            if self.totals[scan.name].horizon is None:
                outcome.waiting.setdefault(scan.domain, "the first pass over all rows is not done yet")
        for item in self.plan.items:
            if item.domain in outcome.failed or item.domain in outcome.waiting:
                continue
            begun = time.monotonic()
            try:
                timeout = min(statement_timeout, budget - (begun - started))
                if isinstance(item, LevelScan):
                    self._level(item, session, now, timeout)
                else:
                    self._tail(self.totals[item.name], session, now, timeout, outcome)
            except ConnectionLost:
                raise
            except DatabaseError as error:
                outcome.failed[item.domain] = f"{item.name}: {error}"
            outcome.scan_seconds[item.name] = time.monotonic() - begun
        outcome.seconds = time.monotonic() - started
        return outcome

    def _tail(self, totals: Totals, session: Session, now: datetime, timeout: float, outcome: Outcome) -> None:
        assert totals.horizon is not None  # read() leaves out scans that are not sealed
        sql, params = totals.scan.window(totals.horizon, now, closed=True)
        tail: dict[str, Series] = {}
        counted = totals.add(session.rows(sql, params, timeout), tail, outcome.rejected)
        self.views.update(totals, tail)
        domain = totals.scan.domain
        outcome.tail_rows[domain] = outcome.tail_rows.get(domain, 0) + counted

    def _level(self, level: LevelScan, session: Session, now: datetime, timeout: float) -> None:
        sql, params = level.at_instant(now)
        width = len(level.groups)
        keys = self.views.routes.setdefault(level.name, {})
        if len(keys) > 200_000:
            keys.clear()
        series: Series = {}
        for row in session.rows(sql, params, timeout):
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
