"""Backfill from end to end: what can be filled, the totals before it, its samples block by block, and blocks in place."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Final, TextIO

from exporter.duration import duration
from exporter.engine.collector import Collector
from exporter.engine.scans import Plan
from exporter.history.reading import Slice, ahead, slices
from exporter.history.replay import Replay, Written
from exporter.history.section import History, HistoryStep
from exporter.history.steps import blocks, fitting, sample_times
from exporter.mapping import load
from exporter.render import label_set
from exporter.settings import Settings
from exporter.sources.database import Database, connect
from generator.recorded import record
from provisioning.history import Folder, HistoryError, Making
from provisioning.past import Running, Span, span, words
from provisioning.prometheus import INSTANCE, JOB
from provisioning.stack.binary import Program

FIXED: Final = label_set(("instance", "job"), (INSTANCE, JOB))
MOST_SAMPLES: Final = 2_000_000
"""Samples of a block, roughly: a file of some 200 MB for promtool. The last ones are made when nothing else is left to do."""

WORKERS: Final = 2
"""Connections of a first pass, and blocks that are made at a time."""

Progress = Callable[[float, int], None]


@dataclass(frozen=True, slots=True)
class Target:
    """Where history goes: a data folder, the Prometheus that runs on it, the tool that makes blocks, and a program for recordings."""

    folder: Folder
    running: Running | None
    promtool: Program
    prometheus: Program | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to fill, and whether to make it anew. Without steps they are chosen so that there are at most so many samples."""

    since: float
    steps: tuple[HistoryStep, ...] = ()
    most_samples: int = History().most_samples
    overwrite: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class Summary:
    """What was written, or would be."""

    span: Span
    times: int
    series: int
    steps: tuple[HistoryStep, ...]
    samples: int = 0
    rows: int = 0
    blocks: int = 0
    bytes: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)


def backfill(
    settings: Settings, url: str, target: Target, wanted: Wanted, *, say: Callable[[str], None], progress: Progress
) -> Summary:
    """Fill what can be filled. HistoryError when nothing can."""
    begun = time.monotonic()
    folder = target.folder
    with ExitStack() as stack:
        if not wanted.dry_run:
            stack.enter_context(folder.lock())
        now = int(time.time())
        if not wanted.dry_run and not wanted.overwrite:
            record(settings, folder, target.promtool, target.prometheus, say)
        found = span(folder, target.running, now - int(wanted.since), now, anew=wanted.overwrite)
        if wanted.overwrite and not wanted.dry_run:
            folder.remove(folder.ours())
        collector = stack.enter_context(_collected(settings, url, say))
        plan, notes = _usable(collector)
        series = _series(collector)
        # Over the whole range, so that a run that goes on where one was stopped has its steps.
        steps = wanted.steps or fitting(now - int(wanted.since), found.end, series, wanted.most_samples)
        times = sample_times(found.start, found.end, steps, settings.time_zone)
        summary = Summary(found, len(times), series, steps, notes=[*found.notes, *notes])
        say(f"history from {words(times[0])} to {words(times[-1])}: {len(times):,} times, {series:,} series now")
        say(f"apart: {', '.join(map(spaced, steps))}")
        if not wanted.dry_run:
            job = _Job(connect(url, settings.database.connect_timeout), target, collector, plan, summary)
            job.run(blocks(times, max(1, series), MOST_SAMPLES), progress)
            summary.notes += record(settings, folder, target.promtool, target.prometheus, say)
    summary.seconds = time.monotonic() - begun
    return summary


def spaced(step: HistoryStep) -> str:
    """A step as people read it."""
    return f"{duration(step.step)} " + (f"up to an age of {duration(step.age)}" if step.age else "before that")


@contextmanager
def _collected(settings: Settings, url: str, say: Callable[[str], None]) -> Iterator[Collector]:
    """The live engine with its first pass done: it knows which label values have series of their own.

    What it reads is saved for the exporter; where one runs already, its state file says which values those are.
    """
    collector = Collector(
        settings, load(settings.database), lambda: connect(url, settings.database.connect_timeout), say
    )
    try:
        collector.once(lambda _, __: None, WORKERS)
        yield collector
    finally:
        collector.close()


def _usable(collector: Collector) -> tuple[Plan, list[str]]:
    """The plan without scans whose rows cannot be read, and which those are."""
    plan, totals = collector.book.plan, collector.book.totals
    assert plan is not None  # a tick that did not raise has made one
    lost = [scan.name for scan in plan.scans if totals[scan.name].horizon is None]
    notes = [f"{name}: its rows cannot be read, so it has no history" for name in lost]
    return replace(plan, scans=tuple(scan for scan in plan.scans if scan.name not in lost)), notes


def _series(collector: Collector) -> int:
    """Series of counters and histograms in the sealed totals."""
    found = 0
    for totals in collector.book.totals.values():
        widths = {family.metric.base: len(family.bounds) + 3 if family.bounds else 1 for family in totals.scan.families}
        found += sum(widths[base] * len(series) for base, series in totals.sealed.items())
    return found


class _Job:
    """Writing, converting and placing of all blocks."""

    def __init__(self, database: Database, target: Target, collector: Collector, plan: Plan, summary: Summary) -> None:
        self.folder = target.folder
        self.promtool = target.promtool
        self.plan = plan
        self.summary = summary
        self.written = Written()
        self._database = database
        self._room = target.folder.room()
        self._timeout = collector.settings.database.seal_timeout
        self._replay = Replay(plan, collector.book.admission, FIXED, self.written)
        self._making: deque[tuple[Making, Sequence[int]]] = deque()

    def run(self, parts: Sequence[Sequence[int]], progress: Progress) -> None:
        """Write every block and wait for the last one. Blocks come into place in the order of time."""
        read = ahead(slices(self._database, self.plan.items, parts, self._timeout))
        total, done = sum(map(len, parts)), 0
        try:
            with ExitStack() as files:
                sooner = None
                for number, part in enumerate(parts):
                    file = files.enter_context(self._file(number))
                    self._write(file, sooner or file, read)
                    self._convert(number - 1, sooner, parts)
                    sooner, done = file, done + len(part)
                    progress(done / total, self.written.samples)
                self._convert(len(parts) - 1, sooner, parts)
            while self._making:
                self._place()
        except OSError as error:
            raise HistoryError(f"cannot write {self._room}: {error.strerror}") from None
        finally:
            read.close()  # type: ignore[attr-defined]
            for making, _ in self._making:
                making.stop()
            self._database.close()
        self.summary.samples, self.summary.rows = self.written.samples, self.written.rows
        self.summary.series = self._replay.series

    def _file(self, number: int) -> TextIO:
        folder = self._room / str(number)
        folder.mkdir()
        return (folder / "samples").open("w", encoding="utf-8", newline="\n", buffering=1 << 20)

    def _write(self, file: TextIO, sooner: TextIO, read: Iterator[Slice]) -> None:
        for part in read:
            self._replay.take(part, file.write, sooner.write)
            if part.last:
                return

    def _convert(self, number: int, file: TextIO | None, parts: Sequence[Sequence[int]]) -> None:
        """Give a finished file to promtool, unless there is nothing in it."""
        if file is None or not file.tell():
            return
        file.write("# EOF\n")
        file.close()
        self._making.append((Making(self.promtool, self._room / str(number)), parts[number]))
        while len(self._making) >= WORKERS:
            self._place()

    def _place(self) -> None:
        """Wait for the oldest promtool."""
        making, times = self._making[0]
        placed = making.finish(self.folder, times=times)
        self._making.popleft()
        self.summary.blocks += len(placed)
        self.summary.bytes += sum(block.size for block in placed)
