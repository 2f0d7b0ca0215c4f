"""Processes of the stack: start them detached, wait until they are ready, stop them."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from provisioning.stack.account import Account
from provisioning.stack.part import StackError
from provisioning.stack.port import Port
from provisioning.stack.record import Record, identity

POLL: Final = 0.05
ASK_SECONDS: Final = 5.0
"""So often a part is asked how far it is."""

LOG_LINES: Final = 12
KILL_AFTER: Final = 10.0
RELOAD_WITHIN: Final = 30.0
"""Prometheus loads all rules again, at its own pace."""
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Service:
    """A process that the stack wants to run."""

    name: str
    command: tuple[str, ...]
    log: Path
    ready: Callable[[], bool]
    url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that are part of its configuration; a change restarts it."""
    inherited: Mapping[str, str] = field(default_factory=dict)
    """Variables of our own environment, which differ from terminal to terminal."""
    port: Port | None = None
    account: Account | None = None
    version: str = ""
    """Digest of the files that it reads; a change restarts it, or makes it read them again."""
    prepare: Callable[[], object] = lambda: None
    """Last step before it reads its files."""
    loaded: Callable[[], str] | None = None
    """When it last took its files, for one that reads them again on SIGHUP; empty when it does not say."""
    timeout: float = 60.0
    """Seconds until it must be ready, or have come further by its own `progress`."""
    progress: Callable[[], str] = lambda: ""
    """How far it is, in words that change as it gets on; nothing when it does not tell."""
    stop_signal: str = "SIGTERM"

    @property
    def fingerprint(self) -> str:
        """Changes with everything that asks for a restart; the secret environment goes in as a digest only."""
        parts = [self.command, sorted(self.environment.items()), "" if self.loaded else self.version]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def start(service: Service) -> Record:
    """Start a process that lives on when we end; its output goes to its log."""
    if service.port is not None:
        service.port.require_free(service.name)
    service.prepare()
    account = service.account
    with service.log.open("ab") as log:
        try:
            child = subprocess.Popen(
                service.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**service.inherited, **service.environment},
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        except OSError as error:
            raise StackError(f"{service.name}: cannot start {service.command[0]}: {error.strerror}") from None
    _children[child.pid] = child
    return Record(
        name=service.name,
        pid=child.pid,
        identity=identity(child.pid),
        url=service.url,
        fingerprint=service.fingerprint,
        version=service.version,
        stop_signal=service.stop_signal,
    )


def reload(service: Service, record: Record, timeout: float = RELOAD_WITHIN) -> Record:
    """Let a process read its files again and wait until it took them. When it refuses it goes on with the old ones."""
    assert service.loaded is not None
    before = service.loaded()
    service.prepare()
    _signal(record, signal.SIGHUP)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if service.loaded() not in (before, ""):
            return replace(record, version=service.version)
        time.sleep(POLL)
    raise StackError(
        f"{service.name} did not take its new files within {timeout:g} s and goes on with the old ones; "
        f"the end of {service.log}:\n{tail(service.log)}"
    )


def wait_ready(service: Service, record: Record, say: Callable[[str], object] = lambda _: None) -> None:
    """Wait until a started process answers; its last log lines are the reason when it does not, or gets no further."""
    deadline = time.monotonic() + service.timeout
    ask_at, told = time.monotonic() + ASK_SECONDS, ""
    while (now := time.monotonic()) < deadline:
        if service.ready():
            return
        if not alive(record):
            raise StackError(f"{service.name} ended while it started; the end of {service.log}:\n{tail(service.log)}")
        if now >= ask_at:
            ask_at = now + ASK_SECONDS
            if (found := service.progress()) not in ("", told):
                told, deadline = found, time.monotonic() + service.timeout
                say(f"{service.name}: {found}")
        time.sleep(POLL)
    raise StackError(
        f"{service.name} is not ready after {service.timeout:g} s; the end of {service.log}:\n{tail(service.log)}"
    )


def alive(record: Record) -> bool:
    """Whether the process runs; a child of ours that ended is collected."""
    child = _children.get(record.pid)
    if child is not None and child.poll() is not None:
        del _children[record.pid]
        return False
    return record.alive


def stop(records: Iterable[Record], timeout: float = KILL_AFTER) -> list[str]:
    """Stop processes one after another, by force after a time; returns the names of those that ran."""
    stopped = []
    for record in records:
        if not alive(record):
            continue
        stopped.append(record.name)
        _signal(record, getattr(signal, record.stop_signal))
        if not _wait_end(record, timeout):
            _signal(record, signal.SIGKILL)
            if not _wait_end(record, timeout):
                raise StackError(f"{record.name} (pid {record.pid}) does not end, not even by force")
    return stopped


def _signal(record: Record, number: int) -> None:
    try:
        os.kill(record.pid, number)
    except ProcessLookupError:
        pass
    except PermissionError:
        raise StackError(
            f"{record.name} (pid {record.pid}) belongs to another user; stop it as the user who started it"
        ) from None


def _wait_end(record: Record, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while alive(record):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def tail(path: Path, lines: int = LOG_LINES) -> str:
    """Last lines of a log."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16384))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return "(no log)"
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or "  (empty)"
