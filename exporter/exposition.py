"""What scrapers get: one run for all who ask at the same time, catalogue and own metrics in one text."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.engine.collector import Collector
from exporter.engine.computing import Computer, Result, Series
from exporter.health import Health
from exporter.metric import Computed, State
from exporter.metrics import CATALOGUE
from exporter.own import OwnViews
from exporter.render import FamilyView, Text, text
from exporter.sources.reading import Reading


@dataclass(slots=True)
class _Run:
    """One run that scrapers wait for together."""

    done: threading.Event
    finished: float = 0.0
    text: Text | None = None


class Exposition:
    """The source that the server serves."""

    def __init__(
        self, collector: Collector, read_states: Callable[[], Sequence[Reading]], computer: Computer | None = None
    ) -> None:
        self.collector = collector
        self.computer = computer
        self._read_states = read_states
        self._own = OwnViews()
        self._states = {m.base: FamilyView(m) for m in CATALOGUE if isinstance(m, State)}
        self._computed = {m.base: FamilyView(m) for m in CATALOGUE if isinstance(m, Computed)}
        self._computed_last: dict[str, Series] = {}
        self._lock = threading.Lock()
        self._run: _Run | None = None
        self._process = _process_registry()

    def exposition(self, openmetrics: bool) -> bytes:
        """All metrics as text."""
        return self._text().render(openmetrics=openmetrics, more=self._own_process(openmetrics))

    def packed(self, openmetrics: bool) -> bytes:
        """All metrics in gzip form."""
        return self._text().packed(openmetrics=openmetrics, more=self._own_process(openmetrics))

    def _text(self) -> Text:
        """A run's text. Those who ask while a run is under way share it, as do those who ask right after it."""
        with self._lock:
            run = self._run
            mine = run is None or (
                run.done.is_set() and time.monotonic() - run.finished > self.collector.settings.exporter.reuse
            )
            if mine:
                run = self._run = _Run(threading.Event())
        assert run is not None  # one was found or made
        if mine:
            try:
                run.text = self._collect()
            finally:
                run.finished = time.monotonic()
                run.done.set()
        else:
            run.done.wait(timeout=60.0)
        if run.text is None:
            raise RuntimeError("the scrape that this one waited for failed")
        return run.text

    def health(self) -> Health:
        """The collector's health."""
        return self.collector.health()

    def _collect(self) -> Text:
        readings = self._read_states()
        self.collector.scrape()
        with self.collector.reading():
            families = [
                *self._catalogue(),
                *self._state_families(readings),
                *self._computed_families(),
                *self._own.families(self.collector, readings, self._results()),
            ]
            return text(families)

    def _catalogue(self) -> list[FamilyView]:
        views, outcome = self.collector.book.views, self.collector.outcome
        if views is None or self.collector.database_error is not None:
            return []
        up = (
            families
            for domain, families in views.by_domain.items()
            if domain not in {**outcome.failed, **outcome.waiting}
        )
        return [view for families in up for view in families.values()]

    def _state_families(self, readings: Sequence[Reading]) -> list[FamilyView]:
        for base, view in self._states.items():
            names = view.metric.label_names
            view.replace(
                (tuple(dict(reading.labels)[name] for name in names), [reading.value])
                for reading in readings
                if reading.metric == base and reading.value is not None
            )
        return list(self._states.values())

    def _computed_families(self) -> list[FamilyView]:
        found = self.computer.families() if self.computer is not None else ()
        known = {metric.base: series for metric, series in found}
        for base, view in self._computed.items():
            series = known.get(base, {})
            if series != self._computed_last.get(base, {}):
                view.replace(series.items())
        self._computed_last = known
        return [view for view in self._computed.values() if len(view)]

    def _results(self) -> list[Result]:
        return list(self.computer.results.values()) if self.computer is not None else []

    def _own_process(self, openmetrics: bool) -> bytes:
        from prometheus_client import generate_latest
        from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

        make: Any = generate_openmetrics if openmetrics else generate_latest
        return make(self._process)  # type: ignore[no-any-return]


def _process_registry() -> Any:
    """Memory, CPU and file handles of this process, by prometheus_client."""
    from prometheus_client import CollectorRegistry, ProcessCollector

    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    return registry
