"""The first pass over all rows, by one connection and by several at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

import pytest

from exporter.engine.sealer import in_turn
from exporter.sources.database import Database, DatabaseError
from tests.engine.rig import Place, checked, wrong


class Connection:
    """What stands for a connection where nothing is read."""

    closed = False

    def close(self) -> None:
        self.closed = True


def test_several_connections_count_the_same(place: Place, tmp_path: Path) -> None:
    """Totals are those of the table, and the same values of a capped label have series of their own, however many read."""
    for number, tenant in enumerate(("often", "seldom", "rare", "once")):
        place.calls(12 - 3 * number, tenant=tenant)
    place.clock.forward(600)
    found = []
    for connections in (1, 3):
        rig = checked(
            place.url,
            tmp_path / f"{connections}.json",
            place.clock,
            exporter={"label_caps": {"tenant": 2}, "domains": []},
        )
        rig.collector.once(lambda _, __: None, connections)
        assert all(totals.horizon is not None for totals in rig.collector.book.totals.values())
        found.append((rig.collector.book.admission.admitted["tenant"], rig.scrape().keys()))
        rig.close()
    assert found[0][0] == found[1][0] == {"often", "seldom"}
    assert found[0][1] == found[1][1]
    rig = checked(place.url, tmp_path / "all.json", place.clock)
    rig.collector.once(lambda _, __: None, 2)
    assert wrong(rig) == {}
    rig.close()


@pytest.mark.parametrize("connections", [1, 2, 5])
def test_results_come_in_order_and_failures_alone(connections: int) -> None:
    """What fails costs no other item; each connection has one item at a time, and those that were made are closed."""
    made: list[Connection] = []
    busy: set[int] = set()
    lock = threading.Lock()

    def connect() -> Database:
        made.append(Connection())
        return cast(Database, made[-1])

    def work(item: int, database: Database) -> int:
        with lock:
            assert id(database) not in busy
            busy.add(id(database))
        threading.Event().wait(0.01 * (item % 3))
        with lock:
            busy.remove(id(database))
        if item == 4:
            raise DatabaseError("four")
        return item * item

    own = Connection()
    found: list[Any] = []
    for result in in_turn(work, range(8), cast(Database, own), connect, connections):
        try:
            found.append(result())
        except DatabaseError as error:
            found.append(str(error))
    assert found == [0, 1, 4, 9, "four", 25, 36, 49]
    assert len(made) == connections - 1
    assert all(one.closed for one in made)
    assert not own.closed


def test_who_stops_waits_for_what_is_under_way_only() -> None:
    """Items that were not begun are not worked on any more."""
    begun: list[int] = []

    def work(item: int, _: Database) -> None:
        begun.append(item)
        threading.Event().wait(0.05)

    reading = in_turn(work, range(100), cast(Database, Connection()), lambda: cast(Database, Connection()), 2)
    next(reading)()
    reading.close()
    assert len(begun) < 10
