"""The smaller measurements: start, many scrapers at once, rendering, and the command line."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench.server import Server
from bench.subjects import Subject
from exporter.metrics.calls import CALLS_COMPLETED
from exporter.render import FamilyView, text

SERIES: Final = 10_000


def start_with_state(subject: Subject, times: int) -> list[float]:
    """Seconds from starting the process to the first answer with metrics of the table."""
    found = []
    for _ in range(times):
        subject.stop()
        begun = time.perf_counter()
        subject.start()
        subject.wait(60)
        found.append(time.perf_counter() - begun)
    return found


def statements(server: Server, subject: Subject, scrapers: int) -> int:
    """Statements that PostgreSQL logs for a number of scrapes that begin together."""
    time.sleep(0.5)
    before = _logged(server, subject.role)
    gate = threading.Barrier(scrapers)

    def scrape() -> None:
        gate.wait()
        subject.get()

    threads = [threading.Thread(target=scrape) for _ in range(scrapers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(0.2)
    return _logged(server, subject.role) - before


def _logged(server: Server, role: str) -> int:
    with server.log.open(encoding="utf-8", errors="replace") as log:
        return sum(line.startswith((f"{role}|LOG:  statement:", f"{role}|LOG:  execute")) for line in log)


def rendering(times: int) -> tuple[list[float], list[float], list[float]]:
    """Seconds to write and compress a counter with 10,000 series: ours when every number changed, ours when a fifth did,
    and prometheus_client, whose time is without setting the numbers.
    """
    import gzip

    from prometheus_client import CollectorRegistry, Counter, disable_created_metrics, generate_latest

    disable_created_metrics()  # type: ignore[no-untyped-call]
    keys = [
        (
            f"tenant-{n % 25:02}",
            f"agent-{n // 25 % 20:02}",
            "voice",
            f"channel-{n // 500 % 4}",
            "none",
            f"outcome-{n // 2000}",
        )
        for n in range(SERIES)
    ]
    view = FamilyView(CALLS_COMPLETED)
    registry = CollectorRegistry()
    counter = Counter(CALLS_COMPLETED.base, CALLS_COMPLETED.help, CALLS_COMPLETED.label_names, registry=registry)
    for index, key in enumerate(keys):
        counter.labels(*key).inc(index)

    def own(series: Sequence[tuple[tuple[str, ...], list[int]]]) -> None:
        view.write(series)
        text([view]).packed(openmetrics=False)

    # Both sides get their numbers before the clock starts.
    rounds = [[(key, [number + index]) for index, key in enumerate(keys)] for number in range(times + 1)]
    whole, part = _timed(lambda n: own(rounds[n]), times), _timed(lambda n: own(rounds[n][::5]), times)
    return whole, part, _timed(lambda _: gzip.compress(generate_latest(registry)), times)


def _timed(work: Callable[[int], object], times: int) -> list[float]:
    work(0)
    found = []
    for number in range(1, times + 1):
        begun = time.perf_counter()
        work(number)
        found.append(time.perf_counter() - begun)
    return found


def command_line(times: int) -> list[float]:
    """Seconds of `watchfloor --help`."""
    command = [str(Path(sys.executable).with_name("watchfloor")), "--help"]
    return _timed(lambda _: _run(command), times)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)
