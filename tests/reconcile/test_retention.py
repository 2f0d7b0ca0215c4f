"""Rows that a retention job deletes: counters do not fall, and a lost state after a purge is seen and said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from exporter.doctor import examine
from exporter.mapping import load
from exporter.sources.database import connect
from tests.engine.rig import START, Place, own, settings, total, until
from tests.reconcile.rows import Sealed, apart, compare_all, fallen, found, history, late, turn

MONTH = START + timedelta(days=30)
PURGE = f"DELETE FROM call_sessions WHERE ended_at < '{MONTH.isoformat()}'"
ONE_SCAN = {"disabled_metrics": ["calls_initiated_total", "calls_answered_total", "calls_by_hour_total"]}


@pytest.mark.parametrize("policy", ["repair", "report", "off"])
def test_purge_of_the_oldest_month(place: Place, sealed: Sealed, policy: str) -> None:
    """Counters keep the rows that a retention job deleted, whatever the policy, and go on counting."""
    history(place, days=100)
    rig = sealed(exporter={**ONE_SCAN, "reconciliation": {"policy": policy}})
    before = rig.scrape()
    place.sql(PURGE)
    for _ in range(3):
        compare_all(rig)
        after = rig.settled()
        assert fallen(before, after) == {}
        assert total(after, "calls_completed_total") == 600
    if policy != "off":
        assert found(after) == {"purged": 180}
        assert apart(after) == {"retained": 180}
    place.calls(4)
    assert total(rig.settled(), "calls_completed_total") == 604
    rig.close()
    rig = sealed(exporter=ONE_SCAN)
    assert total(rig.scrape(), "calls_completed_total") == 604
    assert own(rig.scrape(), "state_lost") == 0


def test_a_purge_every_day(place: Place, sealed: Sealed) -> None:
    """Day after day of purging, with late and new rows in between: increases stay exact, nothing is called vanished."""
    history(place, days=60)
    rig = sealed(exporter=ONE_SCAN)
    expected = 360
    for day in range(1, 30, 3):
        place.sql(f"DELETE FROM call_sessions WHERE ended_at < '{(START + timedelta(days=day)).isoformat()}'")
        place.calls(5)
        late(place, START + timedelta(days=50, minutes=day), 2)
        expected += 7
        place.clock.forward(86_400)
        rig.tick()
        compare_all(rig)
        samples = rig.scrape()
        assert total(samples, "calls_completed_total") == expected
        assert set(found(samples)) == {"purged", "late"}
    assert apart(samples) == {"retained": 28 * 6}


def test_a_row_that_stays_behind_the_purge(place: Place, sealed: Sealed) -> None:
    """One ancient row that the retention job spares does not turn the purge into an accident."""
    late(place, START - timedelta(days=3000))
    history(place, days=100)
    rig = sealed(exporter=ONE_SCAN)
    place.sql(f"{PURGE} AND ended_at > '{(START - timedelta(days=9)).isoformat()}'")
    compare_all(rig)
    compare_all(rig)
    samples = rig.scrape()
    assert total(samples, "calls_completed_total") == 601
    assert apart(samples) == {"retained": 180}


def test_everything_is_deleted(place: Place, sealed: Sealed) -> None:
    """An emptied table leaves the counters where they are; new rows are counted on top."""
    history(place)
    rig = sealed(exporter=ONE_SCAN)
    before = rig.scrape()
    place.sql("TRUNCATE call_sessions")
    turn(rig)
    after = rig.scrape()
    assert fallen(before, after) == {}
    assert apart(after) == {"retained": 240}
    place.calls(1)
    assert total(rig.settled(), "calls_completed_total") == 241


def test_restart_without_state_after_a_purge(place: Place, sealed: Sealed) -> None:
    """A lost state file is noticed by what the lock file remembers, with the number of rows that are gone."""
    history(place)
    sealed(exporter=ONE_SCAN).close()
    place.sql("DELETE FROM call_sessions WHERE id IN ('h-1', 'h-2')")
    place.state.unlink()
    rig = sealed(exporter=ONE_SCAN)
    assert rig.said(f"state file {place.state} is gone, though this exporter has saved it before")
    assert rig.said("call.ended_at: 2 of 240 rows that were counted before are no longer in the database")
    assert own(rig.scrape(), "state_lost") == 1
    rig.close()
    rig = sealed(exporter=ONE_SCAN)
    assert own(rig.scrape(), "state_lost") == 1, "a restart does not make it forgotten"
    rig.collector.book.lost_at -= 86_401.0  # type: ignore[operator]
    assert own(rig.scrape(), "state_lost") == 0


def test_damaged_state_after_a_purge(place: Place, sealed: Sealed) -> None:
    """A state file that cannot be used is as good as none: the rows that are gone are told."""
    history(place)
    sealed(exporter=ONE_SCAN).close()
    place.sql("DELETE FROM call_sessions WHERE id = 'h-1'")
    place.state.write_bytes(b"noise")
    rig = sealed(exporter=ONE_SCAN)
    assert rig.said("1 of 240 rows that were counted before are no longer in the database")
    assert own(rig.scrape(), "state_lost") == 1


def test_lost_state_without_a_purge(place: Place, sealed: Sealed) -> None:
    """When all rows are still there, a lost state costs a first pass and nothing else."""
    history(place)
    sealed(exporter=ONE_SCAN).close()
    place.state.unlink()
    rig = sealed(exporter=ONE_SCAN)
    assert rig.said("is gone, though this exporter has saved it before")
    assert not rig.said("no longer in the database")
    assert own(rig.scrape(), "state_lost") == 0
    assert total(rig.scrape(), "calls_completed_total") == 240


def test_first_start(place: Place, sealed: Sealed) -> None:
    """An exporter that never saved a state has lost none."""
    history(place)
    rig = sealed(exporter=ONE_SCAN)
    assert rig.lines == []
    assert own(rig.scrape(), "state_lost") == 0


def test_doctor_says_that_the_state_is_gone(place: Place, sealed: Sealed) -> None:
    """The doctor names the lost state file, and totals that began anew from fewer rows."""
    history(place)
    rig = sealed(exporter=ONE_SCAN)
    given, mapping = settings(place.url, place.state), load(rig.settings.database)

    def problems() -> str:
        database = connect(place.url, 3.0)
        try:
            return " ".join(examine(given, mapping, database).problems)
        finally:
            database.close()

    assert problems() == ""
    rig.close()
    place.sql("DELETE FROM call_sessions WHERE id = 'h-1'")
    place.state.unlink()
    assert f"state file {place.state} is gone" in problems()
    sealed(exporter=ONE_SCAN)
    assert "totals began anew" in problems()


def test_in_the_running_exporter(place: Place) -> None:
    """The exporter's own thread finds a late row and a purge without being asked."""
    history(place)
    rig = place.rig(exporter={**ONE_SCAN, "seal_interval": 0.1, "reconciliation": {"budget": 0.5}})
    rig.collector.start()
    try:
        until(lambda: rig.collector.health().ready)
        late(place, START + timedelta(days=20))
        place.sql("DELETE FROM call_sessions WHERE id = 'h-1'")
        until(lambda: found(rig.scrape()) == {"late": 1, "purged": 1})
        assert total(rig.scrape(), "calls_completed_total") == 241
    finally:
        rig.close()
