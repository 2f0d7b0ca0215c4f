"""History of SQLite, whose stamps are text."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exporter.sources.database import Ahead, Session, Sqlite
from tests.engine.rig import Rig, settings
from tests.history.rig import FORMS, at, mapping, real, replayed, table

START = datetime(2026, 5, 1, tzinfo=UTC)


class Clocked(Sqlite):
    """SQLite at a time that a test chooses."""

    now = START

    @contextlib.contextmanager
    def snapshot(self, ahead: Ahead | None = None) -> Iterator[Session]:
        with super().snapshot(ahead) as session:
            session.moment = replace(session.moment, now=self.now)
            yield session


def test_history_is_what_a_scrape_at_the_time_shows(tmp_path: Path) -> None:
    """At every time: on a row's stamp, a microsecond beside it, and far from any."""
    rng = random.Random(3)
    file = tmp_path / "work.db"
    times = sorted(rng.sample(range(int(START.timestamp()), int(START.timestamp()) + 90000), 60))
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE work (tenant, began, ended, seconds, cost)")
        for _ in range(300):
            began = at(rng.choice(times)) + timedelta(microseconds=rng.choice((-1, 0, 1, -(10**9))))
            ended = began + timedelta(seconds=rng.choice((0, 60, 7000)))
            stamps = [stamp.strftime("%Y-%m-%d %H:%M:%S.%f") for stamp in (began, ended)]
            connection.execute("INSERT INTO work VALUES (?, ?, ?, ?, ?)", (rng.choice("ab"), *stamps, 5.0, 0.25))
        connection.commit()
    url = f"sqlite:///{file}"
    history = replayed(url, rig(url, tmp_path / "state.json", at(times[-1])), [times[:30], times[30:]])
    for time in times[::7]:
        shown = rig(url, tmp_path / f"{time}.json", at(time))
        assert real(history[time]) == pytest.approx(
            real(table(shown.exposition.exposition(openmetrics=False).decode()))
        )
    assert sum(history[times[-1]].values()) > 300


def rig(url: str, state: Path, now: datetime) -> Rig:
    """The live exporter at a time."""

    def made() -> Clocked:
        database = Clocked(url)
        database.now = now
        return database

    found = Rig(
        settings(url, state, exporter={"disabled_metrics": ["calls_by_hour_total"]}), made, mapping(FORMS["naive"])
    )
    found.tick()
    found.kill()
    return found
