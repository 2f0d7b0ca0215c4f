"""Reads settings and mapping and makes the plan, in a process of its own that ends when it has told them.

What that takes (SQLAlchemy, pydantic, the models of all settings) is a third of the memory of an exporter, which needs none
of it once it runs. `exporter.planning` is the other end.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr

from exporter.entity import Entity
from exporter.metric import Metric
from exporter.planning import ENTITY, METRIC, Failed, Loaded, Planned, catalogue
from exporter.settings import Settings
from exporter.sources.database import sentence

T = TypeVar("T")


class Plain(pickle.Pickler):
    """Models become plain objects with the same attributes; what the catalogue defines is named, not copied."""

    def persistent_id(self, obj: Any) -> tuple[str, str] | None:
        """The place of a metric or an entity in the catalogue."""
        metrics, entities = catalogue()
        if isinstance(obj, Metric) and metrics.get(obj.base) is obj:
            return METRIC, obj.base
        if isinstance(obj, Entity) and entities.get(obj.name) is obj:
            return ENTITY, obj.name
        return None

    def reducer_override(self, obj: Any) -> Any:
        """How models and secrets are taken apart; secrets stay here."""
        if isinstance(obj, SecretStr):
            return str, (str(obj),)
        if isinstance(obj, BaseModel):
            return SimpleNamespace, (), {name: getattr(obj, name) for name in type(obj).model_fields}
        return NotImplemented


def main() -> None:
    """Answer the first question on standard input, then plan when told to."""
    # An interruption at the terminal is the exporter's to handle; it ends this process when it stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked = sys.stdin.buffer
    with os.fdopen(os.dup(1), "wb") as told:
        os.dup2(2, 1)  # Nothing else may get into the answers.
        first = pickle.load(asked)  # noqa: S301 - from the exporter itself
        if isinstance(first, bytes):
            known = first
        else:
            found = _tried(lambda: _load(first))
            _tell(told, found)
            if isinstance(found, Failed):
                return
            known = found.known
        settings, mapping, url = pickle.loads(known)  # noqa: S301 - made below
        from exporter.engine.plan import plan
        from exporter.later import sqlalchemy
        from exporter.metric import set_namespace
        from exporter.sources.database import connect

        set_namespace(settings.namespace)
        _ = sqlalchemy.select  # It takes longest, so it is imported before it is waited for.
        if not asked.read(1):
            return

        def planned() -> Planned:
            database = connect(url, settings.database.connect_timeout)
            try:
                identity = database.identity()
                return Planned(plan(settings, mapping, database), identity)
            finally:
                database.close()

        _tell(told, _tried(planned))


def _load(path: Path | None) -> Loaded:
    """Settings and mapping from their files."""
    from exporter.mapping import load as load_mapping
    from exporter.settings import DEMO_STATES, load, required_url

    settings: Settings = load(path)
    url = required_url(settings)
    if os.environ.get(DEMO_STATES):
        from exporter.demo.gauges import with_states

        settings = with_states(settings, os.environ)
    return Loaded(settings, url, pickle.dumps((settings, load_mapping(settings.database), url)))


def _tried(work: Callable[[], T]) -> T | Failed:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - the exporter says it
        if not type(error).__module__.startswith("exporter."):
            traceback.print_exc()
            return Failed(RuntimeError(f"{type(error).__name__}: {sentence(error)}"))
        return Failed(error)


def _tell(to: Any, what: Any) -> None:
    Plain(to, pickle.HIGHEST_PROTOCOL).dump(what)
    to.flush()
