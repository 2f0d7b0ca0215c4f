"""Rows in which every mistake shows: on bounds, at the edges of windows, NULL, negative, with each value of each filter."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from exporter.engine.ledger import BEGINNING
from exporter.engine.resolve import Source, resolve
from exporter.engine.scans import Plan
from exporter.engine.scrape import Outcome, Reader, Views
from exporter.engine.totals import Admission, Totals
from exporter.entities import ENTITIES
from exporter.entities.cost import PRICE
from exporter.entity import Column, Entity, Kind
from exporter.labels import LABELS
from exporter.mapping import Mapping
from exporter.metric import Distribution, EventMetric, Level, Metric
from exporter.metrics import CATALOGUE
from exporter.settings import Settings
from exporter.sources.database import Database, Postgres, Session
from exporter.tariff import UNITS
from exporter.verify.compare import Expected
from exporter.verify.report import Report
from exporter.verify.shown import read_text
from exporter.verify.verifier import Verifier

NOW: Final = datetime(2026, 10, 25, 12, 0, 0, 123457, tzinfo=UTC)
CAP: Final = timedelta(hours=1)
HORIZON: Final = NOW - CAP
TICK: Final = timedelta(microseconds=1)
NEAR: Final = 1e-6
SECONDS: Final = 60.0
ROWS: Final = 1500
TYPES: Final = {
    Kind.TEXT: "text",
    Kind.TIME: "timestamptz",
    Kind.INTEGER: "bigint",
    Kind.REAL: "double precision",
    Kind.MONEY: "numeric",
    Kind.FLAG: "boolean",
}


def bounds_of(column: Column, entity: Entity, settings: Settings) -> list[float]:
    """Bounds of every histogram of a column."""
    return sorted(
        {
            bound
            for metric in CATALOGUE
            if isinstance(metric, Distribution) and metric.entity is entity and metric.value is column
            for bound in metric.upper_bounds(settings.thresholds.bounds())
        }
    )


def asked_for(column: Column, entity: Entity) -> list[str]:
    """Words that a metric of the entity compares a column with."""
    found = {
        word
        for metric in CATALOGUE
        if isinstance(metric, EventMetric | Level) and metric.entity is entity
        for condition in metric.where
        if condition.column is column
        for word in condition.values
    }
    return sorted(found)


def value(column: Column, choice: random.Random, bounds: list[float], asked: list[str]) -> Any:
    """One value of a column, near bounds of its histograms and among the words that it is asked for."""
    if column.kind is Kind.TIME:
        edges = [moment + step * TICK for moment in (NOW, HORIZON) for step in (-1, 0, 1)]
        # Few days make few slices, of which every mutant reads all.
        past = NOW - timedelta(seconds=choice.uniform(0, 4 * 86400))
        return choice.choice([*edges, past, past, past, past, NOW + timedelta(days=1), None])
    if column.kind is Kind.TEXT:
        if choice.random() < 0.005:
            return f'{column.name} "{choice.randrange(10)}"'
        words = {"tenant": ["a", "b"], "agent": ["c", "d"], "unit": list(UNITS), "status": ["ok", "ok", "ok", "error"]}
        if asked:
            words[column.name] = [*asked * 3, "other"]
        return choice.choice([*words.get(column.name, [column.name, column.name]), None, ""])
    if column.kind is Kind.FLAG:
        return choice.choice([True, False, None])
    if column.kind is Kind.INTEGER:
        near = [round(bound) + step for bound in bounds for step in (0, 1)]
        return choice.choice([None, -3, *(near or range(10))])
    if column.kind is Kind.MONEY:
        return choice.choice([None, "-1.5", "NaN", "0.1", "0.25", "3"])
    strange = [None, -1.0, float("nan"), float("inf"), 0.0, 0.1 + 0.2]
    on = choice.choice(bounds or [1.0])
    step = NEAR * (on or 1)
    return choice.choice([on, on + step, on - step, on, on + step, on - step, choice.choice(strange)])


def load(url: str, settings: Settings) -> None:
    """A table for each entity, all columns by their names."""
    choice = random.Random(3)
    with psycopg.connect(url) as connection:
        for entity in ENTITIES:
            columns = ", ".join(f"{column.name} {TYPES[column.kind]}" for column in entity.columns)
            connection.execute(f"CREATE TABLE {entity.name} ({columns})".encode())
            known = [(c, choice, bounds_of(c, entity, settings), asked_for(c, entity)) for c in entity.columns]
            with connection.cursor().copy(f"COPY {entity.name} FROM STDIN".encode()) as copy:
                for _ in range(40 if entity is PRICE else ROWS):
                    copy.write_row([value(*column) for column in known])


def mapping(**changes: Any) -> Mapping:
    """Every column by its name."""
    entities = {
        e.name: {"table": e.name, "columns": {c.name: c.name for c in e.columns if not c.derived}} for e in ENTITIES
    }
    return Mapping.model_validate({"version": 1, "name": "test", "entities": entities, **changes})


class Clocked(Postgres):
    """A database whose clock stands and that tells of no transactions, so that the horizon is just at the cap."""

    now = NOW

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Session]:
        with super().snapshot() as session:
            session.moment = replace(session.moment, now=self.now, oldest=None, bound=None)
            yield session


@dataclass(frozen=True)
class Proof:
    """One metric, recounted once by plain SQL, and held against whatever the engine plans in the same snapshot.

    What takes long and cannot hide a mistake is left out: starting an exporter, its state file, many slices. What
    is sealed and the tail are read by the plan's statements, added up, written and read back by the exporter's own code.
    """

    bench: Bench
    metric: Metric
    session: Session
    verifier: Verifier
    expected: dict[str, Expected]

    def report(self, made: Plan) -> Report:
        """How the plan's samples differ from the rows."""
        found, outcome = self._samples(made)
        self.verifier.report = Report()
        failed = {**outcome.waiting, **outcome.failed}
        self.verifier._take(("the engine", time.monotonic()), self.expected, read_text((self.metric,), found), failed)
        return self.verifier.report

    def _samples(self, made: Plan) -> tuple[str, Outcome]:
        admission = Admission({label.name: self.bench.settings.exporter.label_caps[label.name] for label in LABELS})
        totals = {}
        for scan in made.scans:
            fresh = totals[scan.name] = Totals(scan, Admission({label.name: 1 << 62 for label in LABELS}))
            sql, params = scan.window(BEGINNING, HORIZON, closed=False)
            fresh.seal(self.session.rows(sql, params, SECONDS), HORIZON)
            fresh.fold(admission)
        views = Views(made)
        outcome = Reader(made, totals, admission, views).read(self.session, SECONDS, 2 * SECONDS, together=True)
        families = [view for each in views.by_domain.values() for view in each.values()]
        return "".join(view.joined().decode() for view in families), outcome


@dataclass
class Bench:
    """A database, and what `verify` says of it."""

    url: str
    settings: Settings
    mapping: Mapping

    def __post_init__(self) -> None:
        self.database = Clocked(self.url, 3.0)
        self._resolved: dict[str, Source | str] = {}

    def close(self) -> None:
        """Drop the connection."""
        self.database.close()

    def connect(self) -> Database:
        """A connection whose clock stands."""
        return Clocked(self.url, 3.0)

    def resolve(self, entity: Entity, mapping: Mapping, database: Database) -> Source | str:
        """As the engine's own: columns do not change from mutant to mutant, so they are looked at once."""
        if entity.name not in self._resolved:
            self._resolved[entity.name] = resolve(entity, mapping, database)
        return self._resolved[entity.name]

    @contextlib.contextmanager
    def proof(self, metric: Metric) -> Iterator[Proof]:
        """What says, as often as it is asked, how a plan's samples differ from plain SQL."""
        verifier = Verifier(self.settings, self.mapping, lambda: self.database, (metric,), lambda _: None)
        with self.database.snapshot() as session:
            yield Proof(self, metric, session, verifier, verifier._expected(session, NOW, NOW, strict=True))

    def verify(self, *metrics: Metric) -> Report:
        """The exporter's own code held against plain SQL."""
        verifier = Verifier(self.settings, self.mapping, self.connect, metrics or CATALOGUE, lambda _: None)
        try:
            verifier.here(lambda _, __: None)
        finally:
            verifier.close()
        return verifier.report


def settings_for(folder: Path, **sections: Any) -> Settings:
    """Settings with a state file of the test's own."""
    exporter = {"state_file": str(folder / "state.json"), "horizon_cap": CAP.total_seconds(), "reuse": 0}
    exporter |= {"label_caps": {label.name: min(label.cap, 1000) for label in LABELS}, **sections.pop("exporter", {})}
    return Settings.model_validate({"time_zone": "Europe/Paris", "exporter": exporter, **sections})
