"""Processes of the stack."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provisioning.stack import StackError, process, record
from provisioning.stack.port import Port
from provisioning.stack.process import Service
from provisioning.stack.record import Record

SLEEPER = "import time; print('awake', flush=True); time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('awake', flush=True); time.sleep(60)"
)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[[str], tuple[Service, Record]]]:
    """Start a Python program as a service; it is ended after the test."""
    begun: list[Record] = []

    def start(code: str) -> tuple[Service, Record]:
        log = tmp_path / "log"
        service = Service("part", (sys.executable, "-c", code), log, lambda: "awake" in log.read_text(), timeout=10)
        begun.append(process.start(service))
        return service, begun[-1]

    yield start
    process.stop(begun, timeout=0.1)


def test_a_service_lives_in_a_session_of_its_own(run: Callable[[str], tuple[Service, Record]]) -> None:
    """It goes on when the terminal of `up` is closed."""
    service, started = run(SLEEPER)
    process.wait_ready(service, started)
    assert os.getsid(started.pid) == started.pid
    assert process.alive(started)


def test_stopping_twice_stops_once(run: Callable[[str], tuple[Service, Record]]) -> None:
    """The second time nothing ran."""
    service, started = run(SLEEPER)
    process.wait_ready(service, started)
    assert process.stop([started]) == ["part"]
    assert process.stop([started]) == []
    assert not process.alive(started)


def test_what_ignores_the_signal_is_killed(
    run: Callable[[str], tuple[Service, Record]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`down` ends in any case, and waits no longer than it was told to."""
    waits, wait_end = [], process._wait_end

    def waited(record: Record, timeout: float) -> bool:
        waits.append(timeout)
        return wait_end(record, timeout)

    monkeypatch.setattr(process, "_wait_end", waited)
    service, started = run(STUBBORN)
    process.wait_ready(service, started)
    assert process.stop([started], timeout=0.2) == ["part"]
    assert waits == [0.2, 0.2]
    assert not process.alive(started)


def test_a_process_of_somebody_else_is_not_stopped(run: Callable[[str], tuple[Service, Record]]) -> None:
    """A pid that was given to another process since is left alone."""
    service, started = run(SLEEPER)
    process.wait_ready(service, started)
    assert process.stop([replace(started, identity="boot:1")]) == []
    assert record.identity(started.pid)


def test_a_service_that_ends_at_once_shows_its_last_words(run: Callable[[str], tuple[Service, Record]]) -> None:
    """The reason is in the message, not only in a file."""
    service, started = run("raise SystemExit('no such table: calls')")
    with pytest.raises(StackError, match=r"part ended while it started(.|\n)*no such table: calls"):
        process.wait_ready(service, started)


def test_a_service_that_never_answers_is_given_up(run: Callable[[str], tuple[Service, Record]]) -> None:
    """The wait has an end."""
    service, started = run("import time; time.sleep(60)")
    with pytest.raises(StackError, match=r"part is not ready after 0\.1 s"):
        process.wait_ready(replace(service, timeout=0.1), started)


def test_a_service_that_gets_on_is_waited_for(
    run: Callable[[str], tuple[Service, Record]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who tells that it gets on has its time anew; who stands still is given up, whatever it tells."""
    monkeypatch.setattr(process, "ASK_SECONDS", 0.0)
    service, started = run("import time; time.sleep(60)")
    shares, said = iter(["", "10%", "20%", "20%", "30%"]), list[str]()

    def progress() -> str:
        time.sleep(0.3)
        return next(shares, "30%")

    with pytest.raises(StackError, match=r"part is not ready after 0\.5 s"):
        process.wait_ready(replace(service, timeout=0.5, progress=progress), started, said.append)
    assert said == ["part: 10%", "part: 20%", "part: 30%"]


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    """The path that was tried is in the message."""
    with pytest.raises(StackError, match=r"part: cannot start /nowhere/program: No such file"):
        process.start(Service("part", ("/nowhere/program",), tmp_path / "log", lambda: True))


def test_a_busy_port_is_refused_with_its_owner_and_its_setting() -> None:
    """The user learns who has it and what to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        port = Port(number, "stack.prometheus_port")
        words = (
            rf"prometheus: port {number} is in use by \S+ \(pid {os.getpid()}\); free it or set stack\.prometheus_port"
        )
        with pytest.raises(StackError, match=words):
            port.require_free("prometheus")
    port.require_free("prometheus")


def test_an_address_of_another_machine_is_refused() -> None:
    """The reason is the system's own."""
    with pytest.raises(StackError, match=r"a: cannot listen on 192\.0\.2\.1:\d+: .+; free it or set stack\.host"):
        Port(50000, "stack.host", "192.0.2.1").require_free("a")


def test_the_fingerprint_follows_what_asks_for_a_restart() -> None:
    """Command, environment and files count; the log does not."""
    service = Service("a", ("x",), Path("log"), lambda: True)
    changed = [
        replace(service, command=("y",)),
        replace(service, environment={"A": "1"}),
        replace(service, version="2"),
    ]
    assert len({service.fingerprint, *(other.fingerprint for other in changed)}) == 4
    assert replace(service, log=Path("other")).fingerprint == service.fingerprint
    reads_again = replace(service, loaded=lambda: "now")
    assert replace(reads_again, version="2").fingerprint == reads_again.fingerprint


def test_what_never_takes_its_new_files_is_told(tmp_path: Path) -> None:
    """The sentence says that the old ones are in force, and the record keeps their version."""
    code = "import signal, time; signal.signal(signal.SIGHUP, lambda *_: print('no', flush=True)); print('awake', flush=True); time.sleep(60)"
    log = tmp_path / "log"
    service = Service("part", (sys.executable, "-c", code), log, lambda: "awake" in log.read_text(), version="1")
    started = process.start(service)
    try:
        process.wait_ready(service, started)
        newer = replace(service, version="2", loaded=lambda: "long ago")
        with pytest.raises(
            StackError, match=r"part did not take its new files within 0\.5 s and goes on with the old"
        ) as told:
            process.reload(newer, started, timeout=0.5)
        assert str(told.value).endswith("  no")
        assert started.version == "1"
    finally:
        process.stop([started], timeout=0.1)


def test_the_tail_of_a_log_is_short(tmp_path: Path) -> None:
    """A long log does not flood the terminal."""
    log = tmp_path / "log"
    log.write_text("\n".join(str(number) for number in range(10_000)))
    assert process.tail(log).split() == [str(number) for number in range(10_000 - process.LOG_LINES, 10_000)]
    assert process.tail(tmp_path / "none") == "(no log)"
