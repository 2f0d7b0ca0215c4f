"""840 real operations of an agent runtime, read through a mapping of their own: totals equal the file."""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from exporter.metrics.agents import TASK_DURATION, TASK_DURATION_BY_KIND, TASKS_ENDED, TASKS_STARTED
from tests.real.conftest import NewDatabase
from tests.real.data import expected, file
from tests.real.once import scrape
from tests.samples import Samples

pytestmark = pytest.mark.shared

OPERATIONS: Final = "traffic/lightcap_agent_tool_operations.jsonl"
MAPPING: Final = Path(__file__).parent / "mappings" / "lightcap.yml"
COLUMNS: Final = ("tool_name", "status", "error_type", "duration_ms", "created_at_iso", "updated_at_iso")


def operations() -> list[dict[str, Any]]:
    """The lines of the file."""
    return [json.loads(line) for line in file(OPERATIONS).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def samples(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """The operations in a table of their own, and a scrape of it."""
    database = new_database()
    with database.connect() as connection:
        connection.execute(
            b"CREATE TABLE operations (tool_name text, status text, error_type text, duration_ms double precision,"
            b" created_at timestamptz, updated_at timestamptz)"
        )
        with connection.cursor().copy(b"COPY operations FROM STDIN") as copy:
            for row in operations():
                copy.write_row([row[name] for name in COLUMNS])
    folder = tmp_path_factory.mktemp("lightcap")
    return scrape(folder, database.url, {"mapping": str(MAPPING)})


def test_totals_equal_the_file(samples: Samples) -> None:
    """Tasks, failures and kinds equal what was counted straight from the file."""
    wanted = expected("lightcap")
    ended = samples.sum(TASKS_ENDED.name, "status")
    errors = wanted["error_types"]
    assert samples.value(TASKS_STARTED.name) == wanted["rows"] == 840
    assert ended == {
        ("completed",): wanted["status"]["ok"],
        ("timeout",): errors["TimeoutError"],
        ("failed",): wanted["status"]["error"] - errors["TimeoutError"],
    }
    assert len(samples.sum(TASKS_ENDED.name, "task")) == wanted["tools"]


def test_each_kind_and_its_time(samples: Samples) -> None:
    """Each tool's count and seconds of completed operations, by Python over the file."""
    fine = [row for row in operations() if row["status"] == "ok"]
    counts = Counter(row["tool_name"] for row in fine)
    assert samples.sum(TASK_DURATION_BY_KIND.count, "task") == {(name,): count for name, count in counts.items()}
    for (name,), seconds in samples.sum(TASK_DURATION_BY_KIND.sum, "task").items():
        assert seconds == pytest.approx(
            math.fsum(row["duration_ms"] / 1000 for row in fine if row["tool_name"] == name), rel=1e-9
        )
    quick = sum(row["duration_ms"] <= 5000 for row in fine)
    (bound,) = {labels["le"] for labels, _ in samples.of(TASK_DURATION.bucket) if float(labels["le"]) == 5}
    assert samples.value(TASK_DURATION.bucket, le=bound) == quick


def test_the_file_is_in_order() -> None:
    """No operation ends before it begins, or its duration would be anybody's guess."""
    for row in operations():
        assert datetime.fromisoformat(row["created_at_iso"]) <= datetime.fromisoformat(row["updated_at_iso"])
