"""Old blocks of scrapes made sparse: what is left adds up to the same, and nothing else is touched."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from generator import thinning
from generator.cli import cli
from generator.thinning import Samples
from provisioning.history import Block, Folder
from provisioning.promql import lapped
from tests.history.prom import Server, serving
from tests.processes import wait_until

pytestmark = pytest.mark.promtool

DAYS = 3
SCRAPE = 10
HOUR = 3600
END = int((datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)).timestamp())
BEGIN = END - DAYS * 86400
NOON = BEGIN + 36 * HOUR
LIVES = {
    "always": (BEGIN, END),
    "begins": (NOON + 23 * 60, END),
    "ends": (BEGIN, NOON + 37 * 60),
    "short": (NOON + 5 * 60, NOON + 25 * 60),
    "anew": (BEGIN, END),
    'quoted "\\"': (BEGIN, END),
}
"""From when to when there is a series. Counters grow at whole minutes."""


def dense(folder: Path) -> None:
    """Scrapes of three days as blocks of two hours, as Prometheus writes them."""
    rng = random.Random(3)
    growth, total = {}, 0
    for minute in range(BEGIN // 60, END // 60 + 1):
        growth[minute] = total = total + rng.choice((0, 0, 1, 3))
    lines = []
    for tenant, (begin, end) in LIVES.items():
        words = tenant.replace("\\", "\\\\").replace('"', '\\"')
        for when in range(begin, end, SCRAPE):
            count = growth[when // 60] if tenant != "anew" else anew(when)
            lines.append(f'calls_initiated_total{{tenant="{words}"}} {count} {when}')
            if tenant == "always":
                lines.append(f'active_calls{{tenant="{words}"}} {(when // 60) % 17} {when}')
    (folder / "samples").write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(folder / "samples"), str(folder / "data")]
    subprocess.run(command, check=True, capture_output=True)


def anew(when: int) -> int:
    """A counter that starts anew in the middle of an hour, and has grown beyond what it was by the end of it."""
    again = NOON + 30 * 60
    return (when - BEGIN) // 60 if when < again else (when - again) // 60 * 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with dense blocks in its folder `data`, and a settings file."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not on the PATH; Debian's package prometheus has it")
    dense(tmp_path)
    sections = {"stack": {"directory": str(tmp_path / "stack"), "prometheus_port": 1}}
    (tmp_path / "watchfloor.yml").write_text(yaml.safe_dump(sections), encoding="utf-8")
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    """The command in this process."""
    arguments = ["--config", str(folder / "watchfloor.yml"), "thin", "--data-dir", str(folder / "data"), *words]
    return CliRunner().invoke(cli, arguments)


def growth(samples: list[tuple[float, float]]) -> float:
    """How much a counter grew in all, as Prometheus adds it up: what is less than before starts at 0."""
    return sum(after - before if after >= before else after for (_, before), (_, after) in pairwise(samples))


def told(server: Server) -> dict[str, tuple[float, dict[float, float]]]:
    """Of each counter the whole growth, and its values at full hours."""
    found = {}
    for item in server.get("query", query="calls_initiated_total[400d]")["result"]:
        samples = [(float(when), float(value)) for when, value in item["values"]]
        found[item["metric"]["tenant"]] = growth(samples), {when: v for when, v in samples if when % HOUR == 0}
    return found


def days(server: Server) -> list[float]:
    """Increase of the counter that is always there, day by day."""
    query = f'increase(calls_initiated_total{{tenant="always"}}[{lapped("1d")}])'
    return [server.one(query, BEGIN + day * 86400) for day in range(1, DAYS)]


def blocks(folder: Path) -> list[Block]:
    """What is in the data folder."""
    return Folder(folder / "data").blocks()


def test_all_adds_up_to_the_same(folder: Path) -> None:
    """Whole growth of each series, also of one that begins, ends or starts anew within an hour; hours; days."""
    with serving(folder) as server:
        before, by_day = told(server), days(server)
    assert set(before) == set(LIVES)
    result = run(folder, "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary["samples"] > 100_000
    assert summary["samples_left"] < 2_000
    assert sum(block.samples for block in blocks(folder)) == summary["samples_left"]
    with serving(folder) as server:
        assert told(server) == before
        assert days(server) == by_day
        assert len(server.raw("active_calls")) == DAYS * 24
    assert run(folder).stdout.startswith("nothing to do")


def test_a_running_prometheus(folder: Path) -> None:
    """It finds the new blocks by itself and goes on."""
    with serving(folder) as server:
        before = told(server)
        assert run(folder, "--prometheus", server.url).exit_code == 0
        wait_until(lambda: len(server.raw("active_calls")) == DAYS * 24, 100, "it found the new blocks")
        assert told(server) == before


def test_what_is_young_or_ours_stays(folder: Path) -> None:
    """Blocks that are not old enough, and history that was filled in."""
    there = blocks(folder)
    ours = there[:4]
    work = folder / "data/watchfloor-history"
    work.mkdir()
    (work / "blocks.json").write_text(json.dumps({"blocks": [one.path.name for one in ours]}), encoding="ascii")
    age = datetime.now(UTC).timestamp() - END + 86400
    assert run(folder, "--older-than", f"{int(age)}s").exit_code == 0
    left = {one.path.name for one in blocks(folder)}
    assert {one.path.name for one in ours} <= left
    assert {one.path.name for one in there if one.end > (END - 86400) * 1000} <= left
    assert len(left & {one.path.name for one in there}) < len(there) / 2


def test_a_dry_run_changes_nothing(folder: Path) -> None:
    """It tells how much there is."""
    before = blocks(folder)
    result = run(folder, "--dry-run")
    assert "would be made sparse" in result.stdout
    assert blocks(folder) == before


def test_nothing_is_lost_unseen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what was made has fewer series the block stays, and one sentence says so."""
    kept = thinning._Part.samples

    def careless(part: thinning._Part, name: str) -> Samples:
        return dict(list(kept(part, name).items())[1:])

    monkeypatch.setattr(thinning._Part, "samples", careless)
    before = blocks(folder)
    result = run(folder)
    assert result.exit_code == 1
    assert "fewer series; nothing was changed" in result.stderr
    assert blocks(folder) == before


def test_a_block_that_is_gone(folder: Path) -> None:
    """Prometheus may merge and delete a block before we do."""
    first, *others = blocks(folder)
    data = Folder(folder / "data")
    for _ in range(2):
        data.remove([first])
    assert blocks(folder) == others


@pytest.mark.parametrize(("zone", "step", "fits"), [("Asia/Kolkata", "1h", False), ("Asia/Kolkata", "30m", True)])
def test_days_of_the_zone_begin_with_a_sample(folder: Path, zone: str, step: str, fits: bool) -> None:
    """Where a zone is half an hour apart, a sample an hour would miss the beginnings of its days."""
    settings = yaml.safe_load((folder / "watchfloor.yml").read_text(encoding="utf-8"))
    (folder / "watchfloor.yml").write_text(yaml.safe_dump({**settings, "time_zone": zone}), encoding="utf-8")
    result = run(folder, "--step", step, "--dry-run")
    assert result.exit_code == (0 if fits else 2)
    assert ("days in Asia/Kolkata begin between two such samples" in result.stderr) != fits


@pytest.mark.parametrize("words", [("--older-than", "1h"), ("--step", "1m"), ("--step", "7h")])
def test_wrong_lengths(tmp_path: Path, words: tuple[str, str]) -> None:
    """One sentence, exit code 2."""
    (tmp_path / "watchfloor.yml").write_text("{}", encoding="utf-8")
    result = run(tmp_path, *words)
    assert result.exit_code == 2
    assert "--older-than takes a day or more" in result.stderr
