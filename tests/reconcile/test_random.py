"""Random lives of a table behind the horizon: counters never fall, and what they hold beyond the table is told."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Final

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.recount import Samples
from tests.engine.rig import START, Place, Rig, own, total, wrong
from tests.reconcile.rows import apart, compare_all, fallen, late

DAYS: Final = 12
SCAN: Final = {"disabled_metrics": ["calls_initiated_total", "calls_answered_total", "calls_by_hour_total"]}
WHAT: Final = st.sampled_from(
    ("late", "late", "edit", "value", "delete", "purge", "new", "tick", "compare", "restart", "kill")
)
STEPS: Final = st.lists(st.tuples(WHAT, st.integers(0, 47)), min_size=3, max_size=14)
ADDING: Final = frozenset({"late", "new", "tick", "compare", "restart", "kill"})
NUMBERS: Final = count(1)


def _fresh(place: Place) -> Place:
    place.sql("TRUNCATE call_sessions")
    found = Place(place.url, place.state.with_name(f"state{next(NUMBERS)}.json"), type(place.clock)())
    for day in range(DAYS):
        late(found, START + timedelta(days=day), 4, tenant=f"t{day % 3}")
    found.clock.forward(DAYS * 86_400)
    return found


def _rig(place: Place) -> Rig:
    rig = place.rig(exporter=SCAN)
    rig.collector._file_lock.acquire()
    rig.collector.book.writable = True
    rig.tick()
    return rig


def _act(place: Place, rig: Rig, what: str, number: int) -> Rig:
    day = START + timedelta(days=number % DAYS, minutes=number)
    one = f"(SELECT id FROM call_sessions ORDER BY id OFFSET {number} LIMIT 1)"
    if what == "late":
        late(place, day, number % 3 + 1, outcome="late")
    elif what == "edit":
        place.sql(f"UPDATE call_sessions SET outcome = 'e{number % 2}' WHERE id = {one}")
    elif what == "value":
        place.sql(f"UPDATE call_sessions SET duration_seconds = {number} WHERE id = {one}")
    elif what == "delete":
        place.sql(f"DELETE FROM call_sessions WHERE id = {one}")
    elif what == "purge":
        place.sql(f"DELETE FROM call_sessions WHERE ended_at < '{day.isoformat()}'")
    elif what == "new":
        place.calls(2)
        place.clock.forward(30 * number)
    elif what == "tick":
        place.clock.forward(600)
        rig.tick()
    elif what == "compare":
        compare_all(rig)
    else:
        rig.close() if what == "restart" else rig.kill()
        return _rig(place)
    return rig


def _rows(place: Place) -> int:
    with psycopg.connect(place.url) as connection:
        found = connection.execute("SELECT count(*) FROM call_sessions").fetchone()
    assert found is not None
    return int(found[0])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_life(place: Place, steps: list[tuple[str, int]]) -> None:
    """Whatever happens to rows: no counter falls, totals are the table's rows and what is told beyond, or equal to it."""
    here = _fresh(place)
    rig = _rig(here)
    before: Samples = rig.scrape()
    try:
        for what, number in steps:
            rig = _act(here, rig, what, number)
            after = rig.scrape()
            assert own(after, "database_up") == 1, rig.lines
            # A row that vanishes from the tail was never sealed; nothing can keep it.
            if what not in {"delete", "purge", "edit", "value"} and "new" not in dict(steps):
                assert fallen(before, after) == {}, what
            before = after
        here.clock.forward(7200)
        rig.tick()
        compare_all(rig)
        after = rig.scrape()
        more = apart(after)
        assert "missing" not in more
        assert total(after, "calls_completed_total") == _rows(here) + sum(more.values())
        if {what for what, _ in steps} <= ADDING:
            assert {k: v for k, v in wrong(rig).items() if not k[0].startswith(("calls_init", "calls_by"))} == {}
    finally:
        rig.close()
