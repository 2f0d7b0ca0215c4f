"""A backfill that is killed at random moments, again and again, and run once more leaves what one undisturbed run does."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
import yaml

from exporter.history.section import HistoryStep
from tests.conftest import Postgres
from tests.history.prom import Work, raw, serving
from tests.history.rig import FORMS, fill
from tests.history.test_prometheus import check, now, rows
from tests.processes import wait_until

pytestmark = pytest.mark.promtool
DAYS = 300
KILLS = 8
STEPS = (HistoryStep(age=86400, step=3600), HistoryStep(age=None, step=21600))


def start(work: Work) -> subprocess.Popen[bytes]:
    """The command, as a process of its own."""
    argv = [sys.executable, "-m", "generator", "--config", str(work.folder / "watchfloor.yml"), "backfill"]
    argv += ["--since", f"{DAYS}d", "--data-dir", str(work.folder / "data")]
    log = (work.folder / "log").open("ab")
    with log:
        return subprocess.Popen(argv, env={**os.environ, "ANALYTICS_DATABASE_URL": work.url}, stdout=log, stderr=log)


def test_killed_at_random_moments_it_ends_the_same(postgres: Postgres, tmp_path: Path) -> None:
    """Whenever SIGKILL comes: no two blocks overlap, no time is missing or there twice, and every number is right."""
    fill(postgres.url, FORMS["zoned"], rows(days=DAYS))
    work = Work(tmp_path, postgres.url, FORMS["zoned"])
    steps = [step.model_dump(exclude_none=True) for step in STEPS]
    (tmp_path / "watchfloor.yml").write_text(yaml.safe_dump({**work.sections, "history": {"steps": steps}}), "utf-8")
    first, rng = now(), random.Random(time.time_ns())
    killed = [kill(work, rng) for _ in range(KILLS)]
    if start(work).wait(120):
        assert "history is there already" in (tmp_path / "log").read_text("utf-8").splitlines()[-1]
    found = work.data.blocks()
    assert DAYS * 24 / 486 <= len(raw(found)) < len(found), killed
    assert work.data.waiting() == {}
    assert {path.name for path in work.data.work.iterdir()} == {"lock", "blocks.json"}
    assert {block.path.name for block in work.data.ours()} == {block.path.name for block in found}
    with serving(tmp_path) as server:
        check(server, work)
        times = [stamp for stamp, _ in server.raw('calls_completed_total{tenant="a"}')]
        assert times == sorted(set(times))
        for sooner, later in pairwise(times):
            old = first.timestamp() - sooner > 86400 + 3600
            assert later - sooner <= (21600 if old else 3600), (killed, sooner, later)
        assert times[-1] >= first.timestamp()
        recorded = server.raw("all:active_calls:sum")
        assert [stamp for stamp, _ in recorded if stamp >= times[0]] == times
        assert dict(recorded) == {stamp: server.one("sum(active_calls)", stamp) for stamp, _ in recorded}


HOLDS = """
import sys
from pathlib import Path
from provisioning.evaluation import evaluation
from provisioning.stack.binary import Program
with evaluation(Program(("prometheus",)), Path(sys.argv[1]), []):
    print("up", flush=True)
    sys.stdin.read()
"""


def test_its_own_prometheus_ends_with_it(tmp_path: Path) -> None:
    """A run that is killed while it works recordings out leaves no Prometheus behind."""
    folder = tmp_path / "evaluation"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"

    def running() -> list[int]:
        return [
            one.pid
            for one in psutil.process_iter(["cmdline"])
            if f"--config.file={folder}/prometheus.yml" in (one.info["cmdline"] or ())
        ]

    assert len(running()) == 1
    process.kill()
    process.communicate()
    wait_until(lambda: not running(), 10, "its Prometheus has ended")


def kill(work: Work, rng: random.Random) -> int | None:
    """Kill a run somewhere in its middle; its exit code if it came to its end before."""
    blocks = len(work.data.blocks())
    process = start(work)
    more = rng.randrange(3)
    while process.poll() is None and len(work.data.blocks()) < blocks + more:
        time.sleep(0.005)
    time.sleep(rng.uniform(0, 1.5 if more == 0 else 0.2))
    process.send_signal(signal.SIGKILL)
    code = process.wait()
    return None if code == -signal.SIGKILL else code
