"""Starts the exporter: for good, or for one scrape on standard output."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from exporter.engine.collector import Collector
from exporter.engine.computing import Computer
from exporter.exposition import Exposition
from exporter.memory import steady_heap
from exporter.server import serve, stop_on_signals
from exporter.sources.database import Database, DatabaseError, connect
from exporter.sources.states import States

if TYPE_CHECKING:
    from exporter.engine.collector import MakePlan
    from exporter.engine.scans import Plan
    from exporter.mapping import Mapping
    from exporter.planning import Planner
    from exporter.settings import Settings


def build(settings: Settings) -> Exposition:
    """The exporter for the settings, which makes its plans itself; connects to nothing yet."""
    from exporter.mapping import load
    from exporter.settings import DEMO_STATES, required_url

    url = required_url(settings)
    if os.environ.get(DEMO_STATES):
        from exporter.demo.gauges import with_states

        settings = with_states(settings, os.environ)
    return _build(settings, url, load(settings.database), None)


def _build(settings: Settings, url: str, mapping: Mapping | None, make_plan: MakePlan | None) -> Exposition:
    def database() -> Database:
        return connect(url, settings.database.connect_timeout)

    collector = Collector(settings, mapping, database, make_plan=make_plan)
    book = collector.book
    computer = Computer(settings, database(), lambda: book.plan, lambda: book.admission, collector.log)
    return Exposition(collector, States(settings.states).read, computer)


def serve_forever(planner: Planner) -> None:
    """Serve until SIGTERM or SIGINT, by what a planner tells."""
    try:
        found = planner.load()
        source = _build(found.settings, found.url, None, lambda database: _planned(planner, database))
        try:
            _serve(source, found.settings)
        finally:
            source.collector.stop.set()
            planner.close()
            _close(source)
    finally:
        planner.close()


def _planned(planner: Planner, database: Database) -> Plan:
    """A plan for this very database: what is behind the URL may have changed while it was made."""
    found = planner.plan()
    if found.identity != database.identity():
        raise DatabaseError("another database answers at the URL since the plan was made; it is made anew")
    return found.plan


def _serve(source: Exposition, settings: Settings) -> None:
    stop = threading.Event()
    stop_on_signals(stop)
    # What planning left behind lives as long as the process; a full collection in the middle of a scrape costs 30 ms.
    gc.set_threshold(50_000, 50, 100)
    steady_heap()
    # The thread that asks the database must not wait for the one that works on rows.
    sys.setswitchinterval(0.0005)
    source.collector.start()
    if source.computer is not None:
        source.computer.start()
    serve(source, settings, stop, ready=lambda: source.collector.log(f"serving on {_address(settings)}"))


def _close(source: Exposition) -> None:
    if source.computer is not None:
        source.computer.close()
    source.collector.close()


def once(settings: Settings, openmetrics: bool, progress: Callable[[str, float], None]) -> bytes:
    """One scrape as text. DatabaseError when the database cannot be read at all."""
    source = build(settings)
    try:
        source.collector.once(progress)
        if source.computer is not None:
            source.computer.once()
        return source.exposition(openmetrics)
    finally:
        _close(source)


def show_progress(name: str, share: float) -> None:
    """Progress of the first pass, one line that is written over, only where a person looks."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\rreading {name}: {share:4.0%}" + ("\n" if share >= 1 else ""))
        sys.stderr.flush()
    elif share >= 1:
        sys.stderr.write(f"read {name}\n")


def _address(settings: Settings) -> str:
    scheme = "https" if settings.exporter.tls is not None else "http"
    return f"{scheme}://{settings.exporter.host}:{settings.exporter.port}/metrics"
