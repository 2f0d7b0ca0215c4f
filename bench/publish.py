"""Writes what was measured into the documentation: `python -m bench.publish` after a run with `--json bench/results/NAME.json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from bench import alerting, outcome, storm

ROOT: Final = Path(__file__).resolve().parents[1]
RESULTS: Final = ROOT / "bench" / "results"
PAGE: Final = ROOT / "docs" / "delivery.md"
Table = Callable[[Iterable[dict[str, Any]]], str]
TABLES: Final[dict[str, Table]] = {"alerting": alerting.table, "faults": outcome.table, "storm": storm.table}


def page() -> str:
    """The page with the tables of the newest results."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        rows = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))["rows"]
        text = f"{head}{begin}\n{table(rows)}\n{end}{tail}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
