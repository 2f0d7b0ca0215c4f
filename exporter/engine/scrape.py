"""One scrape: the tail of every scan and every level, read in one snapshot and turned into lines."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

from exporter.engine.scans import LevelScan, Plan
from exporter.engine.totals import Admission, Key, Series, Totals, plus
from exporter.labels import UNKNOWN
from exporter.metric import Distribution, Metric
from exporter.render import FamilyView, Number
from exporter.sources.database import ConnectionLost, DatabaseError, Session


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

    def __init__(self, plan: Plan) -> None:
        self.by_domain: dict[str, dict[str, FamilyView]] = {}
        self._last: dict[str, set[Key]] = {}
        for scan in plan.scans:
            for family in scan.families:
                self._view(scan.domain, family.metric, family.bounds)
        for level in plan.levels:
            self._view(level.domain, level.family.metric, ())

    def _view(self, domain: str, metric: Metric, bounds: tuple[float, ...]) -> None:
        self.by_domain.setdefault(domain, {}).setdefault(metric.base, FamilyView(metric, bounds))

    def update(self, totals: Totals, tail: dict[str, Series]) -> None:
        """Write the lines of series that the tail or sealing changed since the last scrape."""
        views = self.by_domain[totals.scan.domain]
        for metric in totals.metrics:
            sealed, fresh, view = totals.sealed[metric.base], tail.get(metric.base, {}), views[metric.base]
            changed = fresh.keys() | self._last.get(metric.base, set()) | totals.touched[metric.base]
            for key in changed:
                base, extra = sealed.get(key), fresh.get(key)
                if base is not None and extra is not None:
                    view.set(key, [plus(left, right) for left, right in zip(base, extra, strict=True)])
                else:
                    vector = base if base is not None else extra
                    if vector is not None:
                        view.set(key, filled(metric, vector))
                    else:
                        view.lines.pop(key, None)
            self._last[metric.base] = set(fresh)
            totals.touched[metric.base] = set()


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
        series: dict[Key, Number] = {}
        for row in session.rows(sql, params, timeout):
            key = self._key(level, row[:width])
            if row[width] is not None and (row[width] or level.family.keep_zero):
                series[key] = plus(series.get(key, 0), row[width])
        view = self.views.by_domain[level.domain][level.family.metric.base]
        view.replace((key, [value]) for key, value in sorted(series.items()))

    def _key(self, level: LevelScan, group: tuple[object, ...]) -> Key:
        values = []
        for label, place in zip(level.family.metric.labels, level.family.labels, strict=True):
            word = place if isinstance(place, str) else group[place]
            text = UNKNOWN if word is None or word == "" else str(word)
            values.append(text if isinstance(place, str) else self.admission.value(label.name, text))
        return tuple(values)
