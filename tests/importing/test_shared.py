"""Every real dashboard beside the repository: imported or refused with a reason, never a crash."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

import dashboards
from dashboards.compiler import canonical, imported
from generator.importing.record import Record
from generator.importing.run import Importer, files
from tests.real.data import FOLDER

pytestmark = pytest.mark.shared

BOARDS = FOLDER / "dashboards"
SCHEMA = Path(dashboards.__file__).parent / "schema" / "dashboard.jsonschema.json"
REMOTE = 7
"""Resources of the operator that only name where a dashboard is."""


@pytest.fixture(scope="module")
def records() -> dict[str, Record]:
    """The record of every file, by its path."""
    if not BOARDS.is_dir():
        pytest.skip("../shared/data/dashboards is not there")
    importer = Importer("Imported", {})
    return {str(file.relative_to(BOARDS)): importer.file(file, BOARDS, file.name) for file in files(BOARDS)}


def test_every_file_is_imported_or_refused_with_a_reason(records: dict[str, Record]) -> None:
    """Of each folder only what cannot be one is refused."""
    refused = {name: record.reason for name, record in records.items() if record.status == "refused"}
    by_folder = Counter(name.partition("/")[0] for name in refused)

    assert len(records) > 250
    assert all(refused.values())
    # The edge cases refused are dashboards of schema v2 that show nothing; the pair has no layout.
    assert by_folder == {"crd_configmap": REMOTE + 1, "negative": 8, "edge": 2, "v2_conversion_pairs": 1}
    assert sum("nothing is fetched" in str(reason) for reason in refused.values()) == REMOTE - 1


def test_what_is_no_dashboard_is_refused(records: dict[str, Record]) -> None:
    """The folder `negative` gives nothing."""
    assert {record.status for name, record in records.items() if name.startswith("negative/")} == {"refused"}


def test_results_are_of_the_last_version_and_stay(records: dict[str, Record]) -> None:
    """Each has a title, a uid, unique panel ids and version 42, and is a fixed point of the compiler."""
    for name, record in records.items():
        for made in record.made:
            data = json.loads(made.content)
            assert (data["schemaVersion"], data["uid"], data["title"]) == (42, made.uid, made.title), name
            again, _, left_out = imported(data)
            assert canonical(again) == made.content, name
            assert left_out == [], name


def test_results_follow_the_schema_or_say_why_not(records: dict[str, Record]) -> None:
    """Where the published schema has nothing against a result, the report has nothing either; else it says what."""
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    clean = 0
    for name, record in list(records.items())[::6]:
        for made in record.made:
            said = any("not as the schema has it" in line for line in made.attention)
            good = validator.is_valid(json.loads(made.content))
            assert not (good and said), name
            clean += not said
    assert clean > 10


def test_no_query_is_lost(records: dict[str, Record]) -> None:
    """Every PromQL expression of a plain dashboard is in the result as it was."""
    for name, record in records.items():
        if name.endswith(".json") and record.made and "migration_pairs" not in name:
            before = json.loads((BOARDS / name).read_text(encoding="utf-8-sig"))
            after = _expressions(json.loads(record.made[0].content))
            assert _expressions(before) - after == Counter(), name


def _expressions(value: object) -> Counter[str]:
    found: Counter[str] = Counter()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("expr"), str) and "$" not in one["expr"] and not one.get("repeatPanelId"):
                found[one["expr"]] += 1
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found
