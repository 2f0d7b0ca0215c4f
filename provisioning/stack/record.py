"""What runs, kept on disk: one file with the processes of the stack, and the lock that lets one command change it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from provisioning.stack.part import StackError

FILE: Final = "stack.json"
STAT_STATE: Final = 0
STAT_START: Final = 19  # Fields 3 and 22 of proc(5) stat, counted after the command name.


@dataclass(frozen=True, slots=True)
class Record:
    """One started process, or with pid 0 a part that could not be started because it is not installed."""

    name: str
    pid: int = 0
    identity: str = ""
    url: str = ""
    fingerprint: str = ""
    version: str = ""
    stop_signal: str = "SIGTERM"
    why: str = ""

    @property
    def alive(self) -> bool:
        """Whether this very process still runs; a reused pid does not count."""
        return self.pid > 0 and identity(self.pid) == self.identity


def identity(pid: int) -> str:
    """What tells a process from every other that has or had its pid; empty when it does not run."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[STAT_STATE] in "ZX" else f"{boot}:{fields[STAT_START]}"


def read(directory: Path) -> dict[str, Record]:
    """Records by name in the order they were started; empty when nothing was."""
    path = directory / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {item["name"]: Record(**item) for item in data["parts"]}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError):
        raise StackError(f"{path} is damaged; stop the processes that still run by hand and delete it") from None


def write(directory: Path, records: Iterable[Record]) -> None:
    """Replace the file in one step, so that a reader never sees half of it."""
    path = directory / FILE
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump({"parts": [asdict(record) for record in records]}, file, indent=1)
    new.replace(path)


@contextmanager
def lock(directory: Path) -> Iterator[None]:
    """Let one `up` or `down` at a time change the stack."""
    path = directory / "lock"
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = file.read().strip() or "unknown"
            raise StackError(f"another up or down of this stack is at work (pid {other}); wait until it ends") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)
