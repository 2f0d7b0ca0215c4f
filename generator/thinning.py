"""Old samples made sparse: blocks of what Prometheus scraped itself are exchanged for ones with a sample each hour.

Prometheus keeps every scrape for as long as it keeps anything: 259,200 samples of a series in 30 days, all of which a panel over
30 days reads. What is left is what a query at the kept times finds, so differences between them are as they were. Where a counter
begins, ends or starts anew within a step, its value each minute is kept too, so that `increase` sees it.
"""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from exporter.render import label_set
from provisioning.evaluation import Evaluation, Result, evaluation
from provisioning.history import Block, Folder, HistoryError, Making
from provisioning.stack.binary import Program

MINUTE: Final = 60
AT_ONCE: Final = 48
"""Steps that are asked for at once, which bounds the memory that answers take."""
DENSE: Final = 3
"""Blocks with so many times the samples that are wanted are worth the work."""
NAME: Final = "__name__"
EVERYTHING: Final = '{__name__=~".+"}'
COUNTERS: Final = ("_total", "_count", "_sum", "_bucket")

Key = tuple[tuple[str, str], ...]
Samples = dict[Key, dict[int, str]]
"""Values by time of each series of a name, which is told by its labels."""


@dataclass(frozen=True, slots=True)
class Sparse:
    """What to make sparse: what is older than an age, with a sample each `step`; both in seconds."""

    age: float
    step: int


@dataclass(slots=True)
class Summary:
    """What was exchanged: blocks, samples and bytes of before, and what is left of them."""

    blocks: int = 0
    samples: int = 0
    bytes: int = 0
    samples_left: int = 0
    bytes_left: int = 0


def misses(zone: str, step: int, now: datetime) -> bool:
    """Whether days in a zone begin between two samples, in summer or in winter."""
    times = (now - timedelta(days=days) for days in (0, 183))
    return any(time.astimezone(ZoneInfo(zone)).utcoffset() % timedelta(seconds=step) for time in times)  # type: ignore[operator]


def dense(folder: Folder, wanted: Sparse, now: float) -> list[Block]:
    """Blocks that are old enough and have many more samples than wanted. History that was filled in stays as it is."""
    found = []
    waiting = folder.waiting().keys()
    for block in folder.scraped():
        expected = block.series * ((block.end - block.begin) / 1000 / wanted.step + 1)
        old = block.end <= (now - wanted.age) * 1000
        if old and block.samples > DENSE * expected and not waiting & {block.path.name, *block.sources}:
            found.append(block)
    return found


def thin(folder: Folder, promtool: Program, prometheus: Program, wanted: Sparse, say: Callable[[str], None]) -> Summary:
    """Make old blocks sparse, one after the other. Each is exchanged once the new one is there and was held against it."""
    summary = Summary()
    with folder.lock():
        for block in dense(folder, wanted, time.time()):
            size = block.size
            made = _exchange(folder, block, promtool, prometheus, wanted.step)
            left = sum(one.samples for one in made)
            summary.blocks += 1
            summary.samples += block.samples
            summary.bytes += size
            summary.samples_left += left
            summary.bytes_left += sum(one.size for one in made)
            say(f"{block.path.name}: {block.samples:,} samples became {left:,}")
    return summary


def _exchange(folder: Folder, block: Block, promtool: Program, prometheus: Program, step: int) -> list[Block]:
    room = folder.room()
    begin, end = -(-block.begin // 1000), -(-block.end // 1000)
    times = list(range(-(-begin // step) * step, end, step)) or [begin]
    # Samples of the blocks beside it tell what a query at its first time finds, and whether series go on.
    near = [
        one for one in folder.blocks() if block.begin - step * 1000 <= one.end and one.begin < block.end + step * 1000
    ]
    goes_on = any(one.end > block.end for one in near)
    with (
        evaluation(prometheus, room / "evaluation", [one.path for one in near]) as asked,
        (room / "samples").open("w", encoding="utf-8") as file,
    ):
        before = _counts(asked, times)
        for start in range(0, len(times), AT_ONCE):
            part = _Part(asked, times[start : start + AT_ONCE], step, range(begin, end), goes_on=goes_on)
            for name in part.names():
                file.writelines(_lines(name, part.samples(name)))
        file.write("# EOF\n")
    making = Making(promtool, room)
    with evaluation(prometheus, room / "evaluation", making.done()) as asked:
        after = _counts(asked, times)
    if any(after.get(when, 0) < count for when, count in before.items()):
        raise HistoryError(f"{block.path}: what was made of it has fewer series; nothing was changed")
    placed = folder.exchange(room / "made", block)
    shutil.rmtree(room)
    return placed


def _counts(asked: Evaluation, times: Sequence[int]) -> dict[int, int]:
    """How many series there are at each time."""
    found = (
        asked.over(f"count({EVERYTHING})", times[start : start + AT_ONCE]) for start in range(0, len(times), AT_ONCE)
    )
    return {int(when): int(value) for part in found for _, values in part for when, value in values}


class _Part:
    """Some steps of a block, which is `within`."""

    def __init__(self, asked: Evaluation, times: Sequence[int], step: int, within: range, *, goes_on: bool) -> None:
        self._asked = asked
        self._times = frozenset(times)
        self._step = step
        self._within = within
        rest = [times[-1] + step] if times[-1] + step >= within.stop else []
        self._ends = [*times, *rest]
        """Ends of steps; the block ends within the last one."""
        self._grid = [times[0] - step, *times, *(rest if goes_on else [])]
        """When it is looked at which series are there."""

    def names(self) -> list[str]:
        """Names of all series that had samples in these steps."""
        words = f"count by ({NAME}) (last_over_time({EVERYTHING}[{self._step}s]))"
        return sorted(labels[NAME] for labels, _ in self._asked.over(words, self._ends))

    def samples(self, name: str) -> Samples:
        """What is left of the series of a name: their values at these times, and of counters those of each minute where something happened."""
        selector = f'{{{NAME}="{name}"}}'
        there = _values(self._asked.over(selector, self._grid))
        kept: Samples = {
            key: {when: value for when, value in values.items() if when in self._times} for key, values in there.items()
        }
        for when, keys in self._uneven(selector, there).items() if name.endswith(COUNTERS) else ():
            minutes = [minute for minute in range(when - self._step + MINUTE, when, MINUTE) if minute in self._within]
            # A query alone would find the last sample of a series for minutes after its end.
            found = _values(self._asked.over(f"last_over_time({selector}[{MINUTE}s])", minutes)) if minutes else {}
            for key in keys & found.keys():
                kept.setdefault(key, {}).update(found[key])
        return kept

    def _uneven(self, selector: str, there: Samples) -> dict[int, set[Key]]:
        """Series that began, ended or started anew in a step, by the step's end."""
        found: dict[int, set[Key]] = defaultdict(set)
        window = f"{selector}[{self._step}s]"
        for key, values in _values(self._asked.over(f"present_over_time({window})", self._ends)).items():
            known = there.get(key, {})
            for when in values:
                if when not in known or when - self._step not in known:
                    found[when].add(key)
        for key, values in _values(self._asked.over(f"resets({window}) > 0", self._ends)).items():
            for when in values:
                found[when].add(key)
        return found


def _values(result: Result) -> Samples:
    return {
        tuple(sorted((name, word) for name, word in labels.items() if name != NAME)): {
            int(when): value for when, value in values
        }
        for labels, values in result
    }


def _lines(name: str, samples: Samples) -> Iterator[str]:
    """Samples as OpenMetrics."""
    for key, values in samples.items():
        labels = label_set([label for label, _ in key], [word for _, word in key])
        yield from (f"{name}{{{labels}}} {value} {when}\n" for when, value in sorted(values.items()))
