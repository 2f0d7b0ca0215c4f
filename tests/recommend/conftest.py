"""Rows that a test makes up, in a database of each kind, and what the rules say of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest

from exporter.computed.facts import Facts
from exporter.engine.plan import plan
from exporter.mapping import load
from exporter.recommend import RULES, Advice, advise
from exporter.schema import apply, statements
from exporter.settings import Settings
from exporter.sources.database import connect
from tests.conftest import Postgres
from tests.engine.rig import settings

NOW: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WHO: Final = {"tenant": "acme", "agent": "ann", "agent_type": "voice"}


def ago(*, days: float = 0, hours: float = 0, seconds: float = 0) -> datetime:
    """An instant before the one at which the rules look."""
    return NOW - timedelta(days=days, hours=hours, seconds=seconds)


@dataclass
class Rows:
    """A database of the reference schema."""

    url: str
    settings: Settings
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def add(self, table: str, *rows: dict[str, Any]) -> None:
        """Insert rows of the same columns."""
        named = [{"id": f"{table}-{next(self.numbers)}", **row} for row in rows]
        columns = list(named[0])
        if self.url.startswith("sqlite"):
            into = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection:
                connection.executemany(into, [[_plain(row[name]) for name in columns] for row in named])
                connection.commit()
            return
        import psycopg

        into = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"
        with psycopg.connect(self.url) as connection:
            connection.cursor().executemany(into.encode(), [[row[name] for name in columns] for row in named])

    def facts(self, run: Any, at: datetime = NOW) -> Any:
        """What a function makes of the rows at an instant."""
        database = connect(self.url, 3.0)
        sources = plan(self.settings, load(self.settings.database), database).sources
        with database.snapshot() as session:
            found = run(Facts(at, self.settings, session, sources, 30.0, database.dialect))
        database.close()
        return found

    def advice(self, *names: str) -> Advice:
        """What some rules say, or all."""
        rules = tuple(rule for rule in RULES if rule.name in names) if names else RULES
        assert len(rules) == len(names or RULES)
        found: Advice = self.facts(lambda facts: advise(facts, rules))
        return found


def _plain(value: Any) -> Any:
    """As SQLite keeps it."""
    return str(value.replace(tzinfo=None)) if isinstance(value, datetime) else value


@pytest.fixture(params=["postgresql", "sqlite"])
def rows(request: pytest.FixtureRequest, tmp_path: Path) -> Rows:
    """An empty database of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "app.db"
        with closing(sqlite3.connect(path)) as connection:
            apply(connection, "sqlite")
            connection.commit()
        return Rows(f"sqlite:///{path}", settings(f"sqlite:///{path}", tmp_path / "state.json"))
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.connect() as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())
    return Rows(postgres.url, settings(postgres.url, tmp_path / "state.json"))
