"""How long a year of history takes: `python -m bench.history --rows 1000000 3000000 10000000`.

The naive way asks the database once for every time. It is measured at a few times and told as what all of them would
take: with the engine's own statements, which are the fastest that were found.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import yaml

from bench.data import CREATE, INDEXES, ROWS, name
from bench.server import Server, newest_programs
from bench.sql import disabled, mapping
from exporter.engine.ledger import BEGINNING
from exporter.engine.plan import plan
from exporter.engine.scans import LevelScan
from exporter.history.reading import instant
from exporter.history.steps import sample_times
from exporter.mapping import load
from exporter.settings import Settings
from exporter.sources.database import connect
from generator.history import Target, Wanted, backfill
from provisioning.history import Folder
from provisioning.stack.binary import Program

YEAR: Final = 365 * 86400
PROBES: Final = 5


@dataclass(frozen=True, slots=True)
class Result:
    """What a year of so many rows took."""

    rows: int
    times: int
    series: int
    samples: int
    seconds: float
    samples_per_second: float
    bytes: int
    bytes_per_sample: float
    naive_seconds: float
    naive_ratio: float


def fill(server: Server, rows: int) -> str:
    """A table with the rows of a year."""
    table = name(rows)
    with server.admin() as connection:
        connection.execute("SELECT setseed(0.42)")
        connection.execute(CREATE.format(table=table))
        base = f"now() - {YEAR} * interval '1 second'"
        drawn = ROWS.format(first=0, last=rows - 1, now="now()", base=base, spacing=YEAR / rows)
        connection.execute(f"INSERT INTO {table} {drawn}")
        for index in INDEXES:
            connection.execute(index.format(table=table))
        connection.execute(f"VACUUM (ANALYZE) {table}")
    return table


def settings(folder: Path, table: str) -> Settings:
    """Settings for a table."""
    path = folder / f"{table}.yml"
    path.write_text(yaml.safe_dump(mapping(table)), encoding="utf-8")
    exporter = {"state_file": str(folder / f"{table}.json"), "disabled_metrics": disabled()}
    return Settings.model_validate({"database": {"mapping": str(path)}, "exporter": exporter})


def naive(of: Settings, url: str, times: Sequence[int]) -> float:
    """Seconds that one aggregate for each time would take, from a few of them."""
    database = connect(url, 3.0)
    found = plan(of, load(of.database), database)
    spent = 0.0
    for probe in range(PROBES):
        moment = instant(times[(2 * probe + 1) * len(times) // (2 * PROBES)])
        with database.snapshot() as session:
            begun = time.monotonic()
            for item in found.items:
                statement = (
                    item.at_instant(moment)
                    if isinstance(item, LevelScan)
                    else item.window(BEGINNING, moment, closed=True)
                )
                session.rows(*statement, 600.0)
            spent += time.monotonic() - begun
    database.close()
    return spent / PROBES * len(times)


def measure(server: Server, folder: Path, rows: int) -> Result:
    """One size."""
    table = fill(server, rows)
    of, url = settings(folder, table), server.url("postgres")
    tool = shutil.which("promtool")
    if tool is None:
        raise SystemExit("promtool is not on the PATH")
    target = Target(Folder(folder / f"data-{rows}"), None, Program((tool,)))
    end = int(time.time())
    summary = backfill(of, url, target, Wanted(YEAR), say=print, progress=lambda _, __: None)
    times = sample_times(end - YEAR, end, summary.steps, of.time_zone)
    print(f"{rows:,} rows: {summary.seconds:.1f} s", flush=True)
    slow = naive(of, url, times)
    shutil.rmtree(folder / f"data-{rows}")
    return Result(
        rows, summary.times, summary.series, summary.samples, summary.seconds, summary.samples / summary.seconds,
        summary.bytes, summary.bytes / summary.samples, slow, slow / summary.seconds,
    )  # fmt: skip


def main() -> None:
    """Measure each size and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 3_000_000, 10_000_000])
    parser.add_argument("--json", type=Path, help="write the numbers there too")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="wf-history-"))
    folder.chmod(0o711)
    server = Server(folder, newest_programs())
    server.start()
    try:
        results = [measure(server, folder, rows) for rows in arguments.rows]
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(
        f"{'rows':>11} {'series':>7} {'times':>6} {'samples':>11} {'s':>6} {'samples/s':>10} {'MB':>6} {'B/sample':>8} {'naive s':>8} {'ratio':>6}"
    )
    for one in results:
        print(
            f"{one.rows:>11,} {one.series:>7,} {one.times:>6,} {one.samples:>11,} {one.seconds:>6.1f} {one.samples_per_second:>10,.0f}"
            f" {one.bytes / 1e6:>6.1f} {one.bytes_per_sample:>8.2f} {one.naive_seconds:>8.0f} {one.naive_ratio:>6.1f}"
        )
    print(f"naive: one aggregate for each time, measured at {PROBES} times and multiplied")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in results], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
