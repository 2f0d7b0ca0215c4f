"""Runs computations in the background, each in a snapshot of its own, and keeps what they gave last."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from exporter.computed import COMPUTATIONS
from exporter.computed.facts import Computation, ComputationError, Facts, Value, lacks
from exporter.engine.scans import Plan
from exporter.engine.totals import Admission
from exporter.labels import OTHER, UNKNOWN
from exporter.metric import Computed
from exporter.sources.database import Database, DatabaseError, sentence

if TYPE_CHECKING:
    from exporter.settings import Settings

TICK: Final = 1.0
KEPT: Final = 3
"""A value is shown for so many intervals of its computation, and a minute; then it is not known."""
RETRY_SECONDS: Final = 10.0

Series = dict[tuple[str, ...], list[float]]


@dataclass(slots=True)
class Result:
    """What one computation gave last, and how it went."""

    computation: Computation
    series: dict[str, Series] = field(default_factory=dict)
    done_at: float | None = None
    due_at: float = 0.0
    seconds: float = 0.0
    error: str | None = None

    @property
    def age(self) -> float | None:
        """Seconds since it last succeeded."""
        return None if self.done_at is None else time.monotonic() - self.done_at

    @property
    def known(self) -> bool:
        """Whether its values still stand for now."""
        return self.age is not None and self.age <= KEPT * self.computation.every + 60.0


class Computer:
    """All computations that a database allows. Values beyond a label's cap are left out and told as overflow."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        plan: Callable[[], Plan | None],
        admission: Callable[[], Admission],
        log: Callable[[str], None],
        *,
        computations: tuple[Computation, ...] = COMPUTATIONS,
    ) -> None:
        off = set(settings.exporter.disabled_metrics)
        domains = settings.exporter.domains
        self._computations = tuple(
            one
            for one in computations
            if (not domains or one.domain in domains) and not {metric.base for metric in one.metrics} <= off
        )
        self._off = off
        self.results: dict[str, Result] = {}
        self._last: dict[str, tuple[datetime, tuple[Value, ...]]] = {}
        self._settings = settings
        self._database = database
        self._plan = plan
        self._admission = admission
        self._log = log
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Compute in the background until `close`."""
        self._thread = threading.Thread(target=self._run, name="computer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; a statement that runs is given a moment."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5.0)
        self._database.close()

    def families(self) -> Iterator[tuple[Computed, Series]]:
        """Series of every computed metric whose values are known; several computations may give parts of one metric."""
        found: dict[Computed, Series] = {}
        for result in list(self.results.values()):
            if result.known:
                for metric in (metric for metric in result.computation.metrics if metric.base not in self._off):
                    found.setdefault(metric, {}).update(result.series.get(metric.base, {}))
        yield from found.items()

    def once(self) -> None:
        """Everything that is due, in this thread."""
        plan = self._plan()
        if plan is None:
            return
        for computation in (one for one in self._computations if lacks(one, plan.sources) is None):
            result = self.results.setdefault(computation.name, Result(computation))
            if self._stop.is_set():
                return
            if time.monotonic() >= result.due_at:
                self._compute(result, plan)

    def _run(self) -> None:
        while not self._stop.wait(TICK):
            try:
                self.once()
            except Exception as error:  # noqa: BLE001 - this thread must outlive whatever happens in it
                self._log(f"computing failed, will be tried again: {type(error).__name__}: {sentence(error)}")

    def _compute(self, result: Result, plan: Plan) -> None:
        computation, begun = result.computation, time.monotonic()
        try:
            with self._database.snapshot() as session:
                facts = Facts(
                    session.moment.now,
                    self._settings,
                    session,
                    plan.sources,
                    computation.timeout,
                    self._database.dialect,
                    self._last,
                )
                facts.take_memory()
                facts.stay_alone()
                values = tuple(computation.run(facts))
                series = self._series(computation, values)
                if computation.shared:
                    self._last[computation.name] = facts.instant, values
        except Exception as error:  # noqa: BLE001 - one computation's trouble must not cost the others
            message = str(error) if isinstance(error, DatabaseError) else f"{type(error).__name__}: {sentence(error)}"
            if message != result.error:
                self._log(f"computation {computation.name}: {message}")
            result.error = message
            result.due_at = time.monotonic() + RETRY_SECONDS
        else:
            result.series, result.done_at, result.error = series, time.monotonic(), None
            result.due_at = time.monotonic() + computation.every
        result.seconds = time.monotonic() - begun

    def _series(self, computation: Computation, values: Iterable[Value]) -> dict[str, Series]:
        admission = self._admission()
        found: dict[str, Series] = {}
        for value in values:
            metric = value.metric
            if metric not in computation.metrics or len(value.labels) != len(metric.labels):
                raise ComputationError(f"computation {computation.name} gives {metric.base} with labels {value.labels}")
            words = tuple(UNKNOWN if word is None or word == "" else str(word) for word in value.labels)
            shown = tuple(admission.value(label.name, word) for label, word in zip(metric.labels, words, strict=True))
            # Such values cannot be added up under `other`: people counted twice would be people who are not there.
            if (OTHER in shown and shown != words) or not math.isfinite(value.value):
                continue
            found.setdefault(metric.base, {})[words] = [float(value.value)]
        return found
