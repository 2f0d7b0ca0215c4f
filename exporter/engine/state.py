"""The state file: sealed totals on disk, so that a start costs the recent rows and not all of them.

A header line carries a checksum of the rest: half a file, a file of another format or of another database is
recognised and not used. It is written under a temporary name and renamed, so it is always whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from sys import intern
from typing import Any, Final

from exporter.engine.totals import Admission, Series, Totals

FORMAT: Final = 1
MAGIC: Final = "watchfloor-state"
PART: Final = 1000


class StateError(Exception):
    """The state file cannot be used or written; the message says why."""


@dataclass(frozen=True, slots=True)
class State:
    """What a state file holds: identity of the database, label values let in, and totals by name of scan."""

    identity: str
    newest: int | None
    labels: dict[str, list[str]]
    beyond: dict[str, int]
    scans: dict[str, dict[str, Any]]
    lost_at: float | None = None
    prices: dict[str, Any] = field(default_factory=dict)


class Lock:
    """Keeps a second exporter away from a state file, and remembers beside it what the totals once counted.

    The file holds the process's number and, after the first save, a line of JSON: identity of the database, and rows
    by scan. So an exporter that finds no state file knows whether there was one, and whether rows are gone since.
    """

    def __init__(self, path: Path) -> None:
        self._path = lock_path(path)
        self._file: Any = None
        self.known: dict[str, Any] = {}

    def acquire(self) -> None:
        """Take the lock; StateError when another exporter holds it."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a+", encoding="ascii")
        except OSError as error:
            raise StateError(f"exporter.state_file: cannot write {self._path}: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            owner = self._file.readline().strip() or "unknown"
            self._file.close()
            raise StateError(
                f"state file {self._path.with_suffix('')} is in use by another exporter (process {owner}); "
                "stop it, or give this one another exporter.state_file"
            ) from None
        self.known = known_rows(self._path)
        self.remember(self.known)

    def remember(self, known: dict[str, Any]) -> None:
        """Keep what the totals count beside the state file."""
        import orjson

        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.truncate(0)
                self._file.write(f"{os.getpid()}\n" + (f"{orjson.dumps(known).decode()}\n" if known else ""))
                self._file.flush()

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None


def lock_path(path: Path) -> Path:
    """The lock file beside a state file."""
    return path.with_name(path.name + ".lock")


def known_rows(lock: Path) -> dict[str, Any]:
    """What a lock file remembers: identity of the database and rows by scan; nothing when no state was ever saved."""
    import orjson

    try:
        found = orjson.loads(lock.read_text(encoding="utf-8").partition("\n")[2] or "{}")
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def save(  # noqa: PLR0917 - the parts of the file
    path: Path,
    identity: str,
    newest: int | None,
    admission: Admission,
    totals: dict[str, tuple[str, Totals]],
    lost_at: float | None = None,
    prices: dict[str, Any] | None = None,
) -> None:
    """Write totals by scan name, each with the fingerprint of its definition. StateError when the disk refuses."""
    import orjson

    body = orjson.dumps(
        {
            "identity": identity,
            "newest": newest,
            "lost_at": lost_at,
            "prices": prices or {},
            "labels": {label: sorted(values) for label, values in admission.admitted.items()},
            "beyond": {label: admission.beyond(label) for label in admission.admitted},
            "scans": {
                name: _dump(fingerprint, total)
                for name, (fingerprint, total) in totals.items()
                if total.horizon is not None
            },
        },
        default=str,
        option=orjson.OPT_NON_STR_KEYS,
    )
    header = f"{MAGIC} {FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode("ascii")
    temporary = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(header + body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise StateError(f"state file {path} cannot be written: {error.strerror}") from None


def load(path: Path) -> State | None:
    """The state on disk; None when there is none. StateError when it cannot be trusted."""
    import orjson

    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(f"state file {path} cannot be read: {error.strerror}") from None
    header, _, body = content.partition(b"\n")
    words = header.decode("ascii", "replace").split()
    if len(words) != 3 or words[0] != MAGIC:
        raise StateError(f"state file {path} is no state file of Watchfloor")
    if words[1] != str(FORMAT):
        raise StateError(f"state file {path} has format {words[1]}, this version reads format {FORMAT}")
    if hashlib.sha256(body).hexdigest() != words[2]:
        raise StateError(f"state file {path} is damaged (its checksum does not match)")
    data = orjson.loads(body)
    return State(
        data["identity"],
        data["newest"],
        data["labels"],
        data.get("beyond", {}),
        data["scans"],
        data.get("lost_at"),
        data.get("prices", {}),
    )


def restore(saved: dict[str, Any], totals: Totals) -> None:
    """Fill a scan's totals from the state."""
    totals.rows = saved["rows"]
    totals.rejected = {(base, reason): int(count) for base, reason, count in saved["rejected"]}
    for base, series in saved["series"].items():
        totals.sealed[base] = {tuple(map(intern, key)): [_number(value) for value in vector] for key, vector in series}
        totals.touched[base] = set(totals.sealed[base])
    totals.ledger.restore(saved["slices"])
    totals.horizon = datetime.fromisoformat(saved["horizon"])


def _dump(fingerprint: str, totals: Totals) -> dict[str, Any]:
    import orjson

    return {
        "fingerprint": fingerprint,
        "horizon": totals.horizon.isoformat() if totals.horizon is not None else None,
        "rows": totals.rows,
        "slices": totals.ledger.dump(),
        "rejected": [[base, reason, count] for (base, reason), count in totals.rejected.items()],
        "series": {base: orjson.Fragment(_series(series)) for base, series in totals.sealed.items()},
    }


def _series(series: Series) -> bytes:
    """Series as JSON, made in parts, so that saving needs little memory beside the totals themselves."""
    import orjson

    items, found = iter(series.items()), []
    while part := [[key, [_plain(value) for value in vector]] for key, vector in islice(items, PART)]:
        found.append(orjson.dumps(part)[1:-1])
    return b"[" + b",".join(found) + b"]"


def _plain(value: Any) -> Any:
    """Numbers that JSON would change are written as text."""
    return value if type(value) is float or (type(value) is int and abs(value) < 1 << 53) else str(value)


def _number(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) else value


def _sync(folder: Path) -> None:
    """Make a rename last through a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
