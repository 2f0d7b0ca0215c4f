"""Slices of the tail that are kept from scrape to scrape: never when a row in them can have appeared, changed or gone."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from exporter.engine.tail import MOST_SLICES, Reading, Tail
from exporter.sources import transaction
from exporter.sources.database import Ahead, Row, Session
from tests.engine.rig import Checked, Place, Rig, Writer, own, total, wrong


class Kept:
    """Counts slices that tails kept and slices that they read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kept = self.read = 0
        decide = Tail.decide

        def counted(tail: Tail, reading: Reading, counts: Sequence[Row]) -> None:
            decide(tail, reading, counts)
            self.kept += len(reading.kept)
            self.read += len(reading.spans) - len(reading.kept)

        monkeypatch.setattr(Tail, "decide", counted)

    def of(self, rig: Rig) -> tuple[int, int]:
        """How many slices one scrape keeps and reads; it must equal the table."""
        self.kept = self.read = 0
        assert wrong(rig) == {}
        return self.kept, self.read


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    """A count of kept slices."""
    return Kept(monkeypatch)


@pytest.fixture
def rig(place: Place) -> Iterator[Rig]:
    """An exporter that has shown a tail of a hundred calls, one a second."""
    writer = Writer(place.url, "w", place.clock)
    for _ in range(100):
        writer.insert()
        place.clock.forward(1)
    writer.commit()
    writer.close()
    found = place.rig(exporter={"settle": 600})
    found.tick()
    assert wrong(found) == {}
    assert wrong(found) == {}
    yield found
    found.close()


def test_nothing_changed(rig: Rig, kept: Kept) -> None:
    """All slices but the open ones are kept; there are three event times, of which one is read in two ways."""
    quiet = kept.of(rig)
    assert quiet[0] > 10 * quiet[1]


class Along(Checked):
    """Notes how many statements were answered along with the snapshot; one of them fails if that is wanted."""

    answered: int | None = None
    broken = False

    @contextlib.contextmanager
    def snapshot(self, ahead: Ahead | None = None) -> Iterator[Session]:
        if ahead is not None and self.broken:
            ahead = Ahead((*ahead.statements, ("SELECT 1 / 0", {})), ahead.timeout)
        with super().snapshot(ahead) as session:
            self.answered = None if session.ahead is None else len(session.ahead)
            yield session


def test_asked_along(place: Place, kept: Kept) -> None:
    """From the second scrape on slices are asked about along with the snapshot; where that fails, as without it."""
    found = place.rig(scraper=Along, exporter={"settle": 600})
    scraper = found.collector._scraper
    assert isinstance(scraper, Along)
    for _ in range(20):
        place.calls(1)
        place.clock.forward(31)
    found.tick()
    assert wrong(found) == {}
    assert scraper.answered is None
    assert kept.of(found)[0] > 0
    assert scraper.answered is not None
    # What was asked about in vain: slices that began and ended since, as far as the guess did not reach.
    place.calls(1)
    place.clock.forward(300)
    place.calls(1)
    assert wrong(found) == {}
    place.calls(
        1, initiated_at=place.clock.now - timedelta(seconds=150), ended_at=place.clock.now - timedelta(seconds=150)
    )
    assert wrong(found) == {}
    scraper.broken = True
    assert kept.of(found)[0] > 0
    assert scraper.answered is None
    assert own(found.scrape(), "domain_up", domain="calls") == 1
    found.close()


@pytest.mark.parametrize("pooled", [False, True])
def test_prepared_statements(pooled: bool, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements are prepared where the process that answers is the one that was connected to, and not behind a pooler."""
    if pooled:
        monkeypatch.setattr(transaction, "MOMENT", transaction.MOMENT.replace("pg_backend_pid()", "0"))
    place.calls(3)
    found = place.rig()
    found.tick()
    for _ in range(2):
        assert wrong(found) == {}
    with found.collector._scraper.snapshot() as session:
        prepared = session.rows("SELECT count(*) FROM pg_prepared_statements", {}, 5.0)[0][0]
    assert (prepared == 0) == pooled
    found.close()


EDITS = {
    "an update": "UPDATE call_sessions SET outcome = 'other thing' WHERE id = 'w-50'",
    "an update of a number": "UPDATE call_sessions SET duration_seconds = 99999 WHERE id = 'w-50'",
    "a delete": "DELETE FROM call_sessions WHERE id = 'w-50'",
    "a row that comes late": "INSERT INTO call_sessions (id, tenant, initiated_at, ended_at) "
    "SELECT 'late', 'late', initiated_at, ended_at FROM call_sessions WHERE id = 'w-50'",
    "a row that takes another's place": "DELETE FROM call_sessions WHERE id = 'w-50'; INSERT INTO call_sessions (id, tenant, "
    "initiated_at, ended_at) SELECT 'late', 'late', initiated_at, ended_at FROM call_sessions WHERE id = 'w-51'",
    "a row that moves": "UPDATE call_sessions SET ended_at = ended_at - interval '35 s' WHERE id = 'w-50'",
    "a column made anew": "ALTER TABLE call_sessions DROP COLUMN outcome; ALTER TABLE call_sessions ADD outcome text DEFAULT 'x'",
    "columns that change names": "ALTER TABLE call_sessions RENAME outcome TO other; ALTER TABLE call_sessions RENAME campaign "
    "TO outcome; ALTER TABLE call_sessions RENAME other TO campaign",
    "a table that takes another's name": "CREATE TABLE twin (LIKE call_sessions); INSERT INTO twin SELECT * FROM call_sessions; "
    "UPDATE twin SET outcome = 'twin'; ALTER TABLE call_sessions RENAME TO old; ALTER TABLE twin RENAME TO call_sessions",
    "a column of another type": "ALTER TABLE call_sessions ALTER outcome TYPE varchar(80)",
    "an empty table": "TRUNCATE call_sessions",
    "a table written anew": "VACUUM FULL call_sessions",
}


@pytest.mark.parametrize("edit", EDITS)
def test_edit(edit: str, rig: Rig, place: Place, kept: Kept) -> None:
    """What changed a row of the tail is shown by the next scrape, and the one after it keeps slices again."""
    with psycopg.connect(place.url, autocommit=True) as connection:
        for statement in EDITS[edit].split("; "):
            connection.execute(statement.encode())
    assert wrong(rig) == {}
    assert wrong(rig) == {}
    assert kept.of(rig)[0] > 0


def test_row_that_was_too_young(rig: Rig, place: Place) -> None:
    """A row that was read while its transaction was not the oldest any more, and that goes, is missed at once."""
    other, writer = Writer(place.url, "other", place.clock), Writer(place.url, "young", place.clock)
    other.insert(tenant="held")
    writer.insert(tenant="young")
    writer.commit()
    place.clock.forward(100)
    assert wrong(rig) == {}
    writer.execute("DELETE FROM call_sessions WHERE tenant = 'young'")
    writer.commit()
    assert wrong(rig) == {}
    other.commit()
    assert wrong(rig) == {}
    assert total(rig.scrape(), "calls_completed_total", tenant="held") == 1


def test_tables_that_are_not_sure(rig: Rig, place: Place, kept: Kept) -> None:
    """Where policies or heirs decide about rows, nothing is kept."""
    place.sql("CREATE TABLE heir () INHERITS (call_sessions)")
    assert kept.of(rig) == (0, 0)
    place.sql("DROP TABLE heir", "ALTER TABLE call_sessions ENABLE ROW LEVEL SECURITY")
    assert kept.of(rig) == (0, 0)


def test_long_tail(place: Place, kept: Kept) -> None:
    """Behind a transaction that stays open the slices get longer, so that they do not become too many."""
    rig = place.rig(exporter={"settle": 20})
    rig.tick()
    holder = Writer(place.url, "holder", place.clock)
    holder.insert()
    for _ in range(10):
        place.calls(3)
        place.clock.forward(90)
        rig.tick()
        held = kept.of(rig)
        assert sum(held) <= 4 * (2 * MOST_SLICES + 2)
    holder.close()
    rig.close()


@pytest.mark.parametrize("seed", range(3))
def test_random_edits(seed: int, place: Place, kept: Kept) -> None:
    """Whatever is inserted, edited, deleted, sealed or left open, each scrape equals the table at its snapshot."""
    dice = random.Random(seed)
    rig = place.rig()
    writers = [Writer(place.url, f"w{number}", place.clock) for number in range(3)]
    rig.tick()
    seen = 0
    for _ in range(120):
        writer = dice.choice(writers)
        pick = "(SELECT id FROM call_sessions ORDER BY md5(id || %s) LIMIT 1 FOR UPDATE SKIP LOCKED)"
        which: tuple[Any, ...] = (str(dice.random()), place.clock.now - timedelta(seconds=55))
        recent = f"id = {pick} AND ended_at > %s"
        action = dice.randrange(6)
        if action < 3:
            for _ in range(dice.randrange(1, 6)):
                writer.insert(outcome=dice.choice(["a", "b"]))
        elif action == 3:
            writer.execute(f"UPDATE call_sessions SET outcome = 'c' WHERE {recent}", *which)
        elif action == 4:
            writer.execute(f"DELETE FROM call_sessions WHERE {recent}", *which)
        if dice.random() < 0.7:
            writer.commit()
        place.clock.forward(dice.choice([0, 1, 3, 7]))
        if dice.random() < 0.3:
            rig.tick()
        seen += kept.of(rig)[0]
    assert seen > 1000
    rig.close()
    for writer in writers:
        writer.close()
