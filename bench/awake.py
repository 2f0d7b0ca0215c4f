"""Memory that a hypervisor took away from idle processes, read back before anything is measured.

Virtual machines give idle memory back to their host after seconds, and each page costs up to 70 µs when it is wanted again: a
loop over 30 MB took 20 times as long after ten idle seconds on the machine of bench/README.md, without a fault that the
guest could see. What an exporter costs is not told by that, so whoever is measured is woken first.
"""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Final

MAPPING: Final = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
MOST: Final = 256
"""Pages that are looked at or read at once."""

PRESENT: Final = 1 << 63


def wake(processes: Iterable[int]) -> None:
    """Read the memory that processes use from outside, which does not run them, and gives them no page that they did not have."""
    for process in processes:
        folder = Path(f"/proc/{process}")
        with (
            suppress(OSError),
            (folder / "maps").open() as maps,
            (folder / "pagemap").open("rb", 0) as pages,
            (folder / "mem").open("rb", 0) as memory,
        ):
            for line in maps:
                found = MAPPING.match(line)
                if found is not None and "[v" not in line:
                    for start, count in _used(pages.fileno(), int(found[1], 16) // PAGE, int(found[2], 16) // PAGE):
                        with suppress(OSError):
                            os.pread(memory.fileno(), count * PAGE, start * PAGE)


def _used(pages: int, first: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of pages that are in memory: the number of the first, and how many."""
    for start in range(first, end, MOST):
        entries = array("Q", os.pread(pages, 8 * min(MOST, end - start), 8 * start))
        place = start
        for present, run in groupby(entry & PRESENT for entry in entries):
            count = len(list(run))
            if present:
                yield place, count
            place += count
