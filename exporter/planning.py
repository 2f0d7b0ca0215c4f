"""Settings and plans from a process that ends when it has made them; see `exporter.planner`."""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from exporter.engine.scans import Plan
from exporter.entities import ENTITIES
from exporter.entity import Entity
from exporter.metric import Metric, set_namespace
from exporter.metrics import CATALOGUE
from exporter.sources.database import DatabaseError

if TYPE_CHECKING:
    from exporter.settings import Settings

METRIC: Final = "metric"
ENTITY: Final = "entity"
METRICS: Final[Mapping[str, Metric]] = {metric.base: metric for metric in CATALOGUE}
KNOWN: Final[Mapping[str, Entity]] = {entity.name: entity for entity in ENTITIES}


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings without their models (the same attributes, nothing to check), the URL, and all that a later plan needs."""

    settings: Settings
    url: str
    known: bytes


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the database that it was made for."""

    plan: Plan
    identity: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no answer."""

    error: Exception


class _Answers(pickle.Unpickler):
    """Reads what `exporter.planner.Plain` wrote."""

    def persistent_load(self, pid: tuple[str, str]) -> Metric | Entity:
        """A metric or an entity of the catalogue."""
        kind, name = pid
        return METRICS[name] if kind == METRIC else KNOWN[name]


class Planner:
    """Asks a process of its own for the settings, and for a plan as often as one is needed. Used by one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._known = b""
        self._closed = False

    def load(self, path: Path | None) -> Loaded:
        """Settings and mapping in force; raises what is wrong with them. The process stays for the first plan."""
        self._start(path)
        found: Loaded = self._answer()
        self._known = found.known
        set_namespace(found.settings.namespace)
        return found

    def plan(self) -> Planned:
        """What this database allows now; DatabaseError when it does not answer."""
        if self._process is None:
            self._start(self._known)
        try:
            self._say(b"p")
            found: Planned = self._answer()
            return found
        finally:
            self._end()

    def close(self) -> None:
        """Give up a plan that is being made."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()

    def _start(self, first: Path | bytes | None) -> None:
        if self._closed:
            raise DatabaseError("the exporter is stopping")
        # The folder in which the exporter was started must not lend modules to it.
        command = [sys.executable, "-P", "-m", "exporter.planner"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._say(pickle.dumps(first))

    def _say(self, words: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(words)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # What became of it is told where its answer is missed.

    def _answer(self) -> Any:
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            found = _Answers(self._process.stdout).load()
        except (EOFError, pickle.UnpicklingError):
            code = self._end()
            raise DatabaseError(f"the process that plans ended with {code} before it answered") from None
        if isinstance(found, Failed):
            self._end()
            raise found.error
        return found

    def _end(self) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        return process.wait()
