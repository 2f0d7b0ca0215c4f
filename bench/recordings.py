"""The past of recording rules in two ways: `python -m bench.recordings`.

Ours (`generator.recorded`) asks a Prometheus on the raw history at the times of its samples. `promtool tsdb
create-blocks-from rules` evaluates each rule at times of its own. Both get the same history; what is recorded is held
against the rule's own expression at times of raw samples.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import requests
import yaml

from bench.history import fill, settings
from bench.server import Server, free_port, newest_programs
from exporter.settings import HistoryStep, Settings
from generator.history import Target, Wanted, backfill
from generator.recorded import record, rules
from provisioning.history import Folder
from provisioning.stack.binary import Program

DAY: Final = 86400
STEPS: Final = (
    HistoryStep(age=6 * 3600, step=60),
    HistoryStep(age=2 * DAY, step=300),
    HistoryStep(age=None, step=3600),
)
PROBES: Final = 16


@dataclass(frozen=True, slots=True)
class Result:
    """One way: how long, how large, and how what it recorded compares with the expressions at times of raw samples."""

    way: str
    seconds: float
    blocks: int
    bytes: int
    samples: int
    equal: int
    different: int
    absent: int


@contextlib.contextmanager
def serving(data: Path) -> Iterator[str]:
    """A Prometheus on a data folder, which scrapes nothing."""
    url = f"http://127.0.0.1:{free_port()}"
    (data.parent / "prometheus.yml").write_text("{}", encoding="utf-8")
    argv = ["prometheus", f"--config.file={data.parent}/prometheus.yml", f"--storage.tsdb.path={data}"]
    argv += [f"--web.listen-address={url[7:]}", "--storage.tsdb.retention.time=400d", "--log.level=error"]
    process = subprocess.Popen(argv)
    try:
        while True:
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{url}/-/ready", timeout=2).ok:
                    break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def ask(url: str, query: str, at: float) -> dict[tuple[tuple[str, str], ...], float]:
    """Values at a time, by labels without the name."""
    answer = requests.post(f"{url}/api/v1/query", data={"query": query, "time": f"{at:.3f}"}, timeout=300).json()
    found: list[Any] = answer["data"]["result"]
    return {
        tuple(sorted((k, v) for k, v in item["metric"].items() if k != "__name__")): float(item["value"][1])
        for item in found
    }


def judge(of: Settings, data: Path, end: int) -> tuple[int, int, int, int]:
    """Samples recorded; and series of rules at times of raw samples that are equal, different or absent."""
    counts = {"equal": 0, "different": 0, "absent": 0}
    samples = 0.0
    with serving(data) as url:
        for rule in (rule for level in rules(of) for rule in level):
            samples += sum(ask(url, f'count_over_time({{__name__="{rule.name}"}}[30d])', end).values())
            for place in range(1, PROBES + 1):
                # Midnights and hours of old days, and minutes of the newest hours.
                at = (end - place * 6 * 3600) // 3600 * 3600 if place <= PROBES // 2 else end - place * 420
                at = at if place <= PROBES // 2 else at // 60 * 60
                wanted = ask(url, rule.expression, at)
                found = ask(url, f'last_over_time({{__name__="{rule.name}"}}[1m])', at)
                found = {tuple(p for p in key if p not in rule.labels.items()): v for key, v in found.items()}
                for key, value in wanted.items():
                    if math.isnan(value):
                        continue
                    same = key in found and abs(found[key] - value) <= 1e-9 * abs(value)
                    counts["equal" if same else "different" if key in found else "absent"] += 1
    return int(samples), counts["equal"], counts["different"], counts["absent"]


def blocks(data: Path) -> dict[str, int]:
    """Bytes by block."""
    return {
        p.name: sum(f.stat().st_size for f in p.rglob("*") if f.is_file()) for p in data.iterdir() if len(p.name) == 26
    }


def ours(of: Settings, data: Path, tool: Program, prometheus: Program, end: int) -> Result:
    """As `watchfloor backfill` does it."""
    before, begun = blocks(data), time.monotonic()
    record(of, Folder(data), tool, prometheus, print)
    seconds = time.monotonic() - begun
    new = {name: size for name, size in blocks(data).items() if name not in before}
    return Result("watchfloor backfill", seconds, len(new), sum(new.values()), *judge(of, data, end))


def theirs(of: Settings, data: Path, days: int, end: int) -> Result:
    """As `promtool tsdb create-blocks-from rules` does it."""
    group = [{"record": r.name, "expr": r.expression, "labels": dict(r.labels)} for level in rules(of) for r in level]
    path, out = data.parent / "rules.yml", data.parent / "rules-blocks"
    path.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": group}]}), encoding="utf-8")
    with serving(data) as url:
        begun = time.monotonic()
        subprocess.run(
            ["promtool", "tsdb", "create-blocks-from", "rules", f"--start={end - days * DAY}", f"--end={end}",
             f"--url={url}", "--eval-interval=1m", f"--output-dir={out}", str(path)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        seconds = time.monotonic() - begun
    new = blocks(out)
    for name in new:
        (out / name).rename(data / name)
    return Result("promtool create-blocks-from rules", seconds, len(new), sum(new.values()), *judge(of, data, end))


def main() -> None:
    """Measure both and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the numbers there too")
    arguments = parser.parse_args()
    tool, prometheus = shutil.which("promtool"), shutil.which("prometheus")
    if tool is None or prometheus is None:
        raise SystemExit("prometheus and promtool are not on the PATH")
    folder = Path(tempfile.mkdtemp(prefix="wf-recordings-"))
    folder.chmod(0o711)
    server = Server(folder, newest_programs())
    server.start()
    try:
        table = fill(server, arguments.rows)
        of, first, second = settings(folder, table), folder / "a" / "data", folder / "b" / "data"
        for each in (first, second):
            each.parent.mkdir()
        wanted = Wanted(arguments.days * DAY, STEPS)
        raw = backfill(
            of, server.url("postgres"), Target(Folder(first), None, Program((tool,))), wanted,
            say=print, progress=lambda _, __: None,
        )  # fmt: skip
        end = int(time.time()) - 300
        shutil.copytree(first, second)
        print(f"{raw.samples:,} raw samples of {raw.series:,} series", flush=True)
        results = [
            ours(of, first, Program((tool,)), Program((prometheus,)), end),
            theirs(of, second, arguments.days, end),
        ]
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for one in results:
        print(asdict(one))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in results], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
