"""Read-only access to a database: one consistent snapshot at a time, cancelled by the server when it takes too long."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol, cast
from urllib.parse import unquote

Row = tuple[Any, ...]
Params = dict[str, Any]
Statement = tuple[str, Params]
Ask = Callable[[Sequence[Statement]], Generator[list[Row], None, None]]

SECRET: Final = re.compile(r"(://[^:/@\s]*:)[^@\s]*@|(password\s*=\s*)('[^']*'|\S+)", re.IGNORECASE)


class DatabaseError(Exception):
    """A statement or a connection failed; the message is one sentence without secrets."""


class ConnectionLost(DatabaseError):  # noqa: N818 - the name says the situation
    """The database cannot be reached; nothing else of this run can work."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a snapshot knows of time. `now` was read before the snapshot was taken.

    `oldest` is the first transaction that was still open, `bound` lies above every transaction that had begun to
    write before `now`. Both are None where a database does not tell (SQLite, a standby).
    """

    now: datetime
    oldest: int | None
    bound: int | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result: name and the type as the database calls it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """Statements that are known before a snapshot is taken, and go to the database together with the request for it."""

    statements: tuple[Statement, ...]
    timeout: float


class Session(Protocol):
    """One snapshot. Statements in it see the same rows."""

    moment: Moment
    ahead: list[list[Row]] | None
    """Rows of the statements that were asked along with the snapshot; None when there were none or one failed."""

    def rows(self, sql: str, params: Params, timeout: float) -> list[Row]:
        """Rows of a statement that may take `timeout` seconds; a failure leaves the session usable."""

    def together(self, timeout: float) -> contextlib.AbstractContextManager[Ask]:
        """A way to ask several statements at once, each of which may take `timeout` seconds; a failure ends all.

        Where the database can, it works on the next statement while the rows of the last one are used. The session
        stays usable after a failure.
        """

    def describe(self, sql: str, timeout: float) -> list[Column]:
        """Columns of a statement's result."""


class Database(Protocol):
    """A database that can be read."""

    dialect: str

    def snapshot(self, ahead: Ahead | None = None) -> contextlib.AbstractContextManager[Session]:
        """A new snapshot; raises ConnectionLost when the database cannot be reached."""

    def identity(self) -> str:
        """What tells this database from others, as far as it can be told."""

    def close(self) -> None:
        """Drop the connection."""


def connect(url: str, connect_timeout: float) -> Database:
    """A database for a URL. Connects on first use."""
    scheme = url.split("://", 1)[0].split("+", 1)[0]
    if scheme in ("postgresql", "postgres"):
        return Postgres(url, connect_timeout)
    if scheme == "sqlite":
        return Sqlite(url)
    raise DatabaseError(
        f"database URL: {scheme!r} is no database that can be read; use postgresql://... or sqlite:///..."
    )


def sentence(error: BaseException) -> str:
    """An error in one line without passwords."""
    text = " ".join(str(error).split()) or type(error).__name__
    return SECRET.sub(lambda match: f"{match[1]}***@" if match[1] else f"{match[2]}***", text)


NEVER: Final = 1 << 30
"""So often must a statement run before psycopg prepares it by itself."""


class Postgres:
    """PostgreSQL by psycopg. One connection, reopened when it was lost."""

    dialect = "postgresql"

    def __init__(self, url: str, connect_timeout: float) -> None:
        self._url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)
        self._connect_timeout = connect_timeout
        self._connection: Any = None
        self._pipeline: Any = None
        self._farewell: list[str] = []

    def _open(self) -> Any:
        import psycopg

        from exporter.sources.pipeline import Pipeline

        if self._connection is not None and not self._connection.closed:
            return self._connection
        try:
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=max(2, round(self._connect_timeout)),
                application_name="watchfloor",
                # Statements are prepared only where we say so.
                prepare_threshold=NEVER,
                keepalives_idle=5,
                keepalives_interval=2,
                keepalives_count=3,
                tcp_user_timeout=10_000,
            )
        except (psycopg.Error, ValueError, UnicodeError) as error:
            raise ConnectionLost(f"cannot connect to the database: {sentence(error)}") from None
        self._pipeline = Pipeline(self._connection)
        self._farewell = farewell = []
        self._connection.add_notice_handler(
            lambda notice: (
                farewell.append(notice.message_primary or "") if notice.severity_nonlocalized == "FATAL" else None
            )
        )
        return self._connection

    @contextlib.contextmanager
    def snapshot(self, ahead: Ahead | None = None) -> Iterator[Session]:
        from exporter.sources.transaction import Transaction

        connection = self._open()
        session = Transaction(connection, self._pipeline, self._farewell)
        try:
            session.begin(ahead)
            yield session
        finally:
            with contextlib.suppress(Exception):
                if not connection.closed:
                    # Nothing was written. After a rollback psycopg forgets what it prepared.
                    connection.execute("COMMIT")
            if connection.closed or connection.broken or session.doubtful:
                self.close()

    def identity(self) -> str:
        with self.snapshot() as session:
            name = "SELECT current_database(), oid::text FROM pg_database WHERE datname = current_database()"
            parts = [str(part) for part in session.rows(name, {}, 5.0)[0]]
            with contextlib.suppress(DatabaseError):
                parts += [str(session.rows("SELECT system_identifier FROM pg_control_system()", {}, 5.0)[0][0])]
        return "/".join(parts)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Sqlite:
    """SQLite by the standard library, opened read-only."""

    dialect = "sqlite"

    def __init__(self, url: str) -> None:
        self._path = Path(unquote(re.sub(r"^sqlite(\+\w+)?:///", "", url).split("?", 1)[0]))

    @contextlib.contextmanager
    def snapshot(self, ahead: Ahead | None = None) -> Iterator[Session]:  # noqa: ARG002 - nothing to save here
        try:
            connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0, isolation_level=None
            )
        except sqlite3.Error as error:
            raise ConnectionLost(f"cannot open {self._path}: {sentence(error)}") from None
        with contextlib.closing(connection):
            now = datetime.now(UTC)
            try:
                connection.execute("BEGIN")
                connection.execute("SELECT 1 FROM sqlite_master").fetchone()
            except sqlite3.Error as error:
                raise ConnectionLost(f"cannot read {self._path}: {sentence(error)}") from None
            yield _SqliteSession(connection, Moment(now, None, None))

    def identity(self) -> str:
        try:
            return f"{self._path.absolute()}#{self._path.stat().st_ino}"
        except OSError as error:
            raise ConnectionLost(f"cannot open {self._path}: {error.strerror}") from None

    def close(self) -> None:
        """Nothing is kept open."""


class _SqliteSession:
    ahead: list[list[Row]] | None = None

    def __init__(self, connection: sqlite3.Connection, moment: Moment) -> None:
        self._connection = connection
        self.moment = moment

    def rows(self, sql: str, params: Params, timeout: float) -> list[Row]:
        return cast("list[Row]", self._run(sql, params, timeout, lambda cursor: cursor.fetchall()))

    @contextlib.contextmanager
    def together(self, timeout: float) -> Iterator[Ask]:
        yield lambda statements: (self.rows(sql, params, timeout) for sql, params in statements)

    def describe(self, sql: str, timeout: float) -> list[Column]:
        names, first = self._run(
            sql, {}, timeout, lambda cursor: ([item[0] for item in cursor.description], cursor.fetchone())
        )
        row = first or (None,) * len(names)
        return [Column(name, type(value).__name__) for name, value in zip(names, row, strict=True)]

    def _run(self, sql: str, params: Params, timeout: float, read: Callable[[sqlite3.Cursor], Any]) -> Any:
        if timeout <= 0:
            raise DatabaseError("the time for this scrape is used up")
        deadline = time.monotonic() + timeout
        self._connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
        try:
            return read(self._connection.execute(sql, params))
        except sqlite3.Error as error:
            raise DatabaseError(sentence(error)) from None
