"""The live demo: calls and chats that come, go on and end, until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from threading import Event
from typing import Final, cast

import psycopg

from exporter.demo.activity import Activity
from exporter.demo.database import MARKER_TABLE, Connection, DemoError, UnavailableError, connect, require
from exporter.demo.gauges import Gauges, served
from exporter.demo.world import build
from exporter.settings import Demo

TICK: Final = 0.5
"""Seconds between two looks at what is due."""

LONGEST_PAUSE: Final = 30.0
LOCK: Final = 877001
"""Number of the advisory lock that keeps a second live demo out."""

DEPTHS: Final = b"""
SELECT (SELECT count(*) FROM scheduled_calls WHERE left_queue_at IS NULL AND due_at <= now()),
       (SELECT count(*) FROM agent_executions WHERE ended_at IS NULL)
"""

Progress = Callable[[str], None]


def live(url: str, settings: Demo, stop: Event, progress: Progress | None = None, *, host: str = "127.0.0.1") -> None:
    """Keep the demo database moving until `stop` is set; serve its state on an address of `host`.

    Raises DemoError when the first connection fails or the database is not the demo's. Later a lost connection is
    tried again, at growing intervals; what was open then is taken over, as it is after a restart.
    """
    say = progress or (lambda _: None)
    gauges = Gauges()
    with ExitStack() as stack:
        pause, serving = 0.0, not settings.state_port
        while not stop.wait(pause):
            try:
                with _open(url) as connection:
                    say("connected; writing")
                    if not serving:
                        stack.enter_context(served(gauges, settings.state_port, host))
                        serving = True
                    pause = TICK
                    _run(connection, settings, stop, gauges)
            except (psycopg.OperationalError, psycopg.InterfaceError, UnavailableError) as error:
                if isinstance(error, UnavailableError) and not pause:
                    raise
                pause = min(LONGEST_PAUSE, max(TICK, 2 * pause))
                reason = (str(error).strip() or "no reason given").splitlines()[0]
                say(f"the database is gone ({reason}); next try in {pause:g} s")


def _open(url: str) -> Connection:
    connection = connect(url)
    try:
        require(connection)
        if connection.execute(b"SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone() != (True,):
            raise UnavailableError(
                f"another live demo already writes to database {connection.info.dbname}; stop it first"
            )
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


def _run(connection: Connection, settings: Demo, stop: Event, gauges: Gauges) -> None:
    """One transaction for each tick. Its rows carry the database's own time, so they are never older than their insert."""
    seed, now = _seed(connection)
    activity = Activity(connection, build(seed, settings.days, now), settings.calls_per_minute)
    activity.begin(now)
    connection.commit()
    while not stop.wait(TICK):
        activity.advance(_now(connection))
        waiting, tasks = cast(tuple[int, int], connection.execute(DEPTHS).fetchone())
        connection.commit()
        gauges.set(websocket_connections=activity.chats_open, outbound_calls=waiting, agent_tasks=tasks)


def _seed(connection: Connection) -> tuple[int, datetime]:
    row = connection.execute(f"SELECT seed, now() FROM {MARKER_TABLE}".encode()).fetchone()
    seed, now = cast(tuple[int | None, datetime], row)
    if seed is None:
        raise DemoError(f"database {connection.info.dbname} holds no history yet; run `watchfloor demo load` first")
    return seed, now


def _now(connection: Connection) -> datetime:
    return cast(tuple[datetime], connection.execute(b"SELECT now()").fetchone())[0]
