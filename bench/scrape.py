"""What a scrape costs: ours, query-exporter and postgres_exporter on the same tables, interleaved in one run.

Exit code 1 when a target is missed or the exporters do not agree about the totals.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import parts, report, subjects
from bench.data import Calls
from bench.server import Server, newest_programs
from bench.subjects import Subject

SETTLES = (60, 600)
IDLE_SECONDS = 30.0


def main() -> int:
    """Run, print the table, write the JSON."""
    options = _options()
    sizes = sorted({int(word) for word in options.rows.split(",")})
    with tempfile.TemporaryDirectory(prefix="watchfloor-bench-", dir=options.directory) as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        server = Server(folder, options.postgres or newest_programs())
        stack.callback(server.stop)
        server.start()
        program = subjects.find_query_exporter(options.keep or folder)
        calls = Calls(server, sizes)
        _say(f"filling tables of {', '.join(f'{size:,}' for size in sizes)} calls")
        calls.build()
        calls.live()
        stack.callback(calls.stop)
        found = _subjects(server, folder, sizes, program)
        for subject in found:
            stack.callback(subject.stop)
        agree = _prepare(found, calls, sizes)
        _measure(server, found, options.rounds)
        numbers = report.Numbers(
            found,
            _background(server, [subject for subject in found if subject.rows == sizes[-1]][: len(SETTLES)]),
            parts.start_with_state(found[-4], 5),
            _herd(server, folder, sizes[0], stack),
            parts.rendering(15),
            parts.command_line(7),
        )
        document = report.document(numbers, _versions(program, server))
    print(report.table(numbers))
    if options.json is not None:
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0 if agree and all(target.kept for target in report.targets(numbers)) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scrape", description=__doc__)
    parser.add_argument("--rows", default="1000000,10000000", help="sizes of the tables, with commas between")
    parser.add_argument("--rounds", type=int, default=7, help="scrapes of each exporter")
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    parser.add_argument("--keep", type=Path, help="keep query-exporter's virtual environment in this folder")
    parser.add_argument(
        "--directory", type=Path, default=None, help="where the database goes (2.5 GB for ten million rows)"
    )
    parser.add_argument(
        "--postgres", type=Path, help="folder of PostgreSQL's programs; else Debian's, else the embedded ones"
    )
    return parser.parse_args()


def _subjects(server: Server, folder: Path, sizes: Sequence[int], program: Path) -> list[Subject]:
    found = []
    for rows in sizes:
        found += [subjects.ours(server, folder, rows, settle) for settle in SETTLES]
        found.append(subjects.query_exporter(server, folder, rows, program))
        found.append(subjects.postgres_exporter(server, folder, rows))
    return found


def _prepare(found: Sequence[Subject], calls: Calls, sizes: Sequence[int]) -> bool:
    """Start everything, and see that all give the same totals of one moment."""
    for subject in found:
        begun = time.monotonic()
        subject.start()
        subject.wait(300)
        _say(f"{subject.name}, {subject.rows:,} rows: first metrics after {time.monotonic() - begun:.1f} s")
    agree = True
    with calls.still():
        time.sleep(0.2)
        for rows in sizes:
            totals = [(subject.name, subjects.totals(subject.wait(60))) for subject in found if subject.rows == rows]
            agree = not report.differences(totals, _say) and agree
            _say(f"{rows:,} rows: {totals[0][1]}")
    return agree


def _measure(server: Server, found: Sequence[Subject], rounds: int) -> None:
    for number in range(rounds):
        for subject in found:
            subject.measure(server)
        _say(
            f"round {number + 1} of {rounds}: " + ", ".join(f"{s.scrapes[-1].latency * 1e3:.0f}" for s in found) + " ms"
        )


def _background(server: Server, own: Sequence[Subject]) -> dict[str, float]:
    """PostgreSQL's processor time per second for sealing, without any scrape."""
    before = [server.cpu(subject.role) for subject in own]
    begun = time.monotonic()
    time.sleep(IDLE_SECONDS)
    seconds = time.monotonic() - begun
    return {s.name: (server.cpu(s.role) - value) / seconds for s, value in zip(own, before, strict=True)}


def _herd(server: Server, folder: Path, rows: int, stack: ExitStack) -> tuple[int, int]:
    """Statements of one scraper and of ten at once; sealing is held off so that it adds none."""
    subject = subjects.ours(server, folder, rows, SETTLES[0], seal_interval=3600)
    stack.callback(subject.stop)
    subject.start()
    subject.wait(120)
    time.sleep(2.0)
    return parts.statements(server, subject, 1), parts.statements(server, subject, 10)


def _versions(program: Path, server: Server) -> dict[str, str]:
    with server.admin() as connection:
        row = connection.execute("SHOW server_version").fetchone()
    peer = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    return {"postgresql": row[0] if row else "", "query_exporter": peer}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
