"""The three comparisons: the exporter in this process, a running exporter, and Prometheus now and in the past."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from exporter.entities.cost import PRICE
from exporter.entity import Entity
from exporter.exposition import Exposition
from exporter.labels import LABELS
from exporter.mapping import Mapping
from exporter.metric import EventMetric, Level, Metric, State
from exporter.metrics import CATALOGUE
from exporter.prices import load as load_prices
from exporter.settings import Settings
from exporter.sources.database import ConnectionLost, Database, DatabaseError, Session
from exporter.tariff import TARIFFS
from exporter.verify.compare import Difference, Expected, differences, fold, shown_values
from exporter.verify.fields import VerifyError
from exporter.verify.live import LOOKS, Running, Scraping, Source, look, recurring
from exporter.verify.prices import with_cost
from exporter.verify.recount import recount, statements
from exporter.verify.report import Comparison, Report
from exporter.verify.rows import Rows, find
from exporter.verify.shown import Prometheus, Shown, read_text
from exporter.verify.witness import Watcher, Witness

Connect = Callable[[], Database]
OF_NO_ROWS: Final = "it is read from another source than the database and has no rows"
OF_MANY_ROWS: Final = (
    "it is computed in the background from many rows and at its own pace, which no plain statement at an instant repeats; "
    "tests hold it against known answers, exporter_computation_age_seconds tells how old it is"
)
SLACK: Final = timedelta(seconds=0.1)
"""By how much the clocks of Prometheus and of the database may differ."""


def chosen(settings: Settings, names: tuple[str, ...], domains: tuple[str, ...]) -> tuple[Metric, ...]:
    """Metrics that the exporter is to give, narrowed by name (with or without namespace) and domain."""
    wanted = set(settings.exporter.domains) or {metric.domain for metric in CATALOGUE}
    able = [m for m in CATALOGUE if m.domain in wanted and m.base not in settings.exporter.disabled_metrics]
    for name in names:
        if not any(name in (metric.base, metric.name) for metric in able):
            raise VerifyError(f"{name} is no metric that the exporter is set to give")
    for domain in domains:
        if domain not in {metric.domain for metric in able}:
            raise VerifyError(f"{domain} is no domain that the exporter is set to give")
    return tuple(
        metric
        for metric in able
        if (not names or metric.base in names or metric.name in names) and (not domains or metric.domain in domains)
    )


class Verifier:
    """Compares what is shown with what the rows say."""

    def __init__(
        self,
        settings: Settings,
        mapping: Mapping,
        connect: Connect,
        metrics: tuple[Metric, ...],
        say: Callable[[str], None],
    ) -> None:
        self.settings = settings
        self.mapping = mapping
        self.metrics = metrics
        self.report = Report()
        self._connect = connect
        self._database = connect()
        self._say = say
        self._rows: dict[str, Rows | str] = {}
        self._caps = {label.name: settings.exporter.label_caps.get(label.name, label.cap) for label in LABELS}

    def close(self) -> None:
        """Drop the connection."""
        self._database.close()

    # ---- what is compared -----------------------------------------------------------------------------------------

    def here(self, progress: Callable[[str, float], None]) -> None:
        """The exporter's own code and state file, in the very snapshot that is recounted."""
        begun = time.monotonic()
        expected: list[dict[str, Expected]] = []
        failure: list[DatabaseError] = []

        def look(session: Session) -> None:
            try:
                expected.append(self._expected(session, session.moment.now, session.moment.now, strict=True))
            except DatabaseError as error:
                failure.append(error)

        witness = Witness(self._connect())
        ways = iter((witness, self._connect()))
        collector = Watcher(self.settings, self.mapping, lambda: next(ways), self._say)
        try:
            collector.prepare(progress)
            witness.look = look
            self._say("recounting every metric by plain SQL")
            text = Exposition(collector, list).exposition(openmetrics=False).decode()
        finally:
            collector.close()
        if failure:
            raise failure[0]
        if not expected:
            raise VerifyError(f"the exporter cannot read the database: {collector.database_error}")
        failed = {**collector.outcome.waiting, **collector.outcome.failed}
        self._take(("exporter in this process", begun), expected[0], read_text(CATALOGUE, text), failed)

    def exporter(self, url: str) -> None:
        """A running exporter: what it shows must be what the rows say of the instant at which it read them."""
        self._live(Running(url, self.settings.exporter.reuse))

    def prometheus_now(self, prometheus: Prometheus) -> None:
        """What Prometheus gets from its next scrape; from its last one where the exporter does not tell when it reads."""
        known = prometheus.snapshots()
        if known:
            self._live(Scraping(prometheus, known))
            return
        instant, _ = prometheus.last_scrape()
        self._prometheus(prometheus, instant, f"Prometheus now, {_stamp(instant)}", self.settings.exporter.settle)

    def prometheus_past(self, prometheus: Prometheus, number: int, seed: int, late: float) -> None:
        """What Prometheus has of random times; rows written up to `late` seconds after their time stamp may be missing."""
        events = tuple(metric for metric in self.metrics if isinstance(metric, EventMetric)) or self.metrics
        instants = prometheus.instants(events, number, seed, self.settings.retention_days)
        if len(instants) < number:
            self._say(f"Prometheus has samples of {len(instants)} of {number} times only")
        for instant in instants:
            self._prometheus(prometheus, instant, f"Prometheus at {_stamp(instant)}", late=late)

    def sql(self) -> Iterator[tuple[str, str]]:
        """The statements of this moment, by metric."""
        with self._database.snapshot() as session:
            now = session.moment.now
            for metric in self._able(session):
                for statement in statements(metric, self._of(metric, session), (now, now), self.settings):
                    yield metric.name, statement.sql

    # ---- how ------------------------------------------------------------------------------------------------------

    def _live(self, source: Source) -> None:
        """Look at what runs until it differs in nothing, or has differed often enough."""
        begun = time.monotonic()
        self._say(source.where)
        second = self._connect()
        looks: list[list[Difference]] = []
        try:
            while True:
                found, expected = look(
                    source, (self._database, second), lambda session, window: self._expected(session, *window)
                )
                looks.append(self._differ(source.where, expected, found))
                if len(looks) == (LOOKS if looks[0] else 1):
                    break
                self._say(f"{source.where}: {len(looks[-1])} differences; looking again")
        finally:
            second.close()
        self._take((source.where, begun), expected, found, looks=looks)

    def _prometheus(self, prometheus: Prometheus, instant: float, where: str, late: float) -> None:
        begun = time.monotonic()
        self._say(where)
        found = prometheus.at(CATALOGUE, instant)
        duration = prometheus.duration(instant)
        least = most = datetime.fromtimestamp(round(instant, 3), UTC)
        if duration is not None and found.moments:
            least, most = found.moments[0] - timedelta(seconds=late), found.moments[-1]
        elif duration is not None:
            least -= SLACK + timedelta(seconds=self.settings.exporter.reuse + late)
            most += SLACK + timedelta(seconds=duration)
        with self._database.snapshot() as session:
            expected = self._expected(session, least, most)
        self._take((where, begun), expected, found)

    def _expected(
        self, session: Session, least: datetime, most: datetime, *, strict: bool = False
    ) -> dict[str, Expected]:
        """Samples of every metric between two instants."""
        found = {}
        for metric in self._able(session):
            with self._guard(metric):
                found[metric.base] = self._one(metric, session, (least, most), strict=strict)
        return found

    def _one(
        self, metric: EventMetric | Level, session: Session, window: tuple[datetime, datetime], *, strict: bool
    ) -> Expected:
        rows = self._of(metric, session)
        back = window[1], window[0]
        level = isinstance(metric, Level)
        first = window if level else (window[0], window[0])
        least = recount(metric, rows, session, first, self.settings)
        most = (
            least
            if window[0] == window[1]
            else recount(metric, rows, session, back if level else (window[1],) * 2, self.settings)
        )
        value = getattr(metric, "value", None) or getattr(metric, "amount", None)
        rounded = [getattr(metric, "sum", metric.name)] if value is not None and rows.field(value).rounded else []
        zero = isinstance(metric, Level) and metric.zero
        return Expected(metric.base, least, most, frozenset(rounded), zero=zero, strict=strict and level)

    @contextlib.contextmanager
    def _guard(self, metric: Metric) -> Iterator[None]:
        """One metric's trouble is told and must not hide the others."""
        try:
            yield
        except VerifyError as error:
            self.report.unverifiable[metric.name] = str(error)
        except ConnectionLost:
            raise
        except DatabaseError as error:
            self._problem(f"{metric.name} cannot be recounted: {error}")

    def _able(self, session: Session) -> Iterator[EventMetric | Level]:
        """Metrics that the mapping gives; the others are noted with the reason."""
        for metric in self.metrics:
            with self._guard(metric):
                if not isinstance(metric, (EventMetric, Level)):
                    raise VerifyError(OF_NO_ROWS if isinstance(metric, State) else OF_MANY_ROWS)
                rows = self._of(metric, session)
                for column in metric.columns:
                    rows.field(column)
                parts = getattr(metric, "parts", None)
                if parts and not any(column.name in rows.fields for column in parts.values()):
                    rows.field(next(iter(parts.values())))
                yield metric

    def _of(self, metric: EventMetric | Level, session: Session) -> Rows:
        name = metric.entity.name
        if name not in self._rows:
            try:
                self._rows[name] = self._find(metric.entity, session)
            except VerifyError as error:
                self._rows[name] = str(error)
        rows = self._rows[name]
        if isinstance(rows, str):
            raise VerifyError(rows)
        return rows

    def _find(self, entity: Entity, session: Session) -> Rows:
        """An entity's rows, with their cost where it is billed."""
        sqlite = self._database.dialect == "sqlite"
        found = find(entity, self.mapping, session, sqlite=sqlite)
        if not any(tariff.entity is entity for tariff in TARIFFS):
            return found
        try:
            stored = find(PRICE, self.mapping, session, sqlite=sqlite)
        except VerifyError:
            stored = None
        return with_cost(found, stored, load_prices(self.settings.prices.file))

    def _take(
        self,
        what: tuple[str, float],
        expected: dict[str, Expected],
        found: Shown,
        failed: dict[str, str] | None = None,
        looks: list[list[Difference]] | None = None,
    ) -> None:
        """Note a comparison. Metrics of a domain that the exporter says it cannot give are a problem, not differences."""
        where, begun = what
        reasons = {**dict.fromkeys(found.down, "the exporter could not read it"), **(failed or {})}
        domains = {metric.base: metric.domain for metric in self.metrics}
        for domain in sorted(set(domains.values()) & reasons.keys()):
            self._problem(f"{where}: domain {domain}: {reasons[domain]}")
        able = {base for base in domains if domains[base] not in reasons}
        expected = {base: item for base, item in expected.items() if base in able}
        wrong, once = recurring(looks or []) if looks and len(looks) > 1 else (self._differ(where, expected, found), [])
        self.report.metrics = max(self.report.metrics, len(expected))
        places = {base: item.most.keys() | found.tables.get(base, {}).keys() for base, item in expected.items()}
        between = sum(
            item.least.get(place, 0) != item.most.get(place, 0)
            for base, item in expected.items()
            for place in places[base]
        )
        self.report.comparisons.append(
            Comparison(
                where,
                sum(map(len, places.values())),
                tuple(each for each in wrong if each.metric in able),
                time.monotonic() - begun,
                between,
                tuple(each for each in once if each.metric in able),
            )
        )

    def _differ(self, where: str, expected: dict[str, Expected], found: Shown) -> list[Difference]:
        shown = shown_values(place for table in found.tables.values() for place in table)
        wrong: list[Difference] = []
        for base, item in expected.items():
            least, most = fold(item.least, shown, self._caps), fold(item.most, shown, self._caps)
            folded = Expected(base, least, most, item.rounded, zero=item.zero, strict=item.strict)
            wrong += differences(folded, found.tables.get(base, {}), where)
        for metric in self.metrics:
            if metric.name in self.report.unverifiable and isinstance(metric, (EventMetric, Level)):
                wrong += differences(Expected(metric.base, {}, {}), found.tables.get(metric.base, {}), where)
        return wrong

    def _problem(self, text: str) -> None:
        if text not in self.report.problems:
            self.report.problems.append(text)


def _stamp(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat(sep=" ", timespec="milliseconds").replace("+00:00", "Z")
