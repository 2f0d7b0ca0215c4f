"""Writers, an exporter and the real clock, all at once: no row lost, none twice, no scrape that differs from the table."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.engine.conftest import Private
from tests.engine.rig import Writer, checked, prepare, total, until, wrong

SETTLE = 0.5


@dataclass
class Crowd:
    """Threads that write calls, each transaction held open for a random time."""

    url: str
    hold: tuple[float, float]
    seed: int
    stop: threading.Event = field(default_factory=threading.Event)
    committed: int = 0
    trouble: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self, number: int) -> None:
        """Begin to write."""
        for index in range(number):
            thread = threading.Thread(target=self._run, args=(index,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def join(self) -> None:
        """Let every open transaction come to its end."""
        self.stop.set()
        for thread in self.threads:
            thread.join(60)
        assert self.trouble == []

    def _run(self, index: int) -> None:
        try:
            dice = random.Random(self.seed * 100 + index)
            writer = Writer(self.url, f"w{index}")
            while not self.stop.is_set():
                rows = self._transaction(writer, dice, f"{index}-{writer.rows}")
                with self.lock:
                    self.committed += rows
            writer.close()
        except Exception as error:  # noqa: BLE001 - told by join
            self.trouble.append(repr(error))

    def _transaction(self, writer: Writer, dice: random.Random, name: str) -> int:
        """One transaction; returns how many rows it committed."""
        rows = 0
        end = time.monotonic() + (dice.uniform(*self.hold) if dice.random() < 0.7 else 0)
        fate = dice.choices(["commit", "rollback", "prepare"], [8, 1, 1])[0]
        running = writer.insert(ended_at=None)
        rows += 1
        while True:
            writer.insert()
            rows += 1
            if dice.random() < 0.3:
                writer.execute("SAVEPOINT one")
                writer.insert()
                writer.execute(f"{'ROLLBACK TO' if dice.random() < 0.5 else 'RELEASE'} SAVEPOINT one")
            left = end - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, dice.uniform(0.05, 0.4)))
        writer.execute("UPDATE call_sessions SET ended_at = clock_timestamp() WHERE id = %s", running)
        if fate == "prepare":
            writer.execute(f"PREPARE TRANSACTION '{name}'")
            writer.rollback()
            time.sleep(dice.uniform(0.1, 0.5))
            with psycopg.connect(self.url, autocommit=True) as other:
                other.execute(f"COMMIT PREPARED '{name}'".encode())
        elif fate == "commit":
            writer.commit()
        else:
            writer.rollback()
        return rows if fate != "rollback" else 0


def rows(url: str) -> int:
    """Ended calls in the table."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*) FROM call_sessions WHERE ended_at IS NOT NULL").fetchone()
    assert found is not None
    return int(found[0])


def all_sealed(url: str, state: Path) -> None:
    """An exporter that goes on from the state shows the whole table, at once and when nothing is left in the tail."""
    rig = checked(url, state, exporter={"settle": SETTLE, "seal_interval": 0.1})
    rig.collector.start()
    until(lambda: rig.collector.book.ready)
    assert wrong(rig) == {}
    until(lambda: rig.scrape() and rig.collector.outcome.tail_rows["calls"] == 0)
    assert wrong(rig) == {}
    assert total(rig.scrape(), "calls_completed_total") == rows(url)
    rig.close()


def lone_writer(url: str, seconds: float) -> None:
    """One transaction and no other."""
    writer = Writer(url, f"lone{time.monotonic_ns()}")
    writer.insert()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.1)
    writer.insert()
    writer.commit()
    writer.close()


def test_scrapes_beside_writers(own_server: Private, tmp_path: Path) -> None:
    """Every scrape equals the table at its snapshot, while transactions last up to six times the settle window."""
    url = own_server.database()
    prepare(url)
    rig = checked(url, tmp_path / "state.json", exporter={"settle": SETTLE, "seal_interval": 0.1})
    rig.collector.start()
    until(lambda: rig.collector.book.ready)
    crowd = Crowd(url, (0.7, 3.0), seed=1)
    crowd.start(4)
    end = time.monotonic() + 6
    scrapes = 0
    while time.monotonic() < end:
        assert wrong(rig) == {}
        scrapes += 1
        time.sleep(0.05)
    crowd.join()
    lone = threading.Thread(target=lone_writer, args=(url, 2.5))
    lone.start()
    while lone.is_alive():
        assert wrong(rig) == {}
        time.sleep(0.05)
    assert wrong(rig) == {}
    assert rig.lines == []
    rig.close()
    assert scrapes > 10
    all_sealed(url, tmp_path / "state.json")


@dataclass
class Victim:
    """Exporters one after the other on the same state file, each killed."""

    url: str
    state: Path
    out: Path
    dice: random.Random
    lives: int = 0

    def live(self, seconds: float) -> None:
        """One exporter, killed after a time at the latest."""
        self.lives += 1
        place, after = self.dice.choice(
            [("", 0), ("save", self.dice.randint(1, 8)), ("replace", self.dice.randint(1, 8))]
        )
        command = [
            sys.executable,
            "-m",
            "tests.engine.child",
            self.url,
            str(self.state),
            str(SETTLE),
            place,
            str(after),
        ]
        with self.out.open("a") as out:
            process = subprocess.Popen(
                command, stdout=out, stderr=out, cwd=Path(__file__).parents[2], env=dict(os.environ)
            )
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert process.returncode == -9, self.out.read_text()[-2000:]


@pytest.mark.slow
def test_killed_again_and_again(own_server: Private, tmp_path: Path) -> None:
    """For over a minute, with transactions of 3 to 12 s, exporters are killed at random, also between seal and save."""
    url = own_server.database()
    prepare(url)
    dice = random.Random(7)
    victim = Victim(url, tmp_path / "state.json", tmp_path / "out.txt", dice)
    lone_writer_thread = threading.Thread(target=lone_writer, args=(url, 4.0))
    lone_writer_thread.start()
    victim.live(5.0)
    lone_writer_thread.join()
    crowd = Crowd(url, (3.0, 12.0), seed=2)
    crowd.start(6)
    end = time.monotonic() + 50
    while time.monotonic() < end:
        victim.live(dice.uniform(1.5, 6.0))
    crowd.stop.set()
    while any(thread.is_alive() for thread in crowd.threads):
        victim.live(3.0)
    crowd.join()
    lines = victim.out.read_text().splitlines()
    assert [line for line in lines if not line.isdigit()] == []
    assert len(lines) > 50
    assert victim.lives > 8
    assert crowd.committed > 100
    all_sealed(url, tmp_path / "state.json")
