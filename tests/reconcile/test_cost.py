"""What comparing costs: a share of the time, one slice at a time, recent ones first."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from exporter.engine import reconcile
from tests.engine.rig import Place
from tests.reconcile.rows import Sealed, history, turn


def test_nothing_is_read_beyond_the_budget(place: Place, sealed: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over an hour of turns the time spent reading stays within the share that the settings allow."""
    history(place)
    rig = sealed()
    clock = [1000.0]
    spent = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    work, collector = rig.collector.reconciler, rig.collector

    def check(*_: object) -> None:
        clock[0] += 0.7
        spent[0] += 0.7

    monkeypatch.setattr(reconcile.Reconciler, "check", check)
    begun = clock[0]
    for _ in range(360):
        for totals in collector.book.totals.values():
            for part in totals.ledger.slices:
                part.checked -= 1
        work.turn(collector._background, 30.0, collector._lock, collector.stop)
        clock[0] += 10.0
    share = spent[0] / (clock[0] - begun)
    assert 0.005 < share < 0.0115
    rig.close()


def test_recent_slices_take_every_other_turn(place: Place, sealed: Sealed) -> None:
    """Slices of the last two days are compared more often than old ones, and none is left out."""
    history(place, days=200, each=2)
    rig = sealed()
    work = rig.collector.reconciler
    seen: dict[int, int] = {}
    every = [part for totals in rig.collector.book.totals.values() for part in totals.ledger.slices]
    now = max(part.checked for part in every) + 1
    for _ in range(2 * len(every)):
        chosen = work._next(now)
        assert chosen is not None
        chosen[1].checked = now
        now += 1
        seen[id(chosen[1])] = seen.get(id(chosen[1]), 0) + 1
    horizon = min(totals.horizon for totals in rig.collector.book.totals.values() if totals.horizon)
    recent = [part for part in every if part.upper > horizon - timedelta(hours=47)]
    assert all(id(part) in seen for part in every)
    assert sum(seen[id(part)] for part in recent) / len(recent) > sum(seen.values()) / len(every)
    rig.close()


def test_each_slice_once_a_turn(place: Place, sealed: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn with time to spare compares every slice once and reads every row once for each pass."""
    monkeypatch.setattr(reconcile, "TURN_SECONDS", 60.0)
    history(place)
    rig = sealed()
    turn(rig)
    slices = sum(len(totals.ledger.slices) for totals in rig.collector.book.totals.values())
    assert rig.collector.reconciler.checks["calls"] == slices
    assert rig.collector.reconciler.rows_read == sum(totals.rows for totals in rig.collector.book.totals.values())
    rig.close()
