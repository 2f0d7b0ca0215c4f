"""What happens to rows behind the horizon: found, told, repaired, and no counter ever falls."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from exporter.engine import state
from exporter.engine.ledger import unpack
from tests.engine.rig import START, Place, own, total, wrong
from tests.reconcile.rows import Sealed, apart, compare_all, fallen, found, history, late, turn

MIDDLE = START + timedelta(days=20, minutes=7)
BROAD = ["calls_initiated_total", "calls_answered_total", "calls_by_hour_total"]
ONE_SCAN = {"disabled_metrics": BROAD}


def test_nothing_changed(place: Place, sealed: Sealed) -> None:
    """Over an unchanged table every slice is equal, whatever merging did to it."""
    history(place)
    rig = sealed()
    for _ in range(5):
        place.calls(3)
        place.clock.forward(4000)
        rig.tick()
    compare_all(rig)
    samples = rig.scrape()
    assert (found(samples), apart(samples), rig.lines) == ({}, {}, [])
    assert own(samples, "reconciliation_checks_total", domain="calls") == sum(
        len(totals.ledger.slices) for totals in rig.collector.book.totals.values()
    )
    rig.close()


def test_late_rows_are_added(place: Place, sealed: Sealed) -> None:
    """Rows that arrive behind the horizon are missing until their slice is compared; then all is equal to the table."""
    history(place)
    rig = sealed(exporter=ONE_SCAN)
    late(place, MIDDLE, 3, outcome="late", tenant="new")
    late(place, START - timedelta(days=400), 2)
    assert wrong(rig) != {}
    before = rig.scrape()
    compare_all(rig)
    after = rig.scrape()
    assert {name: value for name, value in wrong(rig).items() if not name[0].startswith(tuple(BROAD))} == {}
    assert fallen(before, after) == {}
    assert found(after) == {"late": 5}
    assert apart(after) == {}
    assert total(after, "calls_completed_total") == 245
    assert own(after, "reconciliation_repairs_total", domain="calls") == 4, "two slices in each of two scans"
    assert rig.said("call.ended_at: rows from the beginning to ") or rig.said("rows from the beginning")
    rig.close()


def test_late_rows_of_every_scan(place: Place, sealed: Sealed) -> None:
    """A late row is found in each pass that it belongs to, and every metric is exact afterwards."""
    history(place)
    rig = sealed()
    late(place, MIDDLE, 4)
    compare_all(rig)
    assert wrong(rig) == {}
    assert found(rig.scrape())["late"] == 8, "once for each of its two event times"
    rig.close()


def test_changed_labels_and_values(place: Place, sealed: Sealed) -> None:
    """A row that changed is counted in its new place; where it was, its count stays and is told as surplus."""
    history(place)
    rig = sealed(exporter=ONE_SCAN)
    before = rig.scrape()
    place.sql(
        "UPDATE call_sessions SET outcome = 'edited' WHERE id = 'h-1'",
        "UPDATE call_sessions SET duration_seconds = 1000 WHERE id = 'h-100'",
    )
    compare_all(rig)
    after = rig.scrape()
    assert fallen(before, after) == {}
    assert total(after, "calls_completed_total", outcome="edited") == 1
    assert found(after) == {"changed": 2}
    assert apart(after) == {"surplus": 1}
    assert total(after, "calls_completed_total") == 241
    assert total(after, "call_duration_seconds_sum") > total(before, "call_duration_seconds_sum")
    compare_all(rig)
    assert found(rig.scrape()) == {"changed": 2}, "what was found once is not found again"
    rig.close()


def test_changed_and_changed_back(place: Place, sealed: Sealed) -> None:
    """A row that changes and changes back is not counted twice where it was."""
    history(place)
    rig = sealed(exporter=ONE_SCAN)
    before = rig.scrape()
    place.sql("UPDATE call_sessions SET outcome = 'edited' WHERE id = 'h-100'")
    compare_all(rig)
    place.sql("UPDATE call_sessions SET outcome = 'qualified' WHERE id = 'h-100'")
    compare_all(rig)
    after = rig.scrape()
    assert total(after, "calls_completed_total", outcome="qualified") == total(
        before, "calls_completed_total", outcome="qualified"
    )
    assert found(after) == {"changed": 2}
    assert apart(after) == {"surplus": 1}
    rig.close()


def test_deleted_rows(place: Place, sealed: Sealed) -> None:
    """Rows that vanish in the middle are told, and stay counted; new rows are counted from the first on."""
    history(place)
    rig = sealed(exporter=ONE_SCAN)
    before = rig.scrape()
    place.sql("DELETE FROM call_sessions WHERE id IN ('h-120', 'h-121', 'h-122')")
    compare_all(rig)
    after = rig.scrape()
    assert fallen(before, after) == {}
    assert found(after) == {"vanished": 3}
    assert apart(after) == {"surplus": 3}
    place.calls(2)
    assert total(rig.settled(), "calls_completed_total") == 242
    late(place, MIDDLE + timedelta(days=5), 1, outcome="late")
    compare_all(rig)
    samples = rig.scrape()
    assert total(samples, "calls_completed_total") == 243
    assert found(samples) == {"vanished": 3, "late": 1}
    rig.close()


def test_report_only(place: Place, sealed: Sealed) -> None:
    """With policy report totals are left alone; what is missing shows until the policy says repair."""
    history(place)
    rig = sealed(exporter={**ONE_SCAN, "reconciliation": {"policy": "report"}})
    late(place, MIDDLE, 3)
    for _ in range(2):
        compare_all(rig)
    samples = rig.scrape()
    assert found(samples) == {"late": 3}
    assert apart(samples) == {"missing": 3}
    assert own(samples, "reconciliation_repairs_total", domain="calls") == 0
    assert total(samples, "calls_completed_total") == 240
    rig.close()
    rig = sealed(exporter=ONE_SCAN)
    compare_all(rig)
    samples = rig.scrape()
    assert (total(samples, "calls_completed_total"), apart(samples)) == (243, {})
    rig.close()


def test_off(place: Place, sealed: Sealed) -> None:
    """With policy off nothing is read and nothing is shown."""
    history(place)
    rig = sealed(exporter={**ONE_SCAN, "reconciliation": {"policy": "off"}})
    late(place, MIDDLE, 3)
    turn(rig)
    samples = rig.scrape()
    assert not any(name.startswith("exporter_reconciliation") for name, _ in samples)
    assert rig.collector.reconciler.rows_read == 0
    rig.close()


@pytest.mark.parametrize("again", [False, True])
def test_restart_keeps_what_was_found(place: Place, sealed: Sealed, again: bool) -> None:
    """After a kill right behind a repair nothing is lost or added twice, whether the repair was saved or not."""
    history(place)
    rig = sealed(exporter=ONE_SCAN)
    rig.close()
    saved = place.state.read_bytes()
    rig = sealed(exporter=ONE_SCAN)
    late(place, MIDDLE, 3)
    place.sql("DELETE FROM call_sessions WHERE id = 'h-130'")
    compare_all(rig)
    before = rig.scrape()
    rig.kill()
    if again:
        place.state.write_bytes(saved)
    rig = sealed(exporter=ONE_SCAN)
    if again:
        compare_all(rig)
    after = rig.scrape()
    assert fallen(before, after) == {}
    assert total(after, "calls_completed_total") == 243
    assert apart(after) == {"surplus": 1}
    rig.close()


def test_a_repair_is_saved_before_it_is_shown(place: Place, sealed: Sealed) -> None:
    """When slices were compared, the file on disk holds the repaired totals already."""
    history(place)
    rig = sealed(exporter=ONE_SCAN)
    late(place, MIDDLE, 3)
    compare_all(rig)
    found = state.load(place.state)
    assert found is not None
    assert found.scans["call.ended_at"]["rows"] == 243
    rig.kill()


def test_values_beyond_a_cap(place: Place, sealed: Sealed) -> None:
    """Values that are counted under other are compared and repaired there."""
    history(place)
    rig = sealed(exporter={"label_caps": {"tenant": 2, "agent": 1}})
    late(place, MIDDLE, 9)
    compare_all(rig)
    after = rig.scrape()
    assert total(after, "calls_completed_total") == 249
    assert total(after, "calls_completed_total", tenant="other") == 83
    assert apart(after) == {}
    compare_all(rig)
    assert found(rig.scrape()) == {"late": 18}
    rig.close()


def test_rejected_values_are_repaired_too(place: Place, sealed: Sealed) -> None:
    """A late row with a value that cannot be right is counted as rejected, once."""
    history(place)
    rig = sealed(exporter=ONE_SCAN)
    late(place, MIDDLE, 1, duration_seconds=-5)
    compare_all(rig)
    compare_all(rig)
    samples = rig.scrape()
    assert own(samples, "rejected_values_total", metric="call_duration_seconds", reason="negative") == 1
    assert total(samples, "calls_completed_total") == 241
    rig.close()


def test_the_slices_are_the_totals(place: Place, sealed: Sealed) -> None:
    """Slices cover all time without gaps, and their rows add up to the totals."""
    history(place, days=200)
    rig = sealed(exporter=ONE_SCAN)
    for _ in range(50):
        place.calls(1)
        place.clock.forward(600)
        rig.tick()
    for totals in rig.collector.book.totals.values():
        slices = totals.ledger.slices
        assert all(left.upper == right.lower for left, right in pairwise(slices))
        assert slices[-1].upper == totals.horizon
        assert sum(part.rows for part in slices) == totals.rows
        assert totals.rows == sum(numbers[0] for part in slices for numbers in unpack(part.kept).values())
        assert len(slices) < 90
    rig.close()
