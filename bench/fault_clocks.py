"""Faults of clocks: Prometheus' differs from Alertmanager's, or that of the machine jumps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from bench.fault_cases import CASE, LOST, OTHER, SETTLE, SIGHT, cross, outcomes, watched
from bench.outcome import Outcome
from bench.shift import shifted
from bench.warp import jump
from tests.delivery.chain import Chain

WATCH = 100.0


def differs(folder: Path, seconds: float) -> Iterator[Outcome]:
    """Prometheus runs on another machine, with another time: the times of alerts are shifted on the way."""
    with (
        watched(folder, start=("relay", "alertmanager")) as running,
        shifted(running.alertmanager(), seconds) as address,
    ):
        path = running.folder / "prometheus.yml"
        config = yaml.safe_load(path.read_text())
        config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [address]}]}]}
        path.write_text(yaml.safe_dump(config))
        running.start("deadman")
        started = time.time()
        running.start("prometheus")
        time.sleep(SETTLE)
        since = cross(running)
        time.sleep(WATCH)
        behind = seconds < 0
        said = f"Prometheus' clock {abs(seconds):g} s {'behind' if behind else 'ahead of'} Alertmanager's"
        yield from outcomes(running, said, since, expected=not behind)
        if behind:
            yield from outcomes(running, f"{said}: it is told", started, text=LOST, limit=SIGHT)


def jumps(folder: Path, seconds: int) -> Iterator[Outcome]:
    """The machine's clock jumps for both while an alert fires; another crosses after it, of a series that there was before."""
    back = seconds < 0
    with watched(folder) as running:
        series = f'second{{case="{OTHER}"}}'
        running.target.set(series, 0)
        # A Prometheus that has run for long sees its old samples again, and nothing seems to be missing.
        time.sleep(abs(seconds) + 20 if back else 20)
        first = cross(running)
        running.wait_for("hook", CASE, 60, first)
        jumped = time.time()
        jump([_pid(running, name) for name in ("prometheus", "alertmanager")], seconds)
        second = running.target.set(series, 1)
        time.sleep(WATCH - seconds if back else WATCH)
        healed = jumped - seconds if back else None
        said = f"the machine's clock goes {'back' if back else 'forward'} by {abs(seconds)} s"
        yield from outcomes(running, f"{said}: an alert that fired before", first)
        ended = "; the fault ends when the clock has caught up" if back else ""
        yield from outcomes(running, f"{said}: an alert after it{ended}", second, healed, text=OTHER)
        if back:
            yield from outcomes(running, f"{said}: it is told", jumped, text=LOST, limit=SIGHT)


def _pid(running: Chain, name: str) -> int:
    return running.processes[name].handle.pid
