"""Settings and plans from a process that ends when it has made them; see `exporter.planner`."""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from exporter.engine.scans import Plan
    from exporter.entity import Entity
    from exporter.metric import Metric
    from exporter.settings import Settings

METRIC: Final = "metric"
ENTITY: Final = "entity"


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
        metrics, entities = catalogue()
        kind, name = pid
        return metrics[name] if kind == METRIC else entities[name]


@cache
def catalogue() -> tuple[dict[str, Metric], dict[str, Entity]]:
    """Metrics and entities by name."""
    from exporter.entities import ENTITIES
    from exporter.metrics import CATALOGUE

    return {metric.base: metric for metric in CATALOGUE}, {entity.name: entity for entity in ENTITIES}


class Planner:
    """Asks a process of its own for the settings, and for a plan as often as one is needed. Used by one thread at a time.

    It is begun before all else, and this module imports nothing, so that the process works while the exporter is imported.
    """

    def __init__(self, config: Path | None) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._known = b""
        self._closed = False
        self._start(config)

    def load(self) -> Loaded:
        """Settings and mapping in force; raises what is wrong with them. The process stays for the first plan."""
        from exporter.metric import set_namespace

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
            from exporter.sources.database import DatabaseError

            raise DatabaseError("the exporter is stopping")
        # It must find the very modules that the exporter has, and ends before garbage matters.
        program = f"import gc, sys; gc.disable(); sys.path[:] = {sys.path!r}; from exporter.planner import main; main()"
        command = [sys.executable, "-P", "-c", program]
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
            from exporter.sources.database import DatabaseError

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
