"""The tables: invented calls with realistic skew and recent rows, and a writer that keeps them growing while it is measured.

Time moves on during the measurement, so a live writer starts 33.3 calls each second and ends those that are due, in
every table alike; the recent rows are as dense at the end of a run as at its start.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from bench.server import Server

SPACING: Final = 0.03
"""Seconds between two calls."""

CREATE: Final = """
CREATE UNLOGGED TABLE {table} (
    id bigint NOT NULL, tenant text NOT NULL, agent text NOT NULL, channel text NOT NULL, outcome text NOT NULL,
    initiated_at timestamptz NOT NULL, ended_at timestamptz, due_at timestamptz NOT NULL,
    duration_seconds double precision NOT NULL, tokens_in integer NOT NULL, tokens_out integer NOT NULL,
    cost_usd numeric NOT NULL, sentiment real NOT NULL
)"""

# Drawn by powers of a uniform number: of 30 tenants the first has 18 % of all calls. Mean duration 165 s, median 109 s.
ROWS: Final = """
SELECT id, 'tenant-' || lpad((floor(30 * u1 * u1))::int::text, 2, '0'), 'agent-' || lpad((floor(20 * u2 ^ 1.6))::int::text, 2, '0'),
       (ARRAY['phone', 'web', 'whatsapp', 'sms'])[1 + floor(4 * u3 ^ 1.5)::int],
       (ARRAY['qualified', 'not_interested', 'no_answer', 'callback', 'failed'])[1 + floor(5 * u4 ^ 1.5)::int],
       began, CASE WHEN began + d * interval '1 second' <= {now} THEN began + d * interval '1 second' END,
       began + d * interval '1 second', d, tokens, tokens / 4, (tokens * 0.0000025)::numeric(12, 6), u2::real
FROM (SELECT i AS id, {base} + i * {spacing} * interval '1 second' AS began, random() AS u1, random() AS u2,
             random() AS u3, random() AS u4, round((109 * exp(0.911 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())))::numeric, 1)::float8 AS d,
             (200 + 3000 * random())::int AS tokens
      FROM generate_series({first}, {last}) AS i OFFSET 0) AS drawn"""

INDEXES: Final = (
    "ALTER TABLE {table} ADD PRIMARY KEY (id)",
    "CREATE INDEX {table}_initiated_at ON {table} (initiated_at)",
    "CREATE INDEX {table}_ended_at ON {table} (ended_at)",
    "CREATE INDEX {table}_active ON {table} (tenant, agent, channel) WHERE ended_at IS NULL",
)
"""Those of the reference schema, and one that is best for the peers' count of active calls."""


def name(rows: int) -> str:
    """Name of the table with so many rows."""
    return f"calls_{rows}"


class Calls:
    """Tables of several sizes; a smaller one holds the last rows of the largest."""

    def __init__(self, server: Server, sizes: Sequence[int]) -> None:
        self._server = server
        self.tables = [name(rows) for rows in sorted(sizes, reverse=True)]
        self._most = max(sizes)
        self._sizes = sorted(sizes, reverse=True)
        self._base = ""
        self._next = self._most
        self._halt = threading.Lock()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def build(self) -> None:
        """Fill the tables as of now, with indexes and statistics."""
        with self._server.admin() as connection:
            connection.execute("SELECT setseed(0.42)")
            row = connection.execute(
                "SELECT now()::text, (now() - %s * interval '1 second')::text", (self._most * SPACING,)
            ).fetchone()
            assert row is not None
            self._base = f"'{row[1]}'::timestamptz"
            for table, rows in zip(self.tables, self._sizes, strict=True):
                connection.execute(CREATE.format(table=table))
                if table == self.tables[0]:
                    drawn = self._rows(0, self._most - 1, f"'{row[0]}'::timestamptz")
                else:
                    drawn = f"SELECT * FROM {self.tables[0]} WHERE id >= {self._most - rows}"
                connection.execute(f"INSERT INTO {table} {drawn}")
                for index in INDEXES:
                    connection.execute(index.format(table=table))
                connection.execute(f"VACUUM (ANALYZE) {table}")

    def _rows(self, first: int, last: int, now: str) -> str:
        return ROWS.format(first=first, last=last, now=now, base=self._base, spacing=SPACING)

    def live(self) -> None:
        """Start the writer; it first makes up for the time since the tables were filled."""
        connection = self._server.admin()
        self._write(connection)
        self._thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the writer."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(10)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is written meanwhile."""
        with self._halt:
            yield

    def _run(self, connection: psycopg.Connection[Any]) -> None:
        while not self._end.wait(1.0):
            with self._halt:
                self._write(connection)
        connection.close()

    def _write(self, connection: psycopg.Connection[Any]) -> None:
        row = connection.execute(
            f"SELECT floor(extract(epoch FROM now() - {self._base}) / {SPACING})::bigint"
        ).fetchone()
        assert row is not None
        first, last = self._next, row[0] - 1
        with connection.transaction():
            connection.execute(f"INSERT INTO {self.tables[0]} {self._rows(first, last, 'NULL::timestamptz')}")
            for table in self.tables[1:]:
                connection.execute(f"INSERT INTO {table} SELECT * FROM {self.tables[0]} WHERE id >= {first}")
            for table in self.tables:
                connection.execute(f"UPDATE {table} SET ended_at = due_at WHERE ended_at IS NULL AND due_at <= now()")
        self._next = last + 1
