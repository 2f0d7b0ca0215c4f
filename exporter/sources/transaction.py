"""One snapshot of PostgreSQL: what is asked when it is taken, and statements within it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, Final, cast

from exporter.sources.database import (
    Ahead,
    Ask,
    Column,
    ConnectionLost,
    DatabaseError,
    Moment,
    Params,
    Row,
    Statement,
    sentence,
)  # fmt: skip
from exporter.sources.pipeline import Pipeline

# now() is the start of the transaction, so it is read before the snapshot, which the first query takes.
# A snapshot's xmax only lies above the transactions that have *ended*; one that began to write and is still open may
# have a higher number, and every such transaction holds a lock on its own number. See README, "Decisions".
MOMENT: Final = """
SELECT now(), txid_snapshot_xmin(txid_current_snapshot()), txid_snapshot_xmax(txid_current_snapshot()),
       pg_is_in_recovery(),
       (SELECT array_agg(transactionid::text::bigint) FROM pg_locks WHERE locktype = 'transactionid' AND granted),
       pg_backend_pid()
"""


BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off; SET LOCAL statement_timeout = {}"
TOGETHER: Final = "SAVEPOINT all_of_them"
ALONE: Final = "SET LOCAL max_parallel_workers_per_gather = 0"
"""A scrape comes every few seconds: it leaves the database's other processors to those for whom the database is there."""


class Transaction:
    """A read-only transaction of PostgreSQL, which sees one snapshot."""

    def __init__(self, connection: Any, pipeline: Pipeline, farewell: list[str]) -> None:
        self._connection = connection
        self._pipeline = pipeline
        self._farewell = farewell
        self._timeout = 0.0
        self._direct = False
        self.doubtful = False
        """Whether a prepared statement may be what failed: it does not outlive a column's change of type."""
        self.moment: Moment
        self.ahead: list[list[Row]] | None = None

    def begin(self, ahead: Ahead | None) -> None:
        """Take the snapshot: one message to the database and back, whatever is asked along with it."""
        moment: list[Row] | None = None
        if ahead is not None:
            moment = self._begin_with(ahead)
        if moment is None:
            (moment,) = self._every(f"{BEGIN.format(5000)}; {MOMENT}")
        now, oldest, bound, standby, running, process = moment[0]
        # A pooler hands each transaction to another process, which knows nothing of statements that others prepared.
        self._direct = process == self._connection.info.backend_pid
        if standby:
            self.moment = Moment(now, None, None)
        else:
            self.moment = Moment(now, oldest, max([bound, *(_full(number, bound) + 1 for number in running or ())]))

    def _begin_with(self, ahead: Ahead) -> list[Row] | None:
        """Rows of `MOMENT`; None when one of the statements failed, which may well do as a rule without them."""
        import psycopg

        words = psycopg.ClientCursor(self._connection)
        try:
            asked = [words.mogrify(sql, params) for sql, params in ahead.statements]
            begin = BEGIN.format(_milliseconds(ahead.timeout))
            moment, *found = self._every("; ".join((begin, ALONE, MOMENT, *asked, TOGETHER)))
        except ConnectionLost:
            raise
        except DatabaseError:
            self._run("ROLLBACK", None)
            return None
        self.ahead, self._timeout = found, ahead.timeout
        return moment

    def _every(self, sql: str) -> list[list[Row]]:
        """Rows of each statement that gives rows."""

        def read(cursor: Any) -> list[list[Row]]:
            found = [cursor.fetchall()] if cursor.description else []
            while cursor.nextset():
                found += [cursor.fetchall()] if cursor.description else []
            return found

        return cast("list[list[Row]]", self._run(sql, None, read))

    def rows(self, sql: str, params: Params, timeout: float) -> list[Row]:
        return cast(list[Row], self._guarded(sql, params, timeout, lambda cursor: cursor.fetchall()))

    @contextlib.contextmanager
    def together(self, timeout: float) -> Iterator[Ask]:
        if timeout != self._timeout:
            self._run(f"{TOGETHER}; {ALONE}; SET LOCAL statement_timeout = {_milliseconds(timeout)}", None)
        try:
            yield self._ask
        except ConnectionLost:
            raise
        except DatabaseError:
            self._run("ROLLBACK TO SAVEPOINT all_of_them", None)
            raise

    def _ask(self, statements: Sequence[Statement]) -> Generator[list[Row], None, None]:
        import psycopg

        try:
            yield from self._pipeline.ask(statements, prepare=self._direct)
        except psycopg.Error as error:
            self.doubtful = self._direct
            raise self._failure(error) from None

    def describe(self, sql: str, timeout: float) -> list[Column]:
        def read(cursor: Any) -> list[Column]:
            return [Column(item.name, str(item.type_code)) for item in cursor.description]

        return cast("list[Column]", self._guarded(sql, {}, timeout, read))

    def _guarded(self, sql: str, params: Params, timeout: float, read: Callable[[Any], Any]) -> Any:
        if timeout <= 0:
            raise DatabaseError("the time for this scrape is used up")
        self._timeout = 0.0
        self._run(f"SAVEPOINT one; SET LOCAL statement_timeout = {_milliseconds(timeout)}", None)
        try:
            found = self._run(sql, params, read)
        except ConnectionLost:
            raise
        except DatabaseError:
            self._run("ROLLBACK TO SAVEPOINT one", None)
            raise
        return found

    def _run(self, sql: str, params: Params | None, read: Callable[[Any], Any] = lambda cursor: cursor) -> Any:
        import psycopg

        try:
            return read(self._connection.execute(sql, params, prepare=False))
        except psycopg.Error as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> DatabaseError:
        if self._connection.closed or self._connection.broken:
            # What the database said in farewell tells more than that nobody is there.
            reason = self._farewell[-1] if self._farewell else sentence(error)
            return ConnectionLost(f"the connection to the database broke: {reason}")
        return DatabaseError(sentence(error))


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _full(number: int, near: int) -> int:
    """The 64-bit number of a transaction from its last 32 bits and a number that is near."""
    difference = (number - near) & 0xFFFFFFFF
    return near + (difference - (1 << 32) if difference >= 1 << 31 else difference)
