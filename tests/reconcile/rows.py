"""Calls of several days, sealed in slices, and an exporter whose every slice can be compared at will."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from exporter.engine.reconcile import CREDIT_SECONDS
from tests.engine.recount import Samples
from tests.engine.rig import Place, Rig, Writer, own

DAY = 86_400.0
Sealed = Callable[..., Rig]


def history(place: Place, days: int = 40, each: int = 6) -> None:
    """Calls of days past, so that the first pass makes slices; the clock stands after the last."""
    writer = Writer(place.url, "h")
    first = place.clock.now
    for day in range(days):
        for number in range(each):
            at = first + timedelta(days=day, hours=3 * number)
            writer.insert(initiated_at=at, ended_at=at)
    writer.commit()
    writer.close()
    place.clock.forward(days * DAY + 3600)


def late(place: Place, at: datetime, number: int = 1, **columns: Any) -> None:
    """Commit calls that ended in the past."""
    place.calls(number, initiated_at=at, ended_at=at, **columns)


def compare_all(rig: Rig) -> None:
    """Compare every slice once, as the background does over time."""
    collector = rig.collector
    work, stop = collector.reconciler, collector.stop
    parts = {id(part): (totals, part) for totals in collector.book.totals.values() for part in totals.ledger.slices}
    for totals, part in parts.values():
        if work.policy != "off":
            work.check(totals, part, collector._background, 30.0, collector._lock)
            part.checked += 1
    assert not stop.is_set()


def turn(rig: Rig) -> None:
    """One turn of the background with all the time that it can have."""
    collector = rig.collector
    collector.reconciler._credit = CREDIT_SECONDS
    collector.reconciler.turn(collector._background, 30.0, collector._lock, collector.stop)


def counters(samples: Samples) -> Samples:
    """Samples of the catalogue that must never fall."""
    return {
        place: value
        for place, value in samples.items()
        if place[0].endswith(("_total", "_count", "_bucket", "_sum"))
        and not place[0].startswith(("exporter_", "process_"))
    }


def fallen(before: Samples, after: Samples) -> Samples:
    """Counters that are lower than they were, or gone."""
    now = counters(after)
    return {place: value for place, value in counters(before).items() if now.get(place, -1.0) < value}


def found(samples: Samples) -> dict[str, float]:
    """Rows that the comparison has found, by reason, without zeros."""
    return _by_reason(samples, "reconciliation_rows_total")


def apart(samples: Samples) -> dict[str, float]:
    """Rows by which totals and table differ now, without zeros."""
    return _by_reason(samples, "reconciliation_difference_rows")


def _by_reason(samples: Samples, name: str) -> dict[str, float]:
    reasons = ("late", "changed", "vanished", "purged", "missing", "surplus", "retained")
    values = {reason: own(samples, name, domain="calls", reason=reason) for reason in reasons}
    return {reason: value for reason, value in values.items() if value}
