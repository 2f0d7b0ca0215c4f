"""Values and times in forms that databases have: on a bound to the digit, and in the right hour of the right zone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from exporter.engine import stamps, zones
from exporter.sources.database import connect
from tests.conftest import Postgres
from tests.engine.recount import Samples
from tests.engine.rig import Rig, mapped, settings, total

BOUNDS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.5, 5.0, 7.0, 10.0, 20.0, 60.0)
UNITS = {"us": 1_000_000, "ms": 1000, "s": 1}
HEAD = "{version: 1, name: x, entities: {"


def shown(url: str, folder: Path, mapping: str, **sections: Any) -> tuple[Samples, Rig]:
    """One scrape of a mapping."""
    rig = Rig(
        settings(url, folder / "state.json", **sections), lambda: connect(url, 3.0), mapped(HEAD + mapping + "}}")
    )
    rig.tick()
    samples = rig.scrape()
    rig.close()
    return samples, rig


def lite(folder: Path, *statements: tuple[str, list[tuple[Any, ...]]]) -> str:
    """A file of SQLite with these rows."""
    with closing(sqlite3.connect(folder / "app.db")) as connection, connection:
        for sql, rows in statements:
            connection.executemany(sql, rows)
    return f"sqlite:///{folder / 'app.db'}"


def _values(unit: str) -> list[float]:
    return [float(f"{bound * UNITS[unit]:.10g}") for bound in BOUNDS]


def _check_bounds(samples: Samples) -> None:
    for below, bound in enumerate(BOUNDS, 1):
        assert total(samples, "llm_request_duration_seconds_bucket", le=str(bound)) == below, bound
    assert total(samples, "llm_request_duration_seconds_sum") == pytest.approx(sum(BOUNDS), rel=1e-12)


@pytest.mark.parametrize("unit", UNITS)
def test_a_value_on_a_bound_is_within_it_in_sqlite(unit: str, tmp_path: Path) -> None:
    """700 ms is 0.7 s: no factor that is no binary fraction moves a value over its bound."""
    rows = [("2026-01-01 10:00:00", "ok", value) for value in _values(unit)]
    url = lite(tmp_path, ("CREATE TABLE t (at, status, took)", [()]), ("INSERT INTO t VALUES (?, ?, ?)", rows))
    columns = f"ended_at: at, status: status, duration: {{column: took, unit: {unit}}}"
    _check_bounds(shown(url, tmp_path, f"llm_request: {{table: t, columns: {{{columns}}}}}")[0])


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("kind", ["double precision", "numeric"])
def test_a_value_on_a_bound_is_within_it_in_postgresql(
    unit: str, kind: str, postgres: Postgres, tmp_path: Path
) -> None:
    """The same in columns of floating-point numbers and of decimals."""
    with psycopg.connect(postgres.url) as connection:
        connection.execute(f"CREATE TABLE t (at timestamptz, status text, took {kind})".encode())
        for value in _values(unit):
            connection.execute("INSERT INTO t VALUES ('2026-01-01', 'ok', %s)", (value,))
    columns = f"ended_at: at, status: status, duration: {{column: took, unit: {unit}}}"
    _check_bounds(shown(postgres.url, tmp_path, f"llm_request: {{table: t, columns: {{{columns}}}}}")[0])


NIGHT = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # a Sunday: 02:30 in Paris for the second time, 21:30 in New York
FORMS = {
    "text": ("initiated_at: at", "2026-10-25 01:30:00"),
    "iso": ("initiated_at: at", "2026-10-25T01:30:00.000Z"),
    "local": ("initiated_at: {column: at, time_zone: Europe/Paris}", "2026-10-25 02:30:00"),
    "epoch": ("initiated_at: {column: at, format: epoch}", int(NIGHT.timestamp())),
    "epoch_ms": ("initiated_at: {column: at, format: epoch_ms}", int(NIGHT.timestamp() * 1000) + 999),
}
HOURS = {"UTC": ("7", "01"), "Europe/Paris": ("7", "02"), "America/New_York": ("6", "21"), "Asia/Kolkata": ("7", "07")}


@pytest.mark.parametrize("zone", HOURS)
@pytest.mark.parametrize("form", FORMS)
def test_weekday_and_hour_of_sqlite(form: str, zone: str, tmp_path: Path) -> None:
    """Whatever the form and zone of a stamp, its weekday and hour are those of the configured zone."""
    column, value = FORMS[form]
    url = lite(tmp_path, ("CREATE TABLE t (at)", [()]), ("INSERT INTO t VALUES (?)", [(value,)]))
    past = {"state_file": str(tmp_path / "state.json")}
    samples, _ = shown(url, tmp_path, f"call: {{table: t, columns: {{{column}}}}}", time_zone=zone, exporter=past)
    weekday, hour = HOURS[zone]
    # The night is past when the clock of the machine says so; its row is in the future before.
    assert total(samples, "calls_by_hour_total", weekday=weekday, hour=hour) == total(samples, "calls_initiated_total")
    assert total(samples, "calls_initiated_total") == (datetime.now(UTC) > NIGHT)


def test_stamps_that_cannot_be_compared_are_refused(tmp_path: Path) -> None:
    """An offset from UTC in the text, or a bare number, is told with what would be right; nothing is counted wrongly."""
    for value, words in (
        ("2026-01-01 10:00:00+02:00", "offset from UTC; map sql"),
        (1767225600, "it is a number; say"),
    ):
        folder = tmp_path / str(value)[:10]
        folder.mkdir()
        url = lite(folder, ("CREATE TABLE t (at)", [()]), ("INSERT INTO t VALUES (?)", [(value,)]))
        samples, rig = shown(url, folder, "error: {table: t, columns: {occurred_at: at}}")
        assert rig.said(words)
        assert not any(name == "errors_total" for name, _ in samples)


def test_the_clock_never_goes_back() -> None:
    """Through the night in which clocks go back, the last wall time that has come never falls."""
    walls = [
        zones.wall(datetime.fromtimestamp(NIGHT.timestamp() + 60 * n, UTC), "Europe/Paris") for n in range(-200, 200)
    ]
    assert walls == sorted(walls)
    assert stamps.text(walls[130]) == "2026-10-25 01:59:59.999999"


def test_char_without_its_blanks(postgres: Postgres, tmp_path: Path) -> None:
    """The blanks that fill a char(n) are no part of a label or of a filter's word."""
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE t (at timestamptz, tenant char(10), status char(8), took int)")
        connection.execute("INSERT INTO t VALUES ('2026-01-01', 'acme', 'ok', 1), ('2026-01-01', ' ', 'ok', 1)")
    columns = "ended_at: at, tenant: tenant, status: status, duration: took"
    samples, _ = shown(postgres.url, tmp_path, f"llm_request: {{table: t, columns: {{{columns}}}}}")
    assert total(samples, "llm_requests_total", tenant="acme", status="ok") == 1
    assert total(samples, "llm_requests_total", tenant="unknown") == 1
    assert total(samples, "llm_request_duration_seconds_count") == 2
