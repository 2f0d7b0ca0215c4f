"""How long an import of the real dashboards takes, and what came of them: `python -m bench.imports`, from process start to the last byte."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.importing.pairs import compare, pairs
from tests.real.data import FOLDER

RUNS = 3
BOARDS = FOLDER / "dashboards"


def main() -> None:
    """Print the table."""
    best, memory = 999.0, 0
    records: list[dict[str, object]] = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "generator", "import", str(BOARDS), "--json"],
                capture_output=True,
                cwd=folder,
                check=False,
                env={"PYTHONPATH": str(Path(__file__).parents[1])},
            )
            best = min(best, time.perf_counter() - start)
            records = json.loads(done.stdout)
            memory = max(memory, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
    states = Counter(str(record["status"]) for record in records)
    clean = sum(
        record["status"] == "imported" and not any("not as the schema" in line for line in list(record["attention"]))
        for record in records
    )  # type: ignore[call-overload]
    found = {name: compare(*pair) for name, pair in pairs(BOARDS / "migration_pairs").items()}
    print(f"| files | {len(records)} |")
    print(f"| imported, refused | {states['imported']}, {states['refused']} |")
    print(f"| results without a difference from the published schema | {clean} |")
    print(f"| best of {RUNS}, from process start | {best:.2f} s |")
    print(f"| largest process | {memory} MB |")
    print(f"| migration pairs equal in the one form | {sum(not one for one in found.values())} of {len(found)} |")


if __name__ == "__main__":
    main()
