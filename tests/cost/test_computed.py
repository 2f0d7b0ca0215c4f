"""Budgets and unusual hours from real rows, in PostgreSQL and SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exporter.computed.cost import COMPUTATIONS
from exporter.engine.collector import Collector
from exporter.engine.computing import Computer
from exporter.mapping import load
from exporter.schema import apply, statements
from exporter.settings import Settings
from exporter.sources.database import Ahead, Session, connect
from tests.conftest import Postgres
from tests.engine.rig import settings

NOW = datetime(2026, 3, 18, 10, 20, tzinfo=UTC)
COLUMNS = "INSERT INTO llm_requests (id, tenant, provider, model, status, ended_at, input_tokens, output_tokens, cost_usd) VALUES"


def usage() -> list[tuple[Any, ...]]:
    """A dollar each hour of acme for six weeks, half of it computed; the last whole hour cost 50. Globex rests since two days."""
    rows: list[tuple[Any, ...]] = []
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    for ago in range(1, 6 * 168):
        at = hour - timedelta(minutes=60 * ago - 30)
        # A few cents of noise, or the spread would be nothing.
        rows.append((f"r{ago}", "acme", "p", "m", "ok", at, 0, 0, 0.5 + (ago * 7919 % 13) / 100))
        rows.append((f"c{ago}", "acme", "p", "m", "ok", at, 50, 0, None))
    rows.append(("spike", "acme", "p", "m", "ok", hour - timedelta(minutes=20), 0, 0, 49))
    rows.append(("old", "globex", "p", "m", "ok", NOW - timedelta(days=2), 0, 0, 7))
    rows.append(("unknown", "initech", "p", "unheard", "ok", NOW - timedelta(hours=1), 5, 5, None))
    return rows


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind with this usage, a price and a budget."""
    price = (
        "INSERT INTO prices (id, provider, model, unit, price_usd, valid_from) VALUES",
        ("input_token", "output_token"),
    )
    budget = "INSERT INTO budgets (id, name, tenant, limit_usd, period, notify_percent, created_at, ended_at) VALUES"
    old, held = NOW - timedelta(days=400), [
        ("1", "table", "acme", 1_000_000, "monthly", "0.01,100"),
        ("2", "settings", "acme", 1, "monthly", "50"),
        ("3", "ended", "acme", 1, "monthly", "50"),
    ]  # fmt: skip
    prices = [(unit, "p", "m", unit, 0.01, old) for unit in price[1]]
    budgets = [(*row, old, NOW - timedelta(days=1) if row[1] == "ended" else None) for row in held]
    if request.param == "sqlite":
        path = tmp_path / "app.db"

        def text(row: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(str(value.replace(tzinfo=None)) if isinstance(value, datetime) else value for value in row)

        with closing(sqlite3.connect(path)) as plain:
            apply(plain, "sqlite")
            for sql, rows in ((COLUMNS, usage()), (price[0], prices), (budget, budgets)):
                plain.executemany(f"{sql} ({', '.join('?' for _ in rows[0])})", map(text, rows))
            plain.commit()
        return f"sqlite:///{path}"
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.connect() as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())
        for sql, rows in ((COLUMNS, usage()), (price[0], prices), (budget, budgets)):
            connection.cursor().executemany(f"{sql} ({', '.join('%s' for _ in rows[0])})".encode(), rows)
    return postgres.url


class Fixed:
    """A database whose clock stands."""

    def __init__(self, url: str) -> None:
        self._database = connect(url, 3.0)
        self.dialect = self._database.dialect

    @contextmanager
    def snapshot(self, ahead: Ahead | None = None) -> Iterator[Session]:
        """A snapshot at the fixed time."""
        with self._database.snapshot(ahead) as session:
            session.moment = replace(session.moment, now=NOW)
            yield session

    def identity(self) -> str:
        """Which database it is."""
        return self._database.identity()

    def close(self) -> None:
        """End."""
        self._database.close()


def computed(of: Settings, url: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Every computed metric of cost by its labels."""
    lines: list[str] = []
    collector = Collector(of, load(of.database), lambda: connect(url, 3.0), lines.append)
    book = collector.book
    collector.once(lambda _, __: None)
    computer = Computer(
        of, Fixed(url), lambda: book.plan, lambda: book.admission, lines.append, computations=COMPUTATIONS
    )
    computer.once()
    found = {metric.base: {key: vector[0] for key, vector in series.items()} for metric, series in computer.families()}
    computer.close()
    collector.close()
    assert not [line for line in lines if "computation" in line], lines
    return found


def test_budgets_and_hours(url: str, tmp_path: Path) -> None:
    """Spent is recorded and computed cost since the period began; the settings' budget takes the place of the table's."""
    budgets = [
        {"name": "settings", "limit": 1_000_000, "period": "day"},
        {"name": "resting", "limit": 100, "period": "year", "tenant": "globex"},
        {"name": "not begun", "limit": 100, "period": "day", "tenant": "globex"},
        {"name": "nobody", "limit": 100, "period": "year", "tenant": "nobody"},
        {"name": "not known", "limit": 100, "period": "year", "tenant": "initech"},
        {"name": "free", "limit": 0, "period": "month"},
    ]
    found = computed(settings(url, tmp_path / "state.json", budgets=budgets), url)  # type: ignore[arg-type]
    month = NOW.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    day = NOW.replace(hour=0, minute=0, second=0, microsecond=0)

    def spent(since: datetime, tenants: str = "acme globex") -> float:
        return sum(
            0.5 if row[8] is None else row[8] for row in usage() if row[1] in tenants.split() and row[5] >= since
        )

    assert found["budget_spent_usd"] == {
        ("table", "acme", "month"): pytest.approx(spent(month, "acme")),
        ("settings", "all", "day"): pytest.approx(spent(day)),
        ("resting", "globex", "year"): pytest.approx(spent(NOW.replace(month=1, day=1, hour=0, minute=0), "globex")),
        ("not begun", "globex", "day"): 0.0,
        ("free", "all", "month"): pytest.approx(spent(month)),
    }
    status = {key[0]: key[3] for key, value in found["budget_status"].items() if value}
    assert status == {
        "table": "ok", "settings": "ok", "resting": "stale", "not begun": "stale", "nobody": "too_little_history", "not known": "too_little_history",
        "free": "no_budget",
    }  # fmt: skip
    assert ("free", "all", "month") not in found["budget_limit_usd"]
    assert set(found["budget_forecast_usd"]) == {("table", "acme", "month"), ("settings", "all", "day")}
    assert found["budget_reached_ratio"]["table", "acme", "month"] == pytest.approx(0.0001)
    assert found["cost_last_hour_usd"]["acme",] > 49
    assert found["cost_expected_usd"]["acme",] == pytest.approx(1.06, abs=0.03)
    assert found["cost_anomaly_score"]["acme",] > 6
    assert set(found["cost_anomaly_score"]) == {("acme",), ("all",)}
    assert found["price_overlaps"] == {(): 0.0}
