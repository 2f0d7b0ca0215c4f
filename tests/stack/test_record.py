"""What the stack remembers of its processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.stack import Part, StackError, State, record
from provisioning.stack.record import Record


def test_a_record_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """Order and content stay."""
    records = [Record("b", 7, "x:1", "http://b", "f"), Record("a", why="there is no a")]
    record.write(tmp_path, records)
    assert list(record.read(tmp_path).values()) == records


def test_nothing_was_started_without_a_file(tmp_path: Path) -> None:
    """A fresh clone has no records."""
    assert record.read(tmp_path) == {}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"parts": [{"nam": 1}]}', '{"parts": 3}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    """Half a file stops the command with its path, and does not count as an empty stack."""
    (tmp_path / record.FILE).write_text(content)
    with pytest.raises(StackError, match=r"stack\.json is damaged"):
        record.read(tmp_path)


def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    """It holds digests of secrets."""
    record.write(tmp_path, [Record("a")])
    assert (tmp_path / record.FILE).stat().st_mode & 0o777 == 0o600


def test_a_running_process_is_alive_and_a_reused_pid_is_not() -> None:
    """The start time tells two processes with one pid apart."""
    mine = record.identity(os.getpid())
    assert Record("me", os.getpid(), mine).alive
    assert not Record("me", os.getpid(), mine + "0").alive


def test_a_zombie_is_not_alive() -> None:
    """A process that ended but was not collected does not run."""
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert record.identity(child.pid) == ""
    child.wait()


def test_a_pid_that_is_gone_has_no_identity() -> None:
    """Nothing runs under it."""
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    assert record.identity(child.pid) == ""


def test_a_second_up_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    """Two commands never change one stack at once."""
    with (
        record.lock(tmp_path),
        pytest.raises(StackError, match=rf"at work \(pid {os.getpid()}\)"),
        record.lock(tmp_path),
    ):
        pytest.fail("two commands hold the lock")
    with record.lock(tmp_path):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_the_file_is_json_for_other_programs(tmp_path: Path) -> None:
    """One object with the list of parts."""
    record.write(tmp_path, [Record("a", 1)])
    assert json.loads((tmp_path / record.FILE).read_text())["parts"][0]["pid"] == 1


@pytest.mark.parametrize(
    ("state", "healthy"), [("running", True), ("not installed", True), ("failed", False), ("stopped", False)]
)
def test_a_part_that_should_run_and_does_not_is_unhealthy(state: str, healthy: bool) -> None:
    """What was never there is no fault of the stack."""
    assert Part("a", State(state)).healthy is healthy
