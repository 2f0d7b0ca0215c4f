"""What a database does in real life: what the user sees of it, and that no total is wrong afterwards."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from exporter.engine import state
from exporter.sources.database import DatabaseError, Moment, Session
from tests.engine.conftest import Private
from tests.engine.rig import Checked, Clock, Place, Writer, own, prepare, total, until, wrong


def test_down_at_start(own_server: Private, tmp_path: Path) -> None:
    """An exporter that finds no database says so, serves its own metrics, and catches up once there is one."""
    url = own_server.database()
    prepare(url)
    found = Place(url, tmp_path / "state.json", Clock())
    found.calls(5)
    own_server.stop()
    rig = found.rig(exporter={"seal_interval": 0.2})
    rig.collector.start()
    try:
        until(lambda: rig.said("cannot connect to the database"))
        samples = rig.scrape()
        assert own(samples, "database_up") == 0
        assert total(samples, "calls_completed_total") == 0
        assert not rig.collector.health().ready
        own_server.restart()
        until(lambda: rig.collector.health().ready)
        assert wrong(rig) == {}
        assert total(rig.scrape(), "calls_completed_total") == 5
    finally:
        rig.close()
    assert len([line for line in rig.lines if "cannot connect" in line]) <= 2


def test_restarted(own_server: Private, tmp_path: Path) -> None:
    """A restart of the database costs the scrapes in which it is away, and nothing else."""
    url = own_server.database()
    prepare(url)
    found = Place(url, tmp_path / "state.json", Clock())
    found.calls(5)
    found.clock.forward(100)
    rig = found.rig()
    rig.tick()
    assert wrong(rig) == {}
    own_server.restart()
    samples = rig.scrape()
    assert (own(samples, "database_up"), own(samples, "domain_up", domain="calls")) == (0, 0)
    assert total(samples, "calls_completed_total") == 0
    assert rig.said("the connection to the database broke")
    assert wrong(rig) == {}
    found.calls(5)
    assert wrong(rig) == {}
    with pytest.raises(DatabaseError):
        rig.tick()
    rig.tick()
    assert wrong(rig) == {}
    assert total(rig.scrape(), "calls_completed_total") == 10
    rig.close()


class Cut(Checked):
    """Loses its connection in the middle of a scrape."""

    cut = False

    def moment(self, session: Session) -> Moment:
        found = super().moment(session)
        if self.cut:
            self.cut = False
            pid = session.rows("SELECT pg_backend_pid()", {}, 5.0)[0][0]
            with psycopg.connect(self._url) as connection:
                connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        return found


def test_lost_in_mid_scrape(place: Place) -> None:
    """A connection that breaks within a scrape costs that scrape; the next one is right."""
    place.calls(5)
    rig = place.rig(scraper=Cut)
    rig.tick()
    assert wrong(rig) == {}
    assert isinstance(rig.collector._scraper, Cut)
    rig.collector._scraper.cut = True
    samples = rig.scrape()
    assert (own(samples, "database_up"), own(samples, "domain_up", domain="calls")) == (0, 0)
    assert total(samples, "calls_completed_total") == 0
    assert rig.said("the connection to the database broke: terminating connection due to administrator command")
    place.calls(2)
    assert wrong(rig) == {}
    assert own(rig.scrape(), "database_up") == 1
    rig.close()


def test_slow_domain(place: Place) -> None:
    """A domain whose statement takes too long is cancelled by the server and costs only itself."""
    place.calls(5)
    place.sql("INSERT INTO turns (id, tenant, latency_seconds, ended_at) VALUES ('1', 't', 1, now())")
    rig = place.plain(database={"statement_timeout": 0.3})
    rig.tick()
    assert total(rig.scrape(), "turns_total") == 1
    with psycopg.connect(place.url) as blocker:
        blocker.execute("LOCK TABLE turns IN ACCESS EXCLUSIVE MODE")
        samples = rig.scrape()
    assert own(samples, "domain_up", domain="pipeline") == 0
    assert own(samples, "scrape_errors_total", domain="pipeline") == 1
    assert own(samples, "domain_up", domain="calls") == 1
    assert total(samples, "turns_total") == 0
    assert total(samples, "calls_completed_total") == 5
    assert rig.said("domain pipeline: turn.ended_at: canceling statement due to statement timeout")
    samples = rig.scrape()
    assert own(samples, "domain_up", domain="pipeline") == 1
    assert total(samples, "turns_total") == 1
    rig.close()


def test_restored_from_backup(own_server: Private, tmp_path: Path) -> None:
    """A database that went back to a backup is noticed, by a running exporter and by one that starts from its state."""
    url = own_server.database()
    prepare(url)
    found = Place(url, tmp_path / "state.json", Clock())
    found.calls(5)
    own_server.control("stop", "-m", "fast")
    own_server.copy(tmp_path / "backup")
    own_server.restart()
    found.calls(20)
    for _ in range(30):
        found.sql("SELECT txid_current()")
    found.clock.forward(200)
    rig = found.rig()
    rig.tick()
    found.clock.forward(200)
    rig.tick()
    assert total(rig.scrape(), "calls_completed_total") == 25
    own_server.control("stop", "-m", "fast")
    own_server.replace(tmp_path / "backup")
    own_server.restart()
    rig.scrape()
    with pytest.raises(DatabaseError):
        rig.tick()
    rig.tick()
    assert wrong(rig) == {}
    assert total(rig.scrape(), "calls_completed_total") == 5
    assert rig.said("went back to a backup")
    rig.kill()


def test_started_after_restore(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state file that knows later transactions than the database has is not used."""
    place.calls(5)
    place.clock.forward(200)
    rig = place.rig()
    rig.tick()
    save = state.save
    monkeypatch.setattr(state, "save", lambda path, identity, newest, *rest: save(path, identity, newest + 1000, *rest))
    rig.collector.book.writable = rig.collector.book.dirty = True
    rig.close()
    rig = place.rig()
    rig.tick()
    assert rig.said("newer than the database, which went back to a backup; totals are read anew")
    assert wrong(rig) == {}
    rig.close()


def test_another_database(own_server: Private, tmp_path: Path) -> None:
    """If the database is dropped and another put in its place, no total mixes the two."""
    url = own_server.database()
    prepare(url)
    found = Place(url, tmp_path / "state.json", Clock())
    found.calls(5)
    found.clock.forward(200)
    rig = found.rig()
    rig.tick()
    assert total(rig.scrape(), "calls_completed_total") == 5
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    with psycopg.connect(own_server.handle.get_uri(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
    prepare(url)
    found.calls(3)
    for _ in range(3):
        assert total(rig.scrape(), "calls_completed_total") == 0
    with pytest.raises(DatabaseError):
        rig.tick()
    rig.tick()
    assert wrong(rig) == {}
    assert total(rig.scrape(), "calls_completed_total") == 3
    rig.kill()


def test_prepared_transactions(own_server: Private, tmp_path: Path) -> None:
    """A prepared transaction, which no session holds, holds the horizon until it is committed."""
    url = own_server.database()
    prepare(url)
    found = Place(url, tmp_path / "state.json", Clock())
    rig = found.rig()
    rig.tick()
    writer = Writer(url, "w", found.clock)
    writer.insert()
    writer.execute("PREPARE TRANSACTION 'later'")
    writer.rollback()
    for _ in range(20):
        found.clock.forward(60)
        rig.tick()
    writer.connection.autocommit = True
    writer.execute("COMMIT PREPARED 'later'")
    writer.close()
    assert wrong(rig) == {}
    assert total(rig.scrape(), "calls_completed_total") == 1
    rig.close()


def test_missing_table(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Metrics of a missing table are absent and reported, others stay, and a table that is created later appears."""
    monkeypatch.setattr("exporter.engine.collector.REPLAN_SECONDS", 0.0)
    place.sql("DROP TABLE scheduled_calls")
    place.calls(3)
    rig = place.plain()
    rig.tick()
    samples = rig.scrape()
    assert total(samples, "calls_completed_total") == 3
    missing = [dict(labels)["reason"] for (name, labels) in samples if ("metric", "queued_calls") in labels]
    assert len(missing) == 1
    sentence = 'scheduled_calls of entity scheduled_call cannot be read: relation "scheduled_calls" does not exist'
    assert missing[0].startswith(sentence)
    assert own(samples, "domain_up", domain="calls") == 1
    place.sql(
        "CREATE TABLE scheduled_calls (tenant text, campaign text, due_at timestamptz, left_queue_at timestamptz)",
        "INSERT INTO scheduled_calls VALUES ('t', 'c', now() - interval '1 hour', NULL)",
    )
    rig.tick()
    rig.tick()
    samples = rig.scrape()
    assert total(samples, "queued_calls") == 1
    assert not any(("metric", "queued_calls") in labels for _, labels in samples)
    assert total(samples, "calls_completed_total") == 3
    rig.close()


def test_missing_column(place: Place) -> None:
    """Metrics that need a missing column are absent and reported; a missing label is `unknown`; the rest stays."""
    place.sql("ALTER TABLE call_sessions DROP COLUMN duration_seconds", "ALTER TABLE call_sessions DROP COLUMN channel")
    place.sql("INSERT INTO call_sessions (id, tenant, initiated_at, ended_at) VALUES ('1', 't', now(), now())")
    rig = place.plain()
    rig.tick()
    samples = rig.scrape()
    assert total(samples, "calls_completed_total", channel="unknown") == 1
    assert total(samples, "call_duration_seconds_count") == 0
    reasons = [dict(labels)["reason"] for _, labels in samples if ("metric", "call_duration_seconds") in labels]
    assert len(reasons) == 1
    assert 'column "duration_seconds" does not exist' in reasons[0]
    assert rig.said("metrics that need it are not given")
    rig.close()


def test_column_dropped_while_running(place: Place) -> None:
    """A column that disappears costs its domain at first, then only the metrics that need it."""
    place.calls(3)
    rig = place.plain(exporter={"seal_interval": 0})
    rig.tick()
    assert total(rig.scrape(), "call_duration_seconds_count") == 3
    place.sql("ALTER TABLE call_sessions DROP COLUMN duration_seconds")
    samples = rig.scrape()
    assert own(samples, "domain_up", domain="calls") == 0
    assert own(samples, "domain_up", domain="pipeline") == 1
    assert rig.said('column "duration_seconds" does not exist')
    rig.tick()
    samples = rig.scrape()
    assert own(samples, "domain_up", domain="calls") == 1
    assert total(samples, "calls_completed_total") == 3
    assert not any(name.startswith("call_duration") for name, _ in samples)
    rig.close()
