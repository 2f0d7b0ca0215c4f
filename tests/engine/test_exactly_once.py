"""No row lost, none counted twice, and every scrape equals the table at its own snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exporter.engine.horizon import Horizon
from exporter.engine.scans import Scan
from exporter.sources.database import Moment, Session
from tests.conftest import Postgres
from tests.engine.rig import Checked, Clock, Rig, Unchecked, Writer, checked, prepare, total, wrong

Build = Callable[..., Rig]


@pytest.fixture
def clock() -> Clock:
    """The test's clock."""
    return Clock()


@pytest.fixture
def build(postgres: Postgres, tmp_path: Path, clock: Clock) -> Iterator[Build]:
    """Makes exporters on one state file; the last one is closed at the end."""
    prepare(postgres.url)
    made: list[Rig] = []

    def make(**given: Any) -> Rig:
        if made:
            made[-1].kill()
        made.append(checked(postgres.url, tmp_path / "state.json", clock, **given))
        return made[-1]

    yield make
    if made:
        made[-1].kill()


def advance(rig: Rig, clock: Clock, seconds: float, step: float = 20.0) -> None:
    """Let time pass in ticks."""
    for _ in range(round(seconds / step)):
        clock.forward(step)
        rig.tick()


def lone_writer(build: Build, clock: Clock, postgres: Postgres, **given: Any) -> Rig:
    """One transaction, alone, stays open far beyond the settle window."""
    rig = build(**given)
    rig.tick()
    writer = Writer(postgres.url, "lone", clock)
    writer.insert()
    advance(rig, clock, 600)
    writer.commit()
    writer.close()
    return rig


def late_commit(build: Build, clock: Clock, postgres: Postgres, **given: Any) -> Rig:
    """A transaction stays open while others begin after it and commit before it."""
    rig = build(**given)
    rig.tick()
    late, quick = Writer(postgres.url, "late", clock), Writer(postgres.url, "quick", clock)
    late.insert()
    for _ in range(30):
        quick.insert()
        quick.commit()
        advance(rig, clock, 20)
    late.commit()
    late.close()
    quick.close()
    return rig


def stamped_on_the_horizon(build: Build, clock: Clock, postgres: Postgres, **given: Any) -> Rig:
    """A row is stamped at the very instant that becomes the horizon."""
    rig = build(**given)
    rig.tick()
    writer = Writer(postgres.url, "edge", clock)
    advance(rig, clock, 60)
    writer.insert()
    writer.commit()
    writer.close()
    clock.forward(60)
    rig.tick()
    return rig


@pytest.mark.parametrize("situation", [lone_writer, late_commit, stamped_on_the_horizon])
def test_situation(situation: Callable[..., Rig], build: Build, clock: Clock, postgres: Postgres) -> None:
    """The engine shows every row once, at once and after all of it is sealed."""
    rig = situation(build, clock, postgres)
    assert wrong(rig) == {}
    advance(rig, clock, 600)
    assert wrong(rig) == {}
    assert rig.collector.outcome.tail_rows["calls"] == 0


class TimeOnly(Horizon):
    """Trusts the settle window alone."""

    def observe(self, moment: Moment) -> bool:
        back = super().observe(moment)
        self.safe = moment.now
        return back


class EndedOnly(Checked):
    """Takes the snapshot's xmax as the bound, as if no open transaction could lie at it or above."""

    def moment(self, session: Session) -> Moment:
        found = super().moment(session)
        bound = session.rows("SELECT txid_snapshot_xmax(txid_current_snapshot())", {}, 5.0)[0][0]
        return replace(found, bound=bound)


def test_time_only_loses(build: Build, clock: Clock, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """A settle window without snapshots loses the row of a transaction that is longer."""
    monkeypatch.setattr("exporter.engine.collector.Horizon", TimeOnly)
    rig = late_commit(build, clock, postgres)
    assert wrong(rig)


def test_xmax_alone_loses(build: Build, clock: Clock, postgres: Postgres) -> None:
    """A snapshot's xmax lies above ended transactions only: without running ones a lone long writer's row is lost."""
    rig = lone_writer(build, clock, postgres, scraper=EndedOnly, background=EndedOnly)
    assert wrong(rig)


def test_shared_end_counts_twice(
    build: Build, clock: Clock, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If sealing and tail both took the row that stands on the horizon, it would count twice."""
    window = Scan.window
    monkeypatch.setattr(Scan, "window", lambda *ends, closed: window(*ends, closed=closed or True))
    rig = stamped_on_the_horizon(build, clock, postgres)
    assert wrong(rig)


class Between(Unchecked):
    """Lets something happen after the snapshot was taken."""

    happen: Callable[[], object] | None = None

    def moment(self, session: Session) -> Moment:
        found = super().moment(session)
        if self.happen is not None:
            self.happen()
        return found


class ClockAfter(Between):
    """Reads the clock after the snapshot, not before it."""

    def moment(self, session: Session) -> Moment:
        found = super().moment(session)
        return replace(found, now=self.clock.now) if self.clock is not None else found


def commit_after_snapshot(build: Build, clock: Clock, postgres: Postgres, background: type[Between]) -> Rig:
    """Between a snapshot and the reading of the clock, the settle window passes and a writer begins."""
    rig = build(background=background)
    rig.tick()
    writer = Writer(postgres.url, "between", clock)
    spy = rig.collector._background
    assert isinstance(spy, Between)

    def begin() -> None:
        spy.happen = None
        clock.forward(60)
        writer.insert()
        clock.forward(100)

    spy.happen = begin
    rig.collector._observe()
    clock.forward(20)
    rig.tick()
    writer.commit()
    writer.close()
    return rig


def test_clock_before_snapshot(build: Build, clock: Clock, postgres: Postgres) -> None:
    """What begins and is stamped between clock and snapshot is not taken for settled."""
    rig = commit_after_snapshot(build, clock, postgres, Between)
    assert wrong(rig) == {}


def test_clock_after_snapshot_loses(build: Build, clock: Clock, postgres: Postgres) -> None:
    """With the clock read after the snapshot, a writer that began in between is taken for ended, and its row is lost."""
    rig = commit_after_snapshot(build, clock, postgres, ClockAfter)
    assert wrong(rig)


def test_kill_between_seal_and_save(
    build: Build, clock: Clock, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sealed and not saved is sealed again by the next exporter, not counted on top."""
    rig = build()
    writer = Writer(postgres.url, "w", clock)
    writer.insert()
    writer.commit()
    clock.forward(100)
    rig.tick()
    monkeypatch.setattr(rig.collector.book, "save", lambda: None)
    writer.insert()
    writer.commit()
    advance(rig, clock, 200)
    assert rig.collector.outcome is not None
    assert wrong(rig) == {}
    rig = build()
    rig.tick()
    assert wrong(rig) == {}
    advance(rig, clock, 200)
    assert wrong(rig) == {}
    writer.close()


def test_update_ends_a_call(build: Build, clock: Clock, postgres: Postgres) -> None:
    """A row whose event time is set by a late update counts when that update is committed."""
    rig = build()
    writer = Writer(postgres.url, "w", clock)
    call = writer.insert(ended_at=None)
    writer.commit()
    advance(rig, clock, 400)
    assert total(rig.scrape(), "active_calls") == 1
    writer.execute("UPDATE call_sessions SET ended_at = %s, outcome = 'failed' WHERE id = %s", clock.now, call)
    advance(rig, clock, 400)
    assert wrong(rig) == {}
    writer.commit()
    assert wrong(rig) == {}
    advance(rig, clock, 400)
    assert wrong(rig) == {}
    assert total(rig.scrape(), "calls_completed_total", outcome="failed") == 1
    writer.close()


def test_released_savepoint(build: Build, clock: Clock, postgres: Postgres) -> None:
    """Rows of a released savepoint, whose own number is no longer locked, wait for their transaction."""
    rig = build()
    rig.tick()
    writer = Writer(postgres.url, "w", clock)
    writer.insert()
    writer.execute("SAVEPOINT inner_one")
    writer.insert()
    writer.execute("RELEASE SAVEPOINT inner_one")
    advance(rig, clock, 600)
    writer.execute("SAVEPOINT inner_two")
    writer.insert()
    writer.execute("ROLLBACK TO SAVEPOINT inner_two")
    writer.commit()
    assert wrong(rig) == {}
    advance(rig, clock, 400)
    assert total(rig.scrape(), "calls_completed_total") == 2
    writer.close()
