"""Load a demo history: drawn inside the database from hashes of the seed, so that the same seed gives the same rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final, cast

from psycopg.errors import DependentObjectsStillExist

from exporter.demo import business, calendar, live_leads, present, views
from exporter.demo.database import MARKER_TABLE, Connection, DemoError, claim, connect
from exporter.demo.world import CLOCK, GAP, MODELS, World, build
from exporter.schema import comments, statements

DETAIL: Final = 10
"""One conversation in this many has its steps (turns, requests, tool calls) recorded."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Loaded:
    """What was written: rows by table, the last instant of the history, and how long it took."""

    rows: dict[str, int]
    until: datetime
    seconds: float


def load(
    url: str,
    *,
    seed: int = 1,
    calls: int = 100_000,
    days: int = 365,
    until: datetime | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Replace what a demo database holds by a history of `days` days that ends at `until` (now).

    Raises DemoError when the database is neither empty nor the demo's own.
    """
    if calls < 0 or days < 1 or not 0 <= seed < 2**31:
        raise DemoError("a demo history needs 0 or more calls, 1 or more days and a seed from 0 to 2147483647")
    begun = perf_counter()
    say = progress or (lambda _: None)
    until = (until or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    world = build(seed, days, until)
    with connect(url) as connection:
        claim(connection)
        _write(connection, world, calls, say)
        say("counting rows")
        rows = {table: _count(connection, table) for table in comments()}
        connection.execute(f"UPDATE {MARKER_TABLE} SET seed = %s".encode(), (seed,))
    seconds = perf_counter() - begun
    say(f"{sum(rows.values()):,} rows in {seconds:.1f} s")
    return Loaded(rows, until, seconds)


def _write(connection: Connection, world: World, calls: int, say: Progress) -> None:
    """All tables, then their indexes, in one transaction."""
    for setting in (
        "synchronous_commit = off",
        "work_mem = '128MB'",
        "maintenance_work_mem = '512MB'",
        "jit = off",
        "max_parallel_workers_per_gather = 0",  # Containers have little shared memory.
        "enable_mergejoin = off",  # It would sort calls by who made them; in life rows are written in the order of time.
        "TimeZone = 'UTC'",
    ):
        _run(connection, f"SET LOCAL {setting}")
    say("creating tables")
    with views.set_aside(connection):
        _drop(connection)
        indexes = _tables(connection)
    _prepare(connection, world, calls)
    for table, rows in business.early(world, calls).items():
        _copy(connection, table, rows)
    for name in ("history.sql", "business.sql"):
        for statement in _script(name, world, calls):
            target = re.search(r"INSERT INTO (\w+)", statement)
            if target:
                say(f"writing {target[1]}")
            _run(connection, statement)
    say("writing companies, plans and prices")
    for table, rows in business.rows(world).items():
        _copy(connection, table, rows)
    present.open_rows(connection, world)
    live_leads.recent(connection, world)
    say("indexing")
    for index in indexes:
        _run(connection, index)
    connection.commit()
    say("analysing")
    _run(connection, f"ANALYZE {', '.join(comments())}")


def _drop(connection: Connection) -> None:
    """Take the old tables away; DemoError when something else is made of them."""
    try:
        _run(connection, f"DROP TABLE IF EXISTS {', '.join(comments())}")
    except DependentObjectsStillExist as error:
        what = (error.diag.message_detail or str(error)).splitlines()[0]
        raise DemoError(f"the demo's tables cannot be made anew: {what}; drop it first") from None


def _tables(connection: Connection) -> list[str]:
    """Create the tables bare and give the statements that add keys and indexes once the rows are in."""
    later = []
    for statement in statements("postgresql"):
        if statement.startswith("CREATE TABLE"):
            later.append(f"ALTER TABLE {statement.split()[2]} ADD PRIMARY KEY (id)")
            _run(connection, statement.replace("id text PRIMARY KEY", "id text NOT NULL", 1))
        elif statement.startswith("CREATE INDEX"):
            later.append(statement)
        else:
            _run(connection, statement)
    return later


def _prepare(connection: Connection, world: World, calls: int) -> None:
    """Functions and small tables that the scripts draw from."""
    for statement in _script("functions.sql", world, calls):
        _run(connection, statement)
    _copy(connection, "demo_hours", (astuple(hour) for hour in calendar.hours(world, calls)))
    _copy(connection, "demo_slots", calendar.slots(world))
    _copy(connection, "demo_agents", (astuple(agent) for agent in world.agents))
    _copy(connection, "demo_models", (astuple(model) for model in MODELS))
    _run(connection, "ANALYZE demo_hours, demo_slots, demo_agents, demo_models")


def _script(name: str, world: World, calls: int) -> list[str]:
    """The statements of a script with this world's numbers in it."""
    text = re.sub(r"^--.*$", "", Path(__file__).with_name(name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    values = {
        "seed": world.seed,
        "now": world.until.timestamp(),
        "start": world.start.timestamp(),
        "last_hour": world.hours - 1,
        "visitors": max(10, calls // 3),
        "detail": DETAIL,
        "gap_tenant": f"'{GAP[0]}'",
        "gap_topic": f"'{GAP[1]}'",
        "clock": world.until.timestamp() - 86400 * CLOCK[0],
        "clock_hours": CLOCK[1],
        "budgets": "(-1, NULL, NULL), "
        + ", ".join(f"({place}, '{tenant.id}', '{tenant.name}')" for place, tenant in enumerate(world.tenants[:5])),
        "trial_tenant": f"'{world.tenants[0].id}'",
        "half": world.at(0.5).timestamp(),
    }
    text = re.sub(r"(?<!:):([a-z_]+)", lambda match: str(values[match[1]]), text)
    return [part for part in text.split(";\n") if part.strip()]


def _run(connection: Connection, statement: str) -> None:
    connection.execute(statement.encode())


def _copy(connection: Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _count(connection: Connection, table: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    return int(cast(tuple[int], found)[0])
