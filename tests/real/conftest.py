"""Fixtures of the tests on real input: databases that live as long as a module."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

import pytest

from tests.conftest import Postgres, Server
from tests.processes import pytest_runtest_makereport

__all__ = ["NewDatabase", "new_database", "pytest_runtest_makereport"]


class NewDatabase(Protocol):
    """Makes an empty database of this module."""

    def __call__(self, *, time_zone: str = "UTC") -> Postgres: ...


@pytest.fixture(scope="module")
def new_database(postgres_server: Server) -> Iterator[NewDatabase]:
    """Makes empty databases whose sessions are in a zone of choice; dropped after the module."""
    with contextlib.ExitStack() as stack:

        def make(*, time_zone: str = "UTC") -> Postgres:
            name = f"real_{next(postgres_server.numbers)}"
            postgres_server.execute(f"CREATE DATABASE {name}")
            stack.callback(postgres_server.execute, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            postgres_server.execute(f"ALTER DATABASE {name} SET timezone TO '{time_zone}'")
            return Postgres(postgres_server.url_of(name), name, postgres_server)

        yield make
