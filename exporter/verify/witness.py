"""An exporter in this process, and a database whose snapshots are looked at once more than it does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from exporter.engine.collector import Collector
from exporter.sources.database import Ahead, Database, Session


class Watcher(Collector):
    """An exporter that reads the state file but never writes it, and holds no lock."""

    def prepare(self, progress: Callable[[str, float], None]) -> None:
        """One pass of the background's work."""
        self._tick(progress)


class Witness:
    """A database whose snapshots are looked at once more before they end."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect = database.dialect
        self.look: Callable[[Session], None] | None = None

    @contextlib.contextmanager
    def snapshot(self, ahead: Ahead | None = None) -> Iterator[Session]:
        """A snapshot of the database."""
        with self._database.snapshot(ahead) as session:
            yield session
            if self.look is not None:
                self.look(session)

    def identity(self) -> str:
        """As the database has it."""
        return self._database.identity()

    def close(self) -> None:
        """Drop the connection."""
        self._database.close()
