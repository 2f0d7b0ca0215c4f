"""One place with the demo's rows and one with none, for all tests of formulas."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from exporter.demo import load
from exporter.schema import statements
from tests.conftest import Server
from tests.kpi.rig import CALLS, DAYS, SEED, Place, place
from tests.processes import pytest_runtest_makereport

__all__ = ["pytest_runtest_makereport"]


def _folder(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"wf-kpi-{name}-"))


@pytest.fixture(scope="session")
def demo(postgres_server: Server) -> Iterator[Place]:
    """The demo's rows, their history, and what is computed from them now."""
    postgres_server.execute("CREATE DATABASE kpi_demo")
    url, folder = postgres_server.url_of("kpi_demo"), _folder("demo")
    load(url, seed=SEED, calls=CALLS, days=DAYS)
    with place(folder, url, "kpi_demo_viewer", past=True) as found:
        yield found
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def nothing(postgres_server: Server) -> Iterator[Place]:
    """The schema without a row."""
    postgres_server.execute("CREATE DATABASE kpi_nothing")
    url, folder = postgres_server.url_of("kpi_nothing"), _folder("nothing")
    with psycopg.connect(url) as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())
    with place(folder, url, "kpi_nothing_viewer", past=False) as found:
        yield found
    shutil.rmtree(folder, ignore_errors=True)
