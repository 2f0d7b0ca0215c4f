"""The live demo: rows that keep coming, a clean stop, and what it takes over after a restart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from exporter import demo
from exporter.demo.activity import Activity
from exporter.demo.database import Connection
from exporter.demo.world import build
from exporter.settings import Demo
from tests.conftest import Postgres, Server
from tests.demo.conftest import UNTIL

ROOT = Path(__file__).parents[2]
FAST = Demo(calls_per_minute=600, state_port=0)


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


def count(connection: Connection, table: str, where: str = "true") -> int:
    """Number of rows that fulfil a condition."""
    row = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}".encode()).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def small(postgres: Postgres) -> Postgres:
    """A demo database with a short history."""
    demo.load(postgres.url, calls=50, days=14)
    return postgres


@contextmanager
def running(url: str, messages: list[str]) -> Iterator[threading.Event]:
    """The live demo in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=demo.live, args=(url, FAST, stop, messages.append))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def test_the_command_adds_calls_and_stops_cleanly_on_sigterm(small: Postgres, tmp_path: Path) -> None:
    """Calls come in while it runs, some stay in progress, and SIGTERM ends it with exit code 0."""
    config = tmp_path / "fast.yml"
    config.write_text("demo: {calls_per_minute: 600, state_port: 0}\n")
    command = [sys.executable, "-m", "generator", "--config", str(config), "demo", "live", "--url", small.url]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stderr=subprocess.PIPE, text=True)
    try:
        with small.connect(autocommit=True) as connection:
            before = count(connection, "call_sessions")
            wait_for(lambda: count(connection, "call_sessions") > before + 5)
            assert count(connection, "call_sessions", "ended_at IS NULL") > 0
            process.send_signal(signal.SIGTERM)
            _, words = process.communicate(timeout=10)
            assert (process.returncode, words.splitlines()[-1]) == (0, "stopped")
            assert count(connection, "pg_stat_activity", "application_name = 'watchfloor demo'") == 0
    finally:
        process.kill()


def test_a_lost_connection_is_made_again(small: Postgres) -> None:
    """After the server cuts the connection, rows come again, and the loss is told."""
    messages: list[str] = []
    with running(small.url, messages), small.connect(autocommit=True) as connection:
        wait_for(lambda: count(connection, "call_sessions", "id !~ '^call-(0|open)'") > 0)
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'watchfloor demo'"
        )
        wait_for(lambda: messages.count("connected; writing") == 2)
        before = count(connection, "call_sessions")
        wait_for(lambda: count(connection, "call_sessions") > before)
    assert any(message.startswith("the database is gone") for message in messages)


def test_a_second_live_demo_is_refused(small: Postgres) -> None:
    """Two would write twice the rate."""
    messages: list[str] = []
    with running(small.url, messages):
        wait_for(lambda: bool(messages))
        with pytest.raises(demo.DemoError, match="another live demo already writes"):
            demo.live(small.url, FAST, threading.Event())


def test_a_database_that_is_not_the_demos_is_refused(postgres: Postgres, postgres_server: Server) -> None:
    """Without the mark, without a history, or without a server nothing is written."""
    with pytest.raises(demo.DemoError, match="was not made by the demo"):
        demo.live(postgres.url, FAST, threading.Event())
    url = demo.create_database(postgres_server.url, "demo_bare")
    try:
        with pytest.raises(demo.DemoError, match="holds no history yet"):
            demo.live(url, FAST, threading.Event())
    finally:
        postgres_server.execute("DROP DATABASE demo_bare WITH (FORCE)")


def test_an_hour_of_activity_is_consistent(postgres: Postgres) -> None:
    """Played fast: calls are always in progress, ends follow beginnings, every kind of row comes, the old ones end."""
    demo.load(postgres.url, calls=50, days=14, until=UNTIL)
    with postgres.connect() as connection:
        activity = Activity(connection, build(1, 14, UNTIL), 20)
        activity.begin(UNTIL)
        least = 1000
        for second in range(0, 3600, 5):
            activity.advance(UNTIL + timedelta(seconds=second))
            least = min(least, count(connection, "call_sessions", "ended_at IS NULL"))
        assert least > 0
        new = "initiated_at >= '2026-06-30 15:20+00'"
        assert 900 < count(connection, "call_sessions", new) < 1500
        assert count(connection, "call_sessions", "id LIKE 'call-open-%' AND ended_at IS NULL") == 0
        assert count(connection, "agent_conversations", "id LIKE '%-open-%' AND ended_at IS NULL") == 0
        wrong = "ended_at < initiated_at OR (ended_at IS NULL) <> (outcome IS NULL) OR (outcome = 'no_answer') = (answered_at IS NOT NULL)"
        assert count(connection, "call_sessions", f"{new} AND outcome <> 'failed' AND ({wrong})") == 0
        for table in ("turns", "llm_requests", "stt_requests", "tts_requests", "tool_calls", "error_events"):
            time_column = "occurred_at" if table == "error_events" else "ended_at"
            assert count(connection, table, f"{time_column} > '2026-06-30 15:20+00'") > 0, table
        assert count(connection, "agent_conversations", "ended_at IS NULL") <= len(activity.running)
        assert (
            0 < count(connection, "scheduled_calls", "left_queue_at IS NULL AND due_at <= '2026-06-30 16:20+00'") < 60
        )


def test_the_last_call_in_progress_is_followed_by_a_new_one(postgres: Postgres) -> None:
    """Even at one call in an hour something is in progress."""
    demo.load(postgres.url, calls=0, days=1, until=UNTIL)
    with postgres.connect() as connection:
        activity = Activity(connection, build(1, 1, UNTIL), 1 / 60)
        activity.begin(UNTIL)
        for second in range(0, 1800, 5):
            activity.advance(UNTIL + timedelta(seconds=second))
            assert count(connection, "call_sessions", "ended_at IS NULL") > 0
