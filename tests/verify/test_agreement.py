"""Random workloads in random forms: the live exporter, history, plain SQL and Python say the same at random times."""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from exporter.engine.plan import plan
from exporter.entity import Column, Kind
from exporter.history.reading import slices
from exporter.history.replay import Replay, Written
from exporter.mapping import Mapping
from exporter.settings import Settings
from exporter.sources.database import Ahead, Database, Session, Sqlite, connect
from exporter.sources.database import Postgres as Server
from exporter.verify.shown import read_text
from exporter.verify.verifier import Verifier
from tests.conftest import Postgres
from tests.engine.rig import OPEN, Rig
from tests.reconcile.rows import compare_all
from tests.verify import truth
from tests.verify.forms import Form, number, of, plain
from tests.verify.truth import METRICS, WORK, ZONE, Table

EXAMPLES: Final = int(os.environ.get("EXAMPLES", "20"))
"""Workloads of a run, for each database; about one a second. They are not made smaller when one fails: that takes minutes."""

NIGHTS: Final = (
    datetime(
        2026, 10, 25, 0, 30, 0, 123457, tzinfo=UTC
    ),  # Clocks of Paris go back at 1:00 UTC, those of New York on 1 November.
    datetime(2026, 3, 29, 0, 30, 0, 1, tzinfo=UTC),
    datetime(2026, 11, 1, 5, 30, 0, 999999, tzinfo=UTC),
)
TICK: Final = timedelta(microseconds=1)
HOUR: Final = 3600
NUMBERS: Final = count(1)
ADDING: Final = ("insert", "late", "future")
CHANGING: Final = ("update", "delete")

FACTORS: Final = tuple(Decimal(text) for text in ("1", "1.000001", "0.999999"))
EXACTLY: Final = st.sampled_from([Decimal(repr(bound)) for bound in truth.BOUNDS])
SECONDS: Final = st.one_of(
    EXACTLY,
    EXACTLY,
    st.sampled_from([Decimal(repr(bound)) * factor for bound in truth.BOUNDS for factor in FACTORS]),
    st.sampled_from([Decimal(text) for text in ("0", "-1", "-0.001", "NaN", "Infinity", "1e6", "0.3", "59.9")]),
    st.integers(0, 90_000).map(lambda number: Decimal(number) / 1000),
)
COUNTS: Final = st.one_of(st.integers(-2, 5).map(Decimal), st.just(Decimal(2**40)))
AMOUNTS: Final = st.sampled_from([Decimal(text) for text in ("0", "0.1", "0.07", "12345.678901", "-0.5", "0.000001")])
VALUES: Final[dict[Kind, st.SearchStrategy[Any]]] = {
    Kind.TEXT: st.sampled_from(("ok", "ok", "error", "", "it's 100%", 'a "b"', "ü:x")),
    Kind.REAL: SECONDS,
    Kind.INTEGER: COUNTS,
    Kind.MONEY: AMOUNTS,
    Kind.FLAG: st.booleans(),
}
OFFSETS: Final = st.one_of(st.sampled_from((0, HOUR, 1800, -HOUR)), st.integers(-2 * HOUR, 2 * HOUR))


class LiteClock(Sqlite):
    """SQLite whose clock is moved by hand."""

    clock: Work

    @contextlib.contextmanager
    def snapshot(self, ahead: Ahead | None = None) -> Iterator[Session]:
        with super().snapshot(ahead) as session:
            session.moment = replace(session.moment, now=self.clock.now)
            yield session


class ServerClock(Server):
    """PostgreSQL whose clock is moved by hand, and which tells of no transactions: the horizon stands at the cap."""

    clock: Work

    @contextlib.contextmanager
    def snapshot(self, ahead: Ahead | None = None) -> Iterator[Session]:
        with super().snapshot(ahead) as session:
            session.moment = replace(session.moment, now=self.clock.now, oldest=None, bound=None)
            yield session


@dataclass
class Work:
    """A table of work in some form, and what its rows mean."""

    url: str
    folder: Path
    forms: dict[str, Form]
    now: datetime
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    open: list[Rig] = field(default_factory=list)

    @property
    def lite(self) -> bool:
        """Whether it is SQLite."""
        return self.url.startswith("sqlite")

    @property
    def mapping(self) -> Mapping:
        """How the table is mapped."""
        columns = {name: {"column": f"c {name}", **form.mapping} for name, form in self.forms.items()}
        entity = {"work": {"table": "work table", "columns": columns}}
        return Mapping.model_validate({"version": 1, "name": "test", "entities": entity})

    def execute(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        """Run and commit."""
        if self.lite:
            with contextlib.closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as file, file:
                for sql, values in statements:
                    file.execute(sql.replace("%s", "?"), values)
            return
        with psycopg.connect(self.url) as connection:
            for sql, values in statements:
                connection.execute(sql.encode(), values)

    def create(self) -> None:
        """The empty table."""
        columns = ", ".join(f'"c {name}" {form.type}' for name, form in self.forms.items())
        self.execute(
            ('DROP TABLE IF EXISTS "work table"', ()), (f'CREATE TABLE "work table" (id integer, {columns})', ())
        )

    def put(self, key: int, values: dict[str, Any]) -> None:
        """Insert a row, or update some columns of it."""
        raw = {n: None if v is None else self.forms[n].write(v) for n, v in values.items()}
        raw = {n: (float(v) if self.lite and isinstance(v, Decimal) else v) for n, v in raw.items()}
        meant = {n: self._meant(self.forms[n], v) for n, v in raw.items()}
        if key in self.rows:
            names = ", ".join(f'"c {name}" = %s' for name in raw)
            self.execute((f'UPDATE "work table" SET {names} WHERE id = {key}', tuple(raw.values())))
        else:
            names = ", ".join(f'"c {name}"' for name in raw)
            marks = ", ".join(["%s"] * len(raw))
            self.execute((f'INSERT INTO "work table" (id, {names}) VALUES ({key}, {marks})', tuple(raw.values())))
        self.rows[key] = {**self.rows.get(key, {}), **meant}

    def _meant(self, form: Form, raw: Any) -> Any:
        if raw is None and "default" not in form.mapping:
            return None
        if self.lite and isinstance(raw, float) and math.isnan(raw):  # SQLite makes NULL of it.
            return None
        return form.mean(raw)

    def delete(self, key: int) -> None:
        """Delete a row."""
        self.execute((f'DELETE FROM "work table" WHERE id = {key}', ()))
        del self.rows[key]

    def connect(self) -> Database:
        """A connection by the clock of the test."""
        database: Any = LiteClock(self.url) if self.lite else ServerClock(self.url, 3.0)
        database.clock = self
        return database  # type: ignore[no-any-return]

    def settings(self, name: str) -> Settings:
        """Settings with a state file of its own."""
        data = {"state_file": str(self.folder / name), "horizon_cap": HOUR, "reuse": 0, "seal_interval": 10}
        return Settings.model_validate(
            {"time_zone": ZONE, "database": {"url": self.url}, "exporter": {**data, "domains": ["calls"]}}
        )

    def rig(self, name: str) -> Rig:
        """An exporter that may write its state."""
        rig = Rig(self.settings(name), self.connect, self.mapping)
        rig.collector._file_lock.acquire()
        rig.collector.book.writable = True
        self.open.append(rig)
        return rig

    def close(self) -> None:
        """No exporter is left behind."""
        for rig in self.open:
            rig.kill()
        OPEN.clear()

    def rough(self, place: Any) -> bool:
        """Whether a sample is a sum of binary fractions."""
        for metric in METRICS:
            column = getattr(metric, "value", None) or getattr(metric, "amount", None)
            if place[0] == getattr(metric, "sum", metric.name) and column is not None:
                return self.forms[column.name].binary
        return place[0] == "tokens_total" and any(self.forms[n].binary for n in ("input", "output"))


@pytest.fixture
def _work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue is that of the test."""
    for module in ("exporter.engine.plan", "exporter.verify.verifier"):
        monkeypatch.setattr(f"{module}.CATALOGUE", METRICS)
    for module in ("exporter.engine.plan", "exporter.mapping.model"):
        monkeypatch.setattr(f"{module}.ENTITIES", (WORK,))


def value(data: st.DataObject, column: Column, around: datetime) -> Any:
    """A value of a column; times are near an instant, ends often after it, now and then there is none."""
    if data.draw(st.integers(0, 7)) == 0 and not column.required:
        return None
    if column.kind is Kind.TIME:
        return around + timedelta(seconds=data.draw(OFFSETS)) + data.draw(st.sampled_from((0, 0, 1, -1, 123457))) * TICK
    return data.draw(VALUES[column.kind])


def row(data: st.DataObject, around: datetime) -> dict[str, Any]:
    """A whole row."""
    return {column.name: value(data, column, around) for column in WORK.columns}


def act(data: st.DataObject, work: Work, what: str) -> bool:
    """One thing that happens to the table. Whether a row changed that may have been sealed."""
    key = data.draw(st.sampled_from(sorted(work.rows))) if work.rows else None
    if what in CHANGING and key is not None:
        sealed = any(t is not None and t < work.now - timedelta(seconds=HOUR) for t in _times(work, key))
        if what == "delete":
            work.delete(key)
        else:
            names = data.draw(
                st.sets(st.sampled_from([column.name for column in WORK.columns]), min_size=1, max_size=3)
            )
            work.put(key, {name: value(data, WORK[name], work.now) for name in sorted(names)})
        return sealed
    around = {"late": -timedelta(days=2), "future": timedelta(hours=3)}.get(what, timedelta())
    work.put(next(NUMBERS), row(data, work.now + around))
    return False


def _times(work: Work, key: int) -> tuple[datetime | None, ...]:
    return work.rows[key]["began"], work.rows[key]["ended"]


def live(rig: Rig) -> Table:
    """What an exporter shows, without zeros."""
    found = read_text(METRICS, rig.exposition.exposition(openmetrics=False).decode())
    assert rig.collector.database_error is None
    assert rig.collector.outcome.failed == {}
    return {place: Decimal(v) for table in found.tables.values() for place, v in table.items() if v}


def past(work: Work, rig: Rig, times: list[int]) -> dict[int, Table]:
    """History at each of the times."""
    database = connect(work.url, 3.0)
    made = plan(work.settings("none"), work.mapping, database)
    replay = Replay(made, rig.collector.book.admission, "", Written())
    lines: dict[int, list[str]] = {time: [] for time in times}

    def write(text: str) -> None:
        for line in text.splitlines():
            sample, _, time = line.rpartition(" ")
            lines[int(time)].append(sample)

    for part in slices(database, made.items, [times], 30.0):
        replay.take(part, write, write)
    database.close()
    shown = {time: read_text(METRICS, "\n".join(dict.fromkeys(text))).tables for time, text in lines.items()}
    return {
        time: {place: Decimal(v) for table in tables.values() for place, v in table.items() if v}
        for time, tables in shown.items()
    }


def differ(work: Work, found: Table, wanted: Table) -> dict[Any, Any]:
    """Samples that are not what they should be."""
    wrong = {}
    for place in found.keys() | wanted.keys():
        one, other = found.get(place, Decimal(0)), wanted.get(place, Decimal(0))
        near = max(abs(other) * Decimal("1e-9"), Decimal("1e-9")) if work.rough(place) else Decimal(0)
        if abs(one - Decimal(float(other))) > near:
            wrong[place] = (one, other)
    return wrong


def agree(work: Work, ages: list[int]) -> None:
    """An exporter that starts now, plain SQL, history at these ages and Python."""
    wanted = truth.samples(work.rows.values(), work.now)
    fresh = work.rig(f"state{next(NUMBERS)}.json")
    fresh.tick()
    assert differ(work, live(fresh), wanted) == {}, f"live at {work.now}"
    verifier = Verifier(
        work.settings(f"state{next(NUMBERS)}.json"), work.mapping, work.connect, METRICS, lambda _: None
    )
    try:
        verifier.here(lambda _, __: None)
    finally:
        verifier.close()
    assert verifier.report.problems == []
    assert verifier.report.unverifiable == {}
    assert [d for d in verifier.report.differences if differ(work, *_pair(d))] == []
    now = int(work.now.timestamp())
    times = sorted({now - age for age in ages} | {now - 3 * 86400, now})
    history = past(work, fresh, times)
    for time in times:
        at = datetime.fromtimestamp(time, UTC)
        assert differ(work, history[time], truth.samples(work.rows.values(), at)) == {}, f"history at {at}"


def _pair(d: Any) -> tuple[Table, Table]:
    place = d.sample, tuple(sorted(d.labels.items()))
    return {place: Decimal(d.found or 0)}, {place: Decimal(d.least or 0)}


STEPS: Final = st.lists(
    st.tuples(st.sampled_from((*ADDING, *ADDING, *CHANGING, "tick", "tick", "compare", "restart")), OFFSETS),
    min_size=1,
    max_size=14,
)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("_work")
@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
@given(data=st.data())
@settings(
    max_examples=EXAMPLES,
    # The same workloads in every run, other ones when a number is asked for: EXAMPLES=100.
    derandomize="EXAMPLES" not in os.environ,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_any_workload(
    dialect: str, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """A long-lived exporter is right after comparing; one that starts late, plain SQL and history are right at once."""
    folder = tmp_path_factory.mktemp("work")
    url = postgres.url if dialect == "postgresql" else f"sqlite:///{folder / 'work.db'}"
    drawn = {column.name: data.draw(of(column, dialect), label=column.name) for column in WORK.columns}
    work = Work(url, folder, drawn, data.draw(st.sampled_from(NIGHTS)))
    try:
        live_long(data, work)
        agree(work, [abs(data.draw(OFFSETS)) for _ in range(3)])
    finally:
        work.close()


MICROSECOND: Final = Decimal("0.000001")


@pytest.mark.slow
@pytest.mark.usefixtures("_work")
@pytest.mark.parametrize("unit", ["s", "ms", "us", "min", "percent"])
@pytest.mark.parametrize(
    ("dialect", "type"), [("postgresql", "double precision"), ("postgresql", "numeric"), ("sqlite", "double precision")]
)
def test_bounds(dialect: str, type: str, unit: str, postgres: Postgres, tmp_path: Path) -> None:
    """In every unit a value that is a bound is within it, and one that is a microsecond more is not."""
    url = postgres.url if dialect == "postgresql" else f"sqlite:///{tmp_path / 'work.db'}"
    chosen = {column.name: plain(column, dialect) for column in WORK.columns}
    chosen["duration"] = number(type, unit, dialect)
    work = Work(url, tmp_path, chosen, NIGHTS[1] + timedelta(hours=1, minutes=4, seconds=59))
    nothing = {column.name: None for column in WORK.columns}
    try:
        work.create()
        for place, bound in enumerate(truth.BOUNDS):
            exact = Decimal(repr(bound))
            for step, seconds in enumerate((exact, exact + MICROSECOND)):
                work.put(2 * place + step, {**nothing, "began": work.now, "duration": seconds})
        agree(work, [])
        fresh = work.rig("bounds.json")
        fresh.tick()
        shown = live(fresh)
        for place, bound in enumerate(truth.BOUNDS):
            assert shown["began_seconds_bucket", (("le", repr(bound)),)] == 2 * place + 1
    finally:
        work.close()


def live_long(data: st.DataObject, work: Work) -> None:
    """An exporter that sees everything happen."""
    work.create()
    for _ in range(data.draw(st.integers(0, 6))):
        act(data, work, data.draw(st.sampled_from(ADDING)))
    old = work.rig("state.json")
    old.tick()
    tampered = False
    for what, seconds in data.draw(STEPS):
        if what == "restart":
            old.kill()
            old = work.rig("state.json")
        elif what == "compare":
            compare_all(old)
        elif what != "tick":
            tampered = act(data, work, what) or tampered
        work.now += timedelta(seconds=abs(seconds))
        if what in ("tick", "restart"):
            old.tick()
    old.tick()
    compare_all(old)
    shown, wanted = live(old), truth.samples(work.rows.values(), work.now)
    wrong = differ(work, shown, wanted)
    if tampered:
        wrong = {place: pair for place, pair in wrong.items() if place[0].startswith("open") or pair[0] < pair[1]}
    assert wrong == {}, f"long-lived at {work.now}"
    old.kill()
