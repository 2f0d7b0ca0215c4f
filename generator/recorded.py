"""The past of recording rules: evaluated over the raw history by Prometheus itself, at the times of its samples.

`promtool tsdb create-blocks-from rules` cannot do it: it shifts its times within each interval, so where samples are
hours apart it finds none of them, and is five times as slow (`bench/README.md`).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alerts import RECORDINGS
from exporter.duration import seconds
from exporter.render import label_set
from exporter.settings import Settings
from provisioning.evaluation import Evaluation, Result, evaluation
from provisioning.history import Folder, Making
from provisioning.stack.binary import Program

LEAST: Final = 4
"""Samples that a window must hold for what is recorded from it to mean something."""
MOST_POINTS: Final = 10_000
WINDOW: Final = re.compile(r"\[(\d+[smhd])")
NAME: Final = "__name__"


@dataclass(frozen=True, slots=True)
class Rule:
    """A recording rule. `window` is the shortest that it reads, in seconds; without one it reads the newest sample."""

    name: str
    expression: str
    labels: Mapping[str, str]
    window: float

    def lines(self, found: Result) -> str:
        """Samples as OpenMetrics."""
        text = []
        for labels, values in found:
            own = sorted({**{name: word for name, word in labels.items() if name != NAME}, **self.labels}.items())
            prefix = f"{self.name}{{{label_set([name for name, _ in own], [word for _, word in own])}}}"
            text += [f"{prefix} {value} {stamp:.0f}\n" for stamp, value in values]
        return "".join(text)


def rules(settings: Settings) -> list[list[Rule]]:
    """Recording rules by level: first those that read raw series only, then those that read the ones before."""
    waiting = []
    for recording in RECORDINGS:
        expression = recording.query(settings.thresholds)
        windows = [seconds(word) for word in WINDOW.findall(expression)]
        labels = {label.name: word for label, word in recording.constant.items()}
        waiting.append(Rule(recording.name, expression, labels, min(windows, default=0.0)))
    levels: list[list[Rule]] = []
    while waiting:
        names = {rule.name for rule in waiting}
        level = [rule for rule in waiting if not any(name in rule.expression for name in names)]
        waiting = [rule for rule in waiting if rule not in level]
        levels.append(level)
    return levels


def runs(times: Sequence[int], before: int | None, window: float) -> list[list[int]]:
    """Times at which a window holds enough samples, in runs of equal distance."""
    found: list[list[int]] = []
    for time in times:
        near = before is not None and time - before <= window / LEAST
        if near or not window:
            last = found[-1] if found else []
            if not last or len(last) >= MOST_POINTS or (len(last) > 1 and time - last[-1] != last[1] - last[0]):
                found.append([time])
            else:
                last.append(time)
        before = time
    return found


def record(
    settings: Settings, folder: Folder, promtool: Program, prometheus: Program | None, say: Callable[[str], None]
) -> list[str]:
    """Make the recordings of all blocks that have none yet. Returns what could not be done, in words."""
    waiting = folder.waiting()
    if not waiting:
        return []
    if prometheus is None:
        return ["recordings have no past: the program prometheus is not on the PATH; install it and run backfill again"]
    room = folder.room()
    text: dict[str, list[str]] = {name: [] for name in waiting}
    scratch: list[Path] = []
    for number, level in enumerate(rules(settings)):
        with evaluation(prometheus, room / "evaluation", [*(one.path for one in folder.ours()), *scratch]) as asked:
            fresh = {name: _level(level, asked, times, before) for name, (times, before) in _before(waiting).items()}
        for name, part in fresh.items():
            text[name].append(part)
        if any(fresh.values()):
            made = _making(promtool, room / f"level-{number}", fresh.values())
            scratch += made.done()
    samples = 0
    for name, lines in text.items():
        making = _making(promtool, room / f"final-{name}", lines) if any(lines) else None
        if making is not None:
            making.finish(folder, recordings_of=name)
        samples += sum(part.count("\n") for part in lines)
        folder.recorded(name)
    shutil.rmtree(room)
    say(f"recordings: {samples:,} samples")
    return []


def _before(waiting: Mapping[str, Sequence[int]]) -> dict[str, tuple[Sequence[int], int | None]]:
    """Blocks by time, each with the last time of the one before."""
    found: dict[str, tuple[Sequence[int], int | None]] = {}
    before = None
    for name, times in sorted(waiting.items(), key=lambda item: item[1][0]):
        found[name] = times, before
        before = times[-1]
    return found


def _level(level: Sequence[Rule], asked: Evaluation, times: Sequence[int], before: int | None) -> str:
    return "".join(
        rule.lines(asked.over(rule.expression, run)) for rule in level for run in runs(times, before, rule.window)
    )


def _making(promtool: Program, folder: Path, parts: Iterable[str]) -> Making:
    folder.mkdir()
    with (folder / "samples").open("w", encoding="utf-8", newline="\n") as file:
        for part in parts:
            file.write(part)
        file.write("# EOF\n")
    return Making(promtool, folder)
