"""What becomes of alerts when a receiver or a part of the chain fails: every fault on real processes, all at the same time.

`python -m bench.faults [--only NAME,...] [--down 600] [--json FILE] [--directory DIR]`, as root (one fault is a full disk).
Exit code 1 when an alert is lost or a loss of sight is told too late.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from bench import fault_cases, fault_clocks
from bench.outcome import Outcome, table

Fault = Callable[[Path], Iterable[Outcome]]


def faults(down: float) -> dict[str, Fault]:
    """Every fault by its name."""
    found: dict[str, Fault] = {}
    for receiver in ("slack", "hook"):
        for mode, seconds in (("error", 40.0), ("hang", 40.0), ("close", 40.0), ("down", down)):
            found[f"{receiver}-{mode}"] = _receiver(receiver, mode, seconds)
    found["mail-greylist"] = lambda folder: fault_cases.mail(folder, "greylist")
    found["mail-late"] = lambda folder: fault_cases.mail(folder, "late")
    for how in ("restart", "kill"):
        for when in ("pending", "group wait", "notified"):
            found[f"alertmanager-{how}-{when.replace(' ', '-')}"] = _alertmanager(how, when)
    return found | OTHERS


OTHERS: Final[dict[str, Fault]] = {
    "alertmanager-disk-full": fault_cases.disk_full,
    "prometheus-kill-pending": fault_cases.prometheus_pending,
    "prometheus-gone": fault_cases.prometheus_gone,
    "alertmanager-gone": fault_cases.alertmanager_gone,
    "relay-killed": fault_cases.relay_killed,
    "exporter-and-database-gone": fault_cases.sight_lost,
    "clock-ahead": lambda folder: fault_clocks.differs(folder, 300),
    "clock-behind": lambda folder: fault_clocks.differs(folder, -300),
    "clock-forward": lambda folder: fault_clocks.jumps(folder, 300),
    "clock-back": lambda folder: fault_clocks.jumps(folder, -300),
    "two-alertmanagers-first-killed": lambda folder: fault_cases.pair(folder, "alertmanager"),
    "two-alertmanagers-second-killed": lambda folder: fault_cases.pair(folder, "alertmanager-2"),
}


def _receiver(receiver: str, mode: str, seconds: float) -> Fault:
    return lambda folder: fault_cases.receiver(folder, receiver, mode, seconds)


def _alertmanager(how: str, when: str) -> Fault:
    return lambda folder: fault_cases.alertmanager(folder, how, when)


def _try(name: str, fault: Fault, folder: Path) -> list[Outcome]:
    try:
        return list(fault(folder / name))
    except Exception:  # noqa: BLE001 - one fault that cannot be tried must not hide the others
        print(f"{name}\n{traceback.format_exc()}", file=sys.stderr)
        return [
            Outcome(name, "", delivered=False, delay=None, healed=None, duplicates=0, resolved=0, seen="not measured")
        ]


def main() -> int:
    """Try every fault and print what became of the alerts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--down", type=float, default=600.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--directory", type=Path)
    given = parser.parse_args()
    chosen = faults(given.down)
    if given.only:
        chosen = {name: chosen[name] for name in given.only.split(",")}
    folder = given.directory or Path(tempfile.mkdtemp(prefix="watchfloor-faults-"))
    with ThreadPoolExecutor(len(chosen)) as pool:
        running = [pool.submit(_try, name, fault, folder) for name, fault in chosen.items()]
        outcomes = [outcome for each in running for outcome in each.result()]
    rows: list[dict[str, Any]] = [outcome.row() for outcome in outcomes]
    print(table(rows))
    if given.json:
        given.json.write_text(json.dumps({"down": given.down, "rows": rows}, indent=1) + "\n")
    return 0 if all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
