"""Memory that a hypervisor took away from idle processes, read back before anything is measured.

Virtual machines give idle memory back to their host after seconds, and each page costs up to 70 µs when it is wanted again: a
loop over 30 MB took 20 times as long after ten idle seconds on the machine of bench/README.md, without a fault that the
guest could see. What an exporter costs is not told by that, so whoever is measured is woken first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

MAPPING: Final = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r..([ps])")
PIECE: Final = 1 << 20


def wake(processes: Iterable[int]) -> None:
    """Read all memory of processes from outside, which does not run them; memory that they share is read once."""
    shared: set[str] = set()
    for process in processes:
        folder = Path(f"/proc/{process}")
        with suppress(OSError), (folder / "maps").open() as maps, (folder / "mem").open("rb", 0) as memory:
            for line in maps:
                found = MAPPING.match(line)
                if found is None or line in shared or "[v" in line:
                    continue
                if found[3] == "s":
                    shared.add(line)
                _read(memory.fileno(), int(found[1], 16), int(found[2], 16))


def _read(memory: int, start: int, end: int) -> None:
    with suppress(OSError):
        while start < end:
            start += len(os.pread(memory, min(PIECE, end - start), start)) or PIECE
