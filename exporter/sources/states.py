"""State metrics: numbers read now from Redis and HTTP probes, side by side and never for long."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from exporter.log import log, where
from exporter.metric import State
from exporter.metrics import CATALOGUE
from exporter.sources.reading import ReadError, Reading

if TYPE_CHECKING:
    from exporter.settings import StateSource

REUSE_SECONDS: Final = 1.0
GRACE_SECONDS: Final = 0.1


class States:
    """All state sources of the settings."""

    def __init__(
        self,
        sources: Sequence[StateSource],
        environment: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        environment = os.environ if environment is None else environment
        self._probes = tuple(_Probe(source, environment) for source in sources)
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = -REUSE_SECONDS
        self._readings: list[Reading] | None = None

    def read(self) -> list[Reading]:
        """One reading for each source, in the order of the settings; those of the last second are used again."""
        with self._lock:
            if self._readings is None or self._clock() - self._read_at >= REUSE_SECONDS:
                self._readings = self._all()
                self._read_at = self._clock()
            return list(self._readings)

    def _all(self) -> list[Reading]:
        started = time.monotonic()
        for probe in self._probes:
            probe.start()
        return [probe.reading(started) for probe in self._probes]


class _Probe:
    """One source. Its thread is left alone, and no second one started, while it hangs beyond the timeout."""

    def __init__(self, source: StateSource, environment: Mapping[str, str]) -> None:
        self._source = source
        self._environment = environment
        names = next(
            metric.label_names for metric in CATALOGUE if isinstance(metric, State) and metric.base == source.metric
        )
        self._labels = tuple((name, source.labels[name]) for name in names)
        self._thread: threading.Thread | None = None
        self._result: float | str = ""

    def start(self) -> None:
        """Begin to read, unless the last reading is still under way."""
        if self._thread is None or not self._thread.is_alive():
            # A daemon, since a name lookup that hangs must not keep the process from ending.
            self._thread = threading.Thread(target=self._run, name=f"state-{self._source.metric}", daemon=True)
            self._thread.start()

    def reading(self, started: float) -> Reading:
        """What came back, waiting until the source's timeout at most."""
        assert self._thread is not None
        self._thread.join(max(0.0, started + self._source.timeout + GRACE_SECONDS - time.monotonic()))
        result = (
            f"the source gives no answer within {self._source.timeout:g} s" if self._thread.is_alive() else self._result
        )
        if isinstance(result, str):
            return Reading(self._source.metric, self._labels, None, f"{self._source.metric}: {result}")
        return Reading(self._source.metric, self._labels, result, None)

    def _run(self) -> None:
        try:
            self._result = self._value()
        except ReadError as error:
            self._result = str(error)
        except Exception as error:  # noqa: BLE001 - one source never costs the others
            log("state_failed", metric=self._source.metric, **where(error))
            self._result = f"reading it fails with {type(error).__name__}; the exporter's log says where"

    def _value(self) -> float:
        if self._source.redis is not None:
            from exporter.sources import redis

            return redis.read(self._source.redis, self._source.timeout, self._environment)
        assert self._source.http is not None
        from exporter.sources import http

        return http.read(self._source.http, self._source.timeout)
