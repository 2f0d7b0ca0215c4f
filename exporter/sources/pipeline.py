"""Statements that are asked together: all are sent at once, and the rows of each are given as soon as the database has them.

psycopg's own pipeline gives the first rows when the last have come, so that the database and this process would never work
at the same time.
"""

from __future__ import annotations

import contextlib
import re
import select
from collections.abc import Generator, Sequence
from itertools import count
from typing import Any, Final

from exporter.sources.database import Row, Statement

PLACE: Final = re.compile(r"%(?:%|\((\w+)\)s)")
WAIT_SECONDS: Final = 1.0
"""The system tells of a connection that is gone; nothing but a look is due so often."""


class Pipeline:
    """The statements that one connection has prepared. Without `prepare` in `ask` none is prepared or used."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._pg = connection.pgconn
        self._names: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._numbers = count()
        self._texts: dict[str, tuple[bytes, tuple[str, ...]]] = {}

    def ask(self, statements: Sequence[Statement], *, prepare: bool) -> Generator[list[Row], None, None]:
        """Rows of each statement. Raises psycopg.Error; afterwards the transaction has failed."""
        from psycopg.adapt import Transformer
        from psycopg.errors import OperationalError

        transformer: Any = Transformer(self._connection)
        self._pg.enter_pipeline_mode()
        try:
            try:
                sent = [self._send(transformer, statement, prepare=prepare) for statement in statements]
            finally:
                self._pg.pipeline_sync()
                self._flush()
            for new in sent:
                if new:
                    self._result()
                result = self._result()
                transformer.set_pgresult(result)
                yield transformer.load_rows(0, result.ntuples, tuple)
        except BaseException:
            # A connection that breaks now tells less than what happened before.
            with contextlib.suppress(OperationalError):
                self._leave()
            raise
        self._leave()

    def _send(self, transformer: Any, statement: Statement, *, prepare: bool) -> bool:
        """Send one. Whether it is prepared with it: then the answer to this comes first."""
        from psycopg.adapt import PyFormat

        sql, params = statement
        text, names = self._text(sql)
        values = transformer.dump_sequence([params[name] for name in names], [PyFormat.AUTO] * len(names))
        types, formats = transformer.types, transformer.formats
        new = False
        if prepare:
            key = text, tuple(types)
            new = key not in self._names
            if new:
                self._names[key] = b"watchfloor_%d" % next(self._numbers)
                self._pg.send_prepare(self._names[key], text, param_types=types)
            self._pg.send_query_prepared(self._names[key], values, param_formats=formats)
        else:
            self._pg.send_query_params(text, values, param_types=types, param_formats=formats)
        self._pg.send_flush_request()
        self._pg.flush()
        return new

    def _text(self, sql: str) -> tuple[bytes, tuple[str, ...]]:
        """A statement with $1, $2 and so on in the places of its parameters, and the parameters' names in this order."""
        found = self._texts.get(sql)
        if found is None:
            names: list[str] = []

            def place(match: re.Match[str]) -> str:
                if match[1] is None:
                    return "%"
                if match[1] not in names:
                    names.append(match[1])
                return f"${names.index(match[1]) + 1}"

            text = PLACE.sub(place, sql).encode()
            found = self._texts[sql] = text, tuple(names)
        return found

    def _flush(self) -> None:
        while self._pg.flush():
            if self._wait(select.POLLIN | select.POLLOUT) & ~select.POLLOUT:
                self._pg.consume_input()

    def _result(self) -> Any:
        """What came of the next statement."""
        from psycopg.errors import OperationalError, error_from_result
        from psycopg.pq import ExecStatus

        result = self._next()
        if result is None:
            raise OperationalError("the connection ended without an answer")
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise error_from_result(result)
        assert self._next() is None
        return result

    def _next(self) -> Any:
        while self._pg.is_busy():
            if self._wait(select.POLLIN):
                self._pg.consume_input()
        return self._pg.get_result()

    def _wait(self, events: int) -> int:
        """What the connection is ready for, after a while nothing; `select` would take no more than 1,024 open files."""
        poll = select.poll()
        poll.register(self._pg.socket, events)
        found = poll.poll(WAIT_SECONDS * 1000)
        return found[0][1] if found else 0

    def _leave(self) -> None:
        """Read what is still to come, up to the mark at the end."""
        from psycopg.pq import ConnStatus, ExecStatus

        while (result := self._next()) is None or result.status != ExecStatus.PIPELINE_SYNC:
            if self._pg.status == ConnStatus.BAD:
                return
            if result is not None and result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
                self._names.clear()  # Some may not have been prepared.
        self._pg.exit_pipeline_mode()
