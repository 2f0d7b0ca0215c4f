"""History held against the live exporter and against plain SQL: one small table whose stamps come in every form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg

from exporter.history.reading import slices
from exporter.history.replay import Replay, Written
from exporter.mapping import Mapping
from exporter.mapping.model import parse
from exporter.metrics.calls import CALL_BOUNDS
from exporter.sources.database import Database, connect
from tests.engine.rig import Clock, Rig, Unchecked, read, settings

Table = dict[tuple[str, str, str], float]
"""Values by name, tenant and bound."""

ZONE: Final = "Europe/Paris"


@dataclass(frozen=True)
class Form:
    """A form of stamps: its type, an instant in it, how a mapping says it, and what makes it an instant again in SQL."""

    type: str
    write: str
    mapping: str
    read: str


FORMS: Final = {
    "zoned": Form("timestamptz", "%s::timestamptz", "", "{0}"),
    "naive": Form("timestamp", "%s::timestamptz AT TIME ZONE 'UTC'", "", "{0} AT TIME ZONE 'UTC'"),
    "local": Form(
        "timestamp", f"%s::timestamptz AT TIME ZONE '{ZONE}'", f"time_zone: {ZONE}", f"{{0}} AT TIME ZONE '{ZONE}'"
    ),
    "epoch": Form("bigint", "extract(epoch FROM %s::timestamptz)", "format: epoch", "to_timestamp({0})"),
    "epoch_ms": Form(
        "numeric", "extract(epoch FROM %s::timestamptz) * 1000", "format: epoch_ms", "to_timestamp({0} / 1000.0)"
    ),
}

MAPPING: Final = """
version: 1
name: test
entities:
  call:
    table: work
    columns:
      tenant: tenant
      initiated_at: {{ column: began, {form} }}
      ended_at: {{ column: ended, {form} }}
      duration: seconds
  llm_request:
    table: work
    columns:
      tenant: tenant
      ended_at: {{ column: ended, {form} }}
      cost: cost
"""


@dataclass(frozen=True)
class Row:
    """One call."""

    tenant: str | None
    began: datetime
    ended: datetime | None
    seconds: float | None = 1.0
    cost: str | None = "0.1"


def mapping(form: Form) -> Mapping:
    """The mapping of the table."""
    return parse(MAPPING.format(form=form.mapping).replace(", }", " }"), "test.yml")


def fill(url: str, form: Form, rows: Sequence[Row]) -> None:
    """Make the table with these rows."""
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS work")
        connection.execute(
            f"CREATE TABLE work (tenant text, began {form.type}, ended {form.type}, seconds float8, cost numeric)".encode()
        )
        for row in rows:
            insert(connection, form, row)


def insert(connection: psycopg.Connection[Any], form: Form, row: Row) -> None:
    """Add a row."""
    connection.execute(
        f"INSERT INTO work VALUES (%s, {form.write}, {form.write}, %s, %s)".encode(),
        (row.tenant, row.began, row.ended, row.seconds, row.cost),
    )


def plain(url: str, form: Form, at: datetime) -> Table:
    """Every metric at an instant, by SQL as plain as can be."""
    began, ended = form.read.format("began"), form.read.format("ended")
    found: Table = {}
    with psycopg.connect(url) as connection:

        def sums(name: str, number: str, where: str, bound: str = "") -> None:
            sql = f"SELECT coalesce(nullif(tenant, ''), 'unknown'), {number} FROM work WHERE {where} GROUP BY 1"
            for tenant, value in connection.execute(sql.encode(), {"t": at}):
                if value is not None:
                    found[name, tenant, bound] = float(value)

        done, valid = f"{ended} <= %(t)s", f"{ended} <= %(t)s AND seconds >= 0 AND seconds < 'Infinity'"
        sums("calls_initiated_total", "count(*)", f"{began} <= %(t)s")
        sums("calls_completed_total", "count(*)", done)
        sums("llm_cost_usd_total", "sum(cost)", done)
        sums("call_duration_seconds_count", "count(*)", valid)
        sums("call_duration_seconds_sum", "sum(seconds::numeric)", valid)
        for bound in CALL_BOUNDS:
            number = f"count(*) FILTER (WHERE seconds <= {bound})"
            sums("call_duration_seconds_bucket", number, valid, repr(bound))
        sums("call_duration_seconds_bucket", "count(*)", valid, "+Inf")
        sums("active_calls", "count(*)", f"{began} <= %(t)s AND (ended IS NULL OR {ended} > %(t)s)")
    return found


NAMES: Final = (
    "calls_initiated_total", "calls_completed_total", "llm_cost_usd_total", "call_duration_seconds", "active_calls",
)  # fmt: skip


def table(text: str) -> Table:
    """The same from an exposition."""
    found: Table = {}
    for (name, labels), value in read(text).items():
        if name.startswith(NAMES):
            of = dict(labels)
            place = name, of["tenant"], of.get("le", "")
            found[place] = found.get(place, 0.0) + value
    return found


@contextmanager
def live(url: str, form: Form, state: Path, clock: Clock, **sections: Any) -> Iterator[Rig]:
    """The live exporter at the clock's time, with its first pass done."""
    kept = {"disabled_metrics": ["calls_by_hour_total"], **sections.pop("exporter", {})}

    def made() -> Database:
        database = Unchecked(url, 3.0)
        database.clock = clock
        return database

    rig = Rig(settings(url, state, exporter=kept, **sections), made, mapping(form))
    try:
        rig.tick()
        yield rig
    finally:
        rig.kill()


def replayed(url: str, rig: Rig, parts: Sequence[Sequence[int]]) -> dict[int, Table]:
    """History at each of the times, block by block."""
    book = rig.collector.book
    assert book.plan is not None
    replay = Replay(book.plan, book.admission, 'job="w"', Written())
    text: dict[int, list[str]] = {time: [] for part in parts for time in part}
    database = connect(url, 3.0)

    def write(lines: str) -> None:
        for line in lines.splitlines():
            sample, _, time = line.rpartition(" ")
            text[int(time)].append(sample)

    for part in slices(database, book.plan.items, parts, 30.0):
        replay.take(part, write, write)
    database.close()
    return {time: table("\n".join(lines) + "\n") for time, lines in text.items()}


def real(found: Table) -> Table:
    """What is not 0: in history a series may begin or end with a 0 where a scrape has none."""
    return {place: value for place, value in found.items() if value}


def at(time: int) -> datetime:
    """A time as an instant."""
    return datetime.fromtimestamp(time, UTC)
