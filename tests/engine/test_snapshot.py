"""What is asked within a snapshot goes out at once: the database works while the rows of the first statements are used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from exporter.sources.database import Ahead, ConnectionLost, Database, DatabaseError, Statement, connect
from tests.conftest import Postgres
from tests.processes import wait_until

LOCK = 7001
MANY = 5
WAITS = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    """The database as the exporter reads it."""
    with closing(connect(postgres.url, 5.0)) as found:
        yield found


def test_works_while_rows_are_used(postgres: Postgres, database: Database) -> None:
    """The last statement is under way, and stands at a lock, when the rows of the first ones are here."""
    statements: list[Statement] = [(f"SELECT {number}", {}) for number in range(MANY)]
    statements.append(("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": LOCK}))
    with postgres.connect(autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        with database.snapshot() as session, session.together(60.0) as ask:
            rows = ask(statements)
            assert [next(rows) for _ in range(MANY)] == [[(number,)] for number in range(MANY)]
            wait_until(lambda: other.execute(WAITS).fetchone() is not None, 20, "the lock is asked for")
            other.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
            assert len(next(rows)) == 1
            assert next(rows, None) is None


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_any_number(database: Database, count: int) -> None:
    """However many there are, each gives its rows, in order."""
    statements = [("SELECT %(number)s::integer, '100%%'", {"number": number}) for number in range(count)]
    with database.snapshot() as session, session.together(5.0) as ask:
        assert list(ask(statements)) == [[(number, "100%")] for number in range(count)]


def test_not_all_are_used(database: Database) -> None:
    """Who stops in the middle leaves a session that can be used."""
    with database.snapshot() as session:
        with session.together(5.0) as ask, closing(ask([("SELECT 1", {})] * 9)) as rows:
            next(rows)
        assert session.rows("SELECT 2", {}, 5.0) == [(2,)]


def test_prepared_once(database: Database) -> None:
    """A statement is prepared for each kind of its values when it is asked for the first time, also where nobody waited for its rows."""
    asked: list[Statement] = [("SELECT %(value)s", {"value": value}) for value in (1, 2, "three", 4)]
    for _ in range(3):
        with database.snapshot() as session:
            with session.together(5.0) as ask, closing(ask(asked)) as rows:
                next(rows)
            with session.together(5.0) as ask:
                assert list(ask(asked)) == [[(1,)], [(2,)], [("three",)], [(4,)]]
            found = session.rows("SELECT count(*), count(DISTINCT name) FROM pg_prepared_statements", {}, 5.0)
        assert found == [(2, 2)]


def test_a_value_that_cannot_be_sent(database: Database) -> None:
    """A parameter that is missing ends all before anything is asked, and leaves a session that can be used."""
    with database.snapshot() as session:
        with pytest.raises(KeyError, match="value"), session.together(5.0) as ask:
            list(ask([("SELECT 1", {}), ("SELECT %(value)s", {})]))
        assert session.rows("SELECT 2", {}, 5.0) == [(2,)]


def test_a_connection_that_ends(postgres: Postgres, database: Database) -> None:
    """What the database said in farewell is told, and the next snapshot has a connection of its own."""

    def ask_in_vain() -> None:
        with database.snapshot() as session, session.together(5.0) as ask:
            rows = ask([("SELECT pg_backend_pid()", {}), ("SELECT pg_sleep(30)", {}), ("SELECT 3", {})])
            ((process,),) = next(rows)
            with postgres.connect(autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (process,))
            next(rows)

    with pytest.raises(ConnectionLost, match="terminating connection"):
        ask_in_vain()
    with database.snapshot() as session:
        assert session.rows("SELECT 2", {}, 5.0) == [(2,)]


def test_one_fails(database: Database) -> None:
    """A statement that fails ends all, and leaves a session that can be used."""
    with database.snapshot() as session:
        with pytest.raises(DatabaseError, match="division by zero"), session.together(5.0) as ask:
            list(ask([("SELECT 1", {}), ("SELECT 1 / 0", {}), *[("SELECT 3", {})] * 9]))
        assert session.rows("SELECT 2", {}, 5.0) == [(2,)]


def test_asked_along(database: Database) -> None:
    """What goes along with the snapshot has its rows at once, prepared or not; if it fails, all is as without it."""
    for _ in range(3):
        with database.snapshot(Ahead((("SELECT %(a)s::integer", {"a": 5}), ("SELECT '%%'", {})), 5.0)) as session:
            assert session.ahead == [[(5,)], [("%",)]]
            with session.together(5.0) as ask:
                assert list(ask([("SELECT now()", {})])) == [[(session.moment.now,)]]
    with database.snapshot(Ahead((("SELECT 1 / 0", {}),), 5.0)) as session:
        assert session.ahead is None
        assert session.rows("SELECT now()", {}, 5.0) == [(session.moment.now,)]
