"""A clock that jumps for chosen processes only: what the kernel's page of quick clocks (vDSO) answers them is shifted.

Go's programs ask this page and no library, so nothing else can deceive them. As root, on x86-64.
"""

from __future__ import annotations

import os
import platform
import signal
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SYMBOL: Final = b"__vdso_clock_gettime"
DYNAMIC: Final = 11
"""ELF's number of a section of dynamic symbols."""


class WarpError(Exception):
    """The clock of a process cannot be shifted here."""


def jump(pids: list[int], seconds: int) -> None:
    """Shift what processes read as the time of day, from this moment on; intervals go on as before."""
    if platform.machine() != "x86_64":
        raise WarpError(f"clocks can be shifted on x86_64 only, not on {platform.machine()}")
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        for pid in pids:
            _patch(pid, seconds)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _patch(pid: int, seconds: int) -> None:
    page = _page(pid)
    with Path(f"/proc/{pid}/mem").open("r+b", buffering=0) as memory:
        memory.seek(page.start)
        place = page.start + _symbol(memory.read(page.end - page.start))
        memory.seek(place)
        memory.write(_code(seconds))


def _code(seconds: int) -> bytes:
    """clock_gettime by the system call, with seconds added to the time of day."""
    add = b"\x48\xb9" + struct.pack("<q", seconds) + b"\x48\x01\x0e"  # mov rcx, seconds; add [rsi], rcx
    head = b"\xb8\xe4\x00\x00\x00\x0f\x05\x85\xff"  # mov eax, 228; syscall; test edi, edi
    return head + b"\x75" + bytes([len(add)]) + add + b"\xc3"  # jne past the addition; ret


@dataclass(frozen=True, slots=True)
class Page:
    """Where the page lies in a process."""

    start: int
    end: int


def _page(pid: int) -> Page:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith("[vdso]"):
            start, _, end = line.partition(" ")[0].partition("-")
            return Page(int(start, 16), int(end, 16))
    raise WarpError(f"process {pid} has no page of quick clocks")


def _symbol(image: bytes) -> int:
    """Offset of the function in the page, which is an ELF file."""
    sections, size, count = struct.unpack_from("<Q", image, 0x28)[0], *struct.unpack_from("<HH", image, 0x3A)
    headers = [struct.unpack_from("<IIQQQQIIQQ", image, sections + index * size) for index in range(count)]
    symbols = next((header for header in headers if header[1] == DYNAMIC), None)
    if symbols is None:
        raise WarpError("the page of quick clocks has no symbols")
    names = headers[symbols[6]]
    for offset in range(symbols[4], symbols[4] + symbols[5], 24):
        name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", image, offset)
        start = names[4] + name
        if image[start : image.index(b"\0", start)] == SYMBOL:
            return int(value)
    raise WarpError("the page of quick clocks has no clock_gettime")
