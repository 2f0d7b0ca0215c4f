"""What is generated against Grafana's published schema of classic dashboards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import dashboards
from tests.dashboards.conftest import Boards

SCHEMA = Path(dashboards.__file__).parent / "schema" / "dashboard.jsonschema.json"


@pytest.fixture(scope="session")
def validator() -> jsonschema.Draft7Validator:
    """A validator of the schema as it is published."""
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.Draft7Validator(schema)


def test_the_schema_refuses(boards: Boards, validator: jsonschema.Draft7Validator) -> None:
    """The schema knows its keys: an unknown one, or a threshold that is the text null, is an error."""
    board = json.loads(json.dumps(boards["calls.json"]))
    board["hideControls"] = False
    assert not validator.is_valid(board)
    board = json.loads(json.dumps(boards["calls.json"]))
    board["panels"][0]["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] = "null"
    assert not validator.is_valid(board)


def test_dashboards_follow_the_schema(boards: Boards, validator: jsonschema.Draft7Validator) -> None:
    """No generated dashboard has a single error."""
    errors = [f"{name}: {list(error.path)}" for name, board in boards.items() for error in validator.iter_errors(board)]
    assert errors == []


def test_dashboards_are_of_the_last_classic_version(boards: Boards) -> None:
    """Grafana need not migrate anything."""
    assert {board["schemaVersion"] for board in boards.values()} == {42}
