"""The horizon: how far totals may be sealed, from what snapshots tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from exporter.engine.horizon import MARKS, Horizon
from exporter.sources.database import Moment

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(seconds: float) -> datetime:
    """A time after noon."""
    return NOON + timedelta(seconds=seconds)


def horizon(settle: timedelta = MINUTE, cap: timedelta = 60 * MINUTE) -> Horizon:
    """A horizon that has seen nothing."""
    return Horizon(settle, cap)


def test_no_snapshot() -> None:
    """Before the first snapshot nothing may be sealed."""
    assert horizon().value() is None


def test_idle_database() -> None:
    """Without open transactions the horizon is the snapshot's time minus the settle window."""
    found = horizon()
    assert not found.observe(Moment(at(0), 10, 10))
    assert found.value() == at(-60)
    assert not found.capped


def test_open_transaction_holds_back() -> None:
    """A snapshot is safe only once everything that had begun to write by then has ended."""
    found = horizon()
    found.observe(Moment(at(0), 10, 10))
    found.observe(Moment(at(100), 10, 12))
    assert found.value() == at(-60)
    found.observe(Moment(at(200), 11, 13))
    assert found.value() == at(-60)
    found.observe(Moment(at(300), 12, 14))
    assert found.value() == at(40)


def test_lone_writer() -> None:
    """A single open writer whose number is the snapshot's own upper end holds the horizon, since `bound` is above it."""
    found = horizon()
    found.observe(Moment(at(0), 10, 10))
    for step in range(1, 5):
        found.observe(Moment(at(step * 100), 10, 11))
        assert found.value() == at(-60)
    found.observe(Moment(at(500), 11, 11))
    assert found.value() == at(440)


def test_cap() -> None:
    """A transaction that stays open beyond the cap no longer holds the horizon, and that is told."""
    found = horizon(cap=10 * MINUTE)
    found.observe(Moment(at(0), 10, 10))
    found.observe(Moment(at(1), 10, 11))
    assert found.value() == at(-60)
    found.observe(Moment(at(540), 10, 11))
    assert (found.value(), found.capped) == (at(-60), False)
    found.observe(Moment(at(542), 10, 11))
    assert (found.value(), found.capped) == (at(-58), True)
    found.observe(Moment(at(700), 11, 11))
    assert (found.value(), found.capped) == (at(640), False)


def test_first_snapshot_with_open_transaction() -> None:
    """What an open transaction had written before the first snapshot is unknown, so the cap decides."""
    found = horizon()
    found.observe(Moment(at(0), 10, 11))
    assert found.value() == at(-3600)
    found.observe(Moment(at(10), 11, 11))
    assert found.value() == at(-50)


def test_no_information() -> None:
    """A database that does not tell of its transactions is sealed at the cap, which no transaction is to blame for."""
    found = horizon()
    found.observe(Moment(at(0), None, None))
    assert found.value() == at(-3600)
    found.observe(Moment(at(60), None, None))
    assert found.value() == at(-3540)
    assert not found.capped


def test_clock_back() -> None:
    """When the clock goes back, the horizon goes with it, and totals beyond it are known to be unsafe."""
    found = horizon()
    found.observe(Moment(at(1000), 10, 10))
    assert found.observe(Moment(at(0), 11, 11))
    assert found.jumps == 1
    assert found.value() == at(-60)
    assert found.beyond(at(940))
    assert not found.beyond(at(-60))


def test_clock_back_a_little() -> None:
    """A step back that is small against the settle window makes no totals unsafe."""
    found = horizon()
    found.observe(Moment(at(1000), 10, 10))
    found.observe(Moment(at(999), 10, 10))
    assert found.jumps == 1
    assert not found.beyond(at(940))


def test_clock_back_drops_later_marks() -> None:
    """Marks that were made at times after the new one never become safe."""
    found = horizon()
    found.observe(Moment(at(0), 10, 10))
    found.observe(Moment(at(1000), 10, 11))
    found.observe(Moment(at(500), 10, 12))
    found.observe(Moment(at(510), 11, 12))
    assert found.value() == at(-60)
    found.observe(Moment(at(520), 12, 12))
    assert found.value() == at(460)


def test_forward_then_back() -> None:
    """A clock that went forward and came back leaves the horizon where the clock is."""
    found = horizon()
    found.observe(Moment(at(0), 10, 10))
    found.observe(Moment(at(86400), 11, 11))
    assert found.value() == at(86340)
    assert found.observe(Moment(at(10), 12, 12))
    assert found.value() == at(-50)


def test_thinning() -> None:
    """However long a transaction is open, the marks stay few, and the horizon never passes it."""
    found = horizon(cap=timedelta(days=300))
    found.observe(Moment(at(0), 9, 9))
    for step in range(1, 5 * MARKS):
        found.observe(Moment(at(step), 10, 10 + step))
        assert found.value() == at(-60)
    assert len(found.marks) <= MARKS
    assert [mark[0] for mark in found.marks] == sorted(mark[0] for mark in found.marks)
    last = 5 * MARKS
    found.observe(Moment(at(last), 10 + 2 * MARKS, 10 + last))
    reached = found.value()
    assert reached is not None
    assert at(-60) < reached <= at(2 * MARKS - 60)
    found.observe(Moment(at(last + 1), 11 + last, 11 + last))
    assert found.value() == at(last - 59)
