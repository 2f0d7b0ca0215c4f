"""An exporter in a process of its own, to be killed: scrapes without pause and tells what differed from the table.

Every line on standard output is one scrape: the number of completed calls, or the differences. `dies` says after
how many saves of the state the process kills itself, before the file is written (`save`) or before it is renamed.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from exporter.engine import state
from tests.engine.rig import checked, total, wrong


def die() -> None:
    """End like a process that the kernel kills."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(place: str, after: int) -> None:
    """Arrange for the end of this process between sealing and saving, or between writing and renaming."""
    left = iter(range(after))
    owner: Any = state if place == "save" else Path
    work = getattr(owner, place)

    def instead(*given: Any) -> Any:
        if next(left, None) is None:
            die()
        return work(*given)

    setattr(owner, place, instead)


def tell(line: str) -> None:
    """One line for the test."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(url: str, file: str, settle: str, place: str, after: str) -> None:
    """Scrape until killed."""
    if place:
        die_at(place, int(after))
    rig = checked(url, Path(file), exporter={"settle": float(settle), "seal_interval": 0.2})
    rig.collector.start()
    deadline = time.monotonic() + 30
    while not rig.collector.book.ready:
        if time.monotonic() > deadline:
            tell(f"the first pass does not end: {rig.lines}")
            return
        time.sleep(0.02)
    while True:
        found = wrong(rig)
        tell(str(found or int(total(rig.scrape(), "calls_completed_total"))))
        time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
