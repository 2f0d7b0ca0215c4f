"""Rows in which every mistake shows: on bounds, at the edges of windows, NULL, negative, with each value of each filter."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import psycopg

from exporter.entities import ENTITIES
from exporter.entities.cost import PRICE
from exporter.entity import Column, Entity, Kind
from exporter.labels import LABELS
from exporter.mapping import Mapping
from exporter.metric import Distribution, EventMetric, Level, Metric
from exporter.metrics import CATALOGUE
from exporter.settings import Settings
from exporter.sources.database import Ahead, Database, Postgres, Session
from exporter.tariff import UNITS
from exporter.verify.compare import Expected
from exporter.verify.report import Report
from exporter.verify.verifier import Verifier

NOW: Final = datetime(2026, 10, 25, 12, 0, 0, 123457, tzinfo=UTC)
CAP: Final = timedelta(hours=1)
HORIZON: Final = NOW - CAP
TICK: Final = timedelta(microseconds=1)
NEAR: Final = 1e-6
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


def value(column: Column, entity: Entity, choice: random.Random, settings: Settings) -> Any:
    """One value of a column."""
    if column.kind is Kind.TIME:
        edges = [moment + step * TICK for moment in (NOW, HORIZON) for step in (-1, 0, 1)]
        # Few days make few slices, of which every mutant reads all.
        past = NOW - timedelta(seconds=choice.uniform(0, 4 * 86400))
        return choice.choice([*edges, past, past, past, past, NOW + timedelta(days=1), None])
    if column.kind is Kind.TEXT:
        if choice.random() < 0.005:
            return f'{column.name} "{choice.randrange(10)}"'
        words = {"tenant": ["a", "b"], "agent": ["c", "d"], "unit": list(UNITS), "status": ["ok", "ok", "ok", "error"]}
        if asked := asked_for(column, entity):
            words[column.name] = [*asked * 3, "other"]
        return choice.choice([*words.get(column.name, [column.name, column.name]), None, ""])
    if column.kind is Kind.FLAG:
        return choice.choice([True, False, None])
    if column.kind is Kind.INTEGER:
        near = [round(bound) + step for bound in bounds_of(column, entity, settings) for step in (0, 1)]
        return choice.choice([None, -3, *(near or range(10))])
    if column.kind is Kind.MONEY:
        return choice.choice([None, "-1.5", "NaN", "0.1", "0.25", "3"])
    strange = [None, -1.0, float("nan"), float("inf"), 0.0, 0.1 + 0.2]
    on = choice.choice(bounds_of(column, entity, settings) or [1.0])
    step = NEAR * (on or 1)
    return choice.choice([on, on + step, on - step, on, on + step, on - step, choice.choice(strange)])


def load(url: str, settings: Settings) -> None:
    """A table for each entity, all columns by their names."""
    choice = random.Random(3)
    with psycopg.connect(url) as connection:
        for entity in ENTITIES:
            columns = ", ".join(f"{column.name} {TYPES[column.kind]}" for column in entity.columns)
            connection.execute(f"CREATE TABLE {entity.name} ({columns})".encode())
            with connection.cursor().copy(f"COPY {entity.name} FROM STDIN".encode()) as copy:
                for _ in range(40 if entity is PRICE else ROWS):
                    copy.write_row([value(column, entity, choice, settings) for column in entity.columns])


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
    def snapshot(self, ahead: Ahead | None = None) -> Iterator[Session]:
        with super().snapshot(ahead) as session:
            session.moment = replace(session.moment, now=self.now, oldest=None, bound=None)
            yield session


class Kept(Clocked):
    """A connection that is used again by the next one who wants it."""

    def close(self) -> None:
        """Stay open."""


class Remembering(Verifier):
    """Rows that do not change, at a time that does not pass, are recounted once for all mutants of a metric."""

    known: dict[str, Expected] | None = None

    def _expected(self, *given: Any, **named: Any) -> dict[str, Expected]:
        if self.known is None:
            self.known = super()._expected(*given, **named)
        return self.known


@dataclass
class Bench:
    """A database, and what `verify` says of it."""

    url: str
    settings: Settings
    mapping: Mapping

    def __post_init__(self) -> None:
        self._pool = [Kept(self.url, 3.0) for _ in range(3)]
        self._turn = cycle(self._pool)

    def close(self) -> None:
        """Drop all connections."""
        for kept in self._pool:
            Clocked.close(kept)

    def connect(self) -> Database:
        """A connection whose clock stands: one for each of the three that want one."""
        return next(self._turn)

    def proof(self, metric: Metric) -> Callable[[], Report]:
        """What says, as often as it is asked, how the exporter's code of the moment differs from plain SQL."""
        verifier = Remembering(self.settings, self.mapping, lambda: Clocked(self.url, 3.0), (metric,), lambda _: None)
        verifier.close()
        verifier._connect = cycle(self._pool[:2]).__next__

        def look() -> Report:
            verifier.report = Report()
            verifier.here(lambda _, __: None)
            return verifier.report

        return look

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
