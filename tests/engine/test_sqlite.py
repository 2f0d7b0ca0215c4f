"""SQLite as a source, from the reference schema to the exposition."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exporter.metrics.calls import CALL_BOUNDS
from exporter.schema import apply
from exporter.sources.database import ConnectionLost, DatabaseError, connect
from tests.engine.rig import Rig, mapped, own, settings, total


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An SQLite file with the reference schema."""
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as connection:
        apply(connection, "sqlite")
        connection.commit()
    return path


def fill(path: Path, *rows: tuple[object, ...]) -> None:
    """Commit calls: id, tenant, outcome, seconds ago or None, duration."""
    now = datetime.now(UTC)
    with closing(sqlite3.connect(path)) as connection:
        for name, tenant, outcome, ago, duration in rows:
            at = None if ago is None else str((now - timedelta(seconds=float(str(ago)))).replace(tzinfo=None))
            begun = str((now - timedelta(days=2)).replace(tzinfo=None))
            connection.execute(
                "INSERT INTO call_sessions (id, tenant, outcome, initiated_at, ended_at, duration_seconds) VALUES (?, ?, ?, ?, ?, ?)",
                (name, tenant, outcome, begun, at, duration),
            )
        connection.commit()


def rig(path: Path, **sections: dict[str, object]) -> Rig:
    """An exporter of the file."""
    url = f"sqlite:///{path}"
    return Rig(settings(url, path.with_name("state.json"), **sections), lambda: connect(url, 3.0))


def test_reference_schema(file: Path) -> None:
    """Counts, histograms and levels of the reference schema are right, from sealed totals and tail together."""
    old = [(f"o{n}", "acme", "qualified", 86400 + n, n) for n in range(100)]
    new = [(f"n{n}", "acme", "failed", n, 0.5) for n in range(1, 11)]
    fill(file, *old, *new, ("open", "acme", None, None, None))
    for _ in range(2):
        found = rig(file)
        found.collector.book.writable = True
        found.tick()
        samples = found.scrape()
        assert found.lines == []
        assert total(samples, "calls_completed_total", outcome="qualified") == 100
        assert total(samples, "calls_completed_total", outcome="failed") == 10
        assert total(samples, "call_duration_seconds_count") == 110
        assert total(samples, "call_duration_seconds_sum") == sum(range(100)) + 5
        for bound in CALL_BOUNDS:
            assert total(samples, "call_duration_seconds_bucket", le=str(bound)) == 10 + len(
                [n for n in range(100) if n <= bound]
            )
        assert total(samples, "active_calls") == 1
        assert total(samples, "calls_by_hour_total") == 111
        assert total(samples, "exporter_sealed_rows_total", domain="calls") > total(samples, "exporter_tail_rows") > 0
        assert own(samples, "domain_up", domain="pipeline") == 1
        assert own(samples, "horizon_capped") == 0
        found.close()


def test_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is told in one sentence and is not made."""
    found = rig(tmp_path / "none.db")
    with pytest.raises(ConnectionLost, match=r"cannot open .*none.db: unable to open database file"):
        found.tick()
    assert own(found.scrape(), "database_up") == 0
    assert not (tmp_path / "none.db").exists()
    found.close()


def test_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of something else is told in one sentence."""
    (tmp_path / "app.db").write_text("not a database, but long enough to be read as one" * 20)
    found = rig(tmp_path / "app.db")
    with pytest.raises(DatabaseError, match=r"cannot read .*app.db: file is not a database"):
        found.tick()
    found.close()


def test_strange_values(file: Path) -> None:
    """Words in number columns, negative and infinite values, empty and odd time stamps lose no other row."""
    fill(
        file,
        ("1", "t", "x", 10, 1),
        ("2", "t", "x", 10, -1),
        ("3", "t", "x", 10, float("inf")),
        ("4", "t", "x", 10, None),
    )
    with closing(sqlite3.connect(file)) as connection:
        row = "INSERT INTO call_sessions (id, tenant, initiated_at, ended_at) VALUES (?, 't', '2026-01-01 10:00:00', ?)"
        connection.executemany(row, [("5", ""), ("6", "soon")])
        connection.commit()
    found = rig(file)
    found.tick()
    samples = found.scrape()
    assert own(samples, "domain_up", domain="calls") == 1
    assert total(samples, "calls_completed_total") == 4
    assert total(samples, "call_duration_seconds_count") == 1
    assert total(samples, "call_duration_seconds_sum") == 1
    assert own(samples, "rejected_values_total", metric="call_duration_seconds", reason="negative") == 1
    assert own(samples, "rejected_values_total", metric="call_duration_seconds", reason="not_a_number") == 1
    found.close()


def test_bytes_that_are_no_text(file: Path) -> None:
    """A word that cannot be decoded costs its domain, in a sentence, and not the others."""
    fill(file, ("1", "t", "x", 10, 1))
    with closing(sqlite3.connect(file)) as connection:
        row = "INSERT INTO turns (id, tenant, ended_at) VALUES (?, CAST(? AS text), ?)"
        now = str(datetime.now(UTC).replace(tzinfo=None))
        connection.executemany(row, [("1", b"good", now), ("2", b"\xff\xfe", now)])
        connection.commit()
    found = rig(file)
    found.tick()
    samples = found.scrape()
    assert own(samples, "domain_up", domain="pipeline") == 0
    assert found.said("domain pipeline: turn.ended_at: Could not decode to UTF-8 column")
    assert total(samples, "calls_completed_total") == 1
    found.close()


def test_slow_statement(file: Path) -> None:
    """A statement that takes too long is interrupted."""
    database = connect(f"sqlite:///{file}", 3.0)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with database.snapshot() as session:
        with pytest.raises(DatabaseError, match="interrupted"):
            session.rows(endless, {}, 0.1)
        assert session.rows("SELECT 1", {}, 1.0) == [(1,)]


def test_corrected_zone_is_read_anew(file: Path) -> None:
    """If the zone of wall times was wrong and is corrected, the state made with it is not used."""
    now = datetime.now(UTC)
    with closing(sqlite3.connect(file)) as connection:
        row = "INSERT INTO error_events (id, tenant, component, type, occurred_at) VALUES (?, 't', 'c', 'y', ?)"
        for minutes in range(600):
            connection.execute(row, (str(minutes), str((now - timedelta(minutes=minutes)).replace(tzinfo=None))))
        connection.commit()

    def run(zone: str) -> float:
        text = f"{{version: 1, name: x, time_zone: {zone}, entities: {{error: {{table: error_events, columns: {{occurred_at: occurred_at}}}}}}}}"
        url = f"sqlite:///{file}"
        found = Rig(settings(url, file.with_name("state.json")), lambda: connect(url, 3.0), mapped(text))
        found.collector.book.writable = True
        found.tick()
        shown = total(found.scrape(), "errors_total")
        found.close()
        return shown

    assert run("America/New_York") < 400
    assert run("UTC") == 600


def test_exchanged_file(file: Path) -> None:
    """If another file takes the place of the first, no total mixes the two."""
    fill(file, *((str(n), "t", "x", 86400, 1) for n in range(5)))
    found = rig(file)
    found.tick()
    assert total(found.scrape(), "calls_completed_total") == 5
    other = file.with_name("other.db")
    with closing(sqlite3.connect(other)) as connection:
        apply(connection, "sqlite")
        connection.commit()
    fill(other, ("1", "t", "x", 86400, 1), ("2", "t", "x", 10, 1))
    other.replace(file)
    samples = found.scrape()
    assert total(samples, "calls_completed_total") == 0
    assert own(samples, "domain_up", domain="calls") == 0
    found.tick()
    assert total(found.scrape(), "calls_completed_total") == 2
    found.close()
