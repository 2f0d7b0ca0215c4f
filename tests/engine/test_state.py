"""The state file, whatever happens to it, and two exporters at once."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from exporter.engine import state
from tests.engine.rig import Place, checked, own, total, wrong


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _older(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"watchfloor-state 1 ", b"watchfloor-state 0 ", 1))


def _other(path: Path) -> None:
    found = state.load(path)
    assert found is not None
    path.write_bytes(b"")
    body = path.with_name("body")
    body.write_bytes(b"")
    text = orjson.dumps({"identity": "elsewhere", "newest": 1, "labels": {}, "scans": found.scans})
    path.write_bytes(f"watchfloor-state 1 {hashlib.sha256(text).hexdigest()}\n".encode() + text)


DAMAGE = {
    "cut in half": (_half, "is damaged (its checksum does not match)"),
    "cut within the first line": (
        lambda path: path.write_bytes(path.read_bytes()[:16]),
        "is no state file of Watchfloor",
    ),
    "empty": (lambda path: path.write_bytes(b""), "is no state file of Watchfloor"),
    "noise": (lambda path: path.write_bytes(os.urandom(5000)), "is no state file of Watchfloor"),
    "one digit changed": (
        lambda path: path.write_bytes(path.read_bytes().replace(b'"rows":', b'"rows": ', 1)),
        "is damaged",
    ),
    "an older format": (_older, "has format 0, this version reads format 1"),
    "another database": (_other, "is of another database"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "cannot be read: Is a directory"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_state_file(place: Place, damage: str) -> None:
    """A state file that cannot be trusted is told in a sentence, and totals are read anew."""
    place.calls(5)
    place.clock.forward(200)
    rig = place.rig()
    rig.collector.book.writable = True
    rig.tick()
    rig.close()
    spoil, sentence = DAMAGE[damage]
    spoil(place.state)
    rig = place.rig()
    rig.tick()
    assert rig.said(f"state file {place.state}")
    assert rig.said(sentence)
    assert rig.said("totals are read anew")
    assert wrong(rig) == {}
    rig.kill()


def test_state_is_used(place: Place) -> None:
    """A good state file spares reading what is sealed, and says nothing."""
    place.calls(5)
    place.clock.forward(200)
    rig = place.rig()
    rig.collector.book.writable = True
    rig.tick()
    rig.close()
    place.sql("TRUNCATE call_sessions")
    rig = place.rig()
    rig.tick()
    assert rig.lines == []
    assert total(rig.scrape(), "calls_completed_total") == 5
    rig.close()


def test_state_folder_cannot_be_made(place: Place, tmp_path: Path) -> None:
    """An exporter that cannot keep its state does not start, and says why."""
    (tmp_path / "file").write_text("")
    place.state = tmp_path / "file" / "state.json"
    rig = place.rig()
    with pytest.raises(state.StateError, match=r"exporter.state_file: cannot write .*state.json.lock: "):
        rig.collector.start()
    rig.kill()


def test_disk_full_while_writing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the state cannot be written, that is told and counted, totals stay right, and it is tried again."""
    place.calls(5)
    place.clock.forward(200)
    rig = place.rig()
    rig.collector.book.writable = True
    rig.tick()
    before = place.state.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr(os, "fsync", full)
        for _ in range(3):
            place.calls(5)
            place.clock.forward(200)
            rig.tick()
            assert wrong(rig) == {}
        samples = rig.scrape()
    assert own(samples, "state_save_errors_total") == 3
    assert rig.lines == [f"state file {place.state} cannot be written: No space left on device"]
    assert place.state.read_bytes() == before
    assert not any(check.ok for check in rig.collector.health().checks if check.name == "state file")
    rig.tick()
    assert place.state.read_bytes() != before
    rig.kill()
    rig = place.rig()
    rig.tick()
    assert wrong(rig) == {}
    rig.close()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 kB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a tmpfs; the full disk is also simulated")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_disk_really_full(place: Place, tiny_disk: Path) -> None:
    """On a disk that is full the exporter goes on, and the last state that fitted stays whole."""
    place.state = tiny_disk / "state.json"
    place.calls(1)
    place.clock.forward(200)
    rig = place.rig(exporter={"settle": 60, "disabled_metrics": ["call_duration_seconds"]})
    rig.collector.book.writable = True
    rig.tick()
    assert state.load(place.state) is not None
    for number in range(100):
        place.calls(1, tenant=f"tenant{number:040}")
    place.clock.forward(200)
    rig.tick()
    assert rig.said("cannot be written: No space left on device")
    samples = rig.scrape()
    assert total(samples, "calls_completed_total") == 101
    assert own(samples, "state_save_errors_total") >= 1  # type: ignore[operator]
    assert state.load(place.state) is not None
    rig.kill()
    rig = place.rig(exporter={"settle": 60, "disabled_metrics": ["call_duration_seconds"]})
    rig.tick()
    assert total(rig.scrape(), "calls_completed_total") == 101
    rig.kill()


def test_second_exporter_on_one_state_file(place: Place) -> None:
    """A second exporter on the same state file is refused, with the process that has it."""
    first, second = place.rig(), place.rig()
    first.collector.start()
    with pytest.raises(
        state.StateError, match=rf"state file .*state\.json is in use by another exporter \(process {os.getpid()}\)"
    ):
        second.collector.start()
    first.close()
    second.collector.start()
    second.close()


def test_single_scrape_leaves_the_state_file_alone(place: Place) -> None:
    """One scrape beside a running exporter reads its state and writes nothing."""
    place.calls(3)
    place.clock.forward(200)
    first = place.rig()
    first.collector._file_lock.acquire()
    first.collector.book.writable = True
    first.tick()
    before = place.state.stat().st_mtime_ns
    place.calls(3, tenant="new")
    place.clock.forward(500)
    second = place.rig()
    second.collector.once(lambda _, __: None)
    assert wrong(second) == {}
    second.close()
    assert place.state.stat().st_mtime_ns == before
    first.close()


def test_two_exporters_agree(place: Place, tmp_path: Path) -> None:
    """Two exporters with states of their own show the same totals, whenever they were started."""
    place.calls(10)
    one = place.rig()
    one.tick()
    place.clock.forward(300)
    one.tick()
    place.calls(10)
    two = checked(place.url, tmp_path / "other.json", place.clock)
    two.tick()
    assert wrong(one) == wrong(two) == {}
    shown = [
        {p: v for p, v in rig.scrape().items() if not p[0].startswith(("exporter_", "process_"))} for rig in (one, two)
    ]
    assert shown[0] == shown[1]
    one.close()
    two.close()
