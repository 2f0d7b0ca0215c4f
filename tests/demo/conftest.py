"""A small history that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from exporter import demo
from tests.conftest import Server

UNTIL = datetime(2026, 6, 30, 15, 20, tzinfo=UTC)


@dataclass(frozen=True)
class History:
    """A loaded demo database."""

    url: str
    loaded: demo.Loaded


@pytest.fixture(scope="session")
def history(postgres_server: Server) -> Iterator[History]:
    """Sixty days and 3000 calls, for tests that only read."""
    url = demo.create_database(postgres_server.url, "demo_history")
    yield History(url, demo.load(url, seed=3, calls=3000, days=60, until=UNTIL))
    postgres_server.execute("DROP DATABASE demo_history WITH (FORCE)")
