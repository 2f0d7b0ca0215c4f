"""`watchfloor recommend` as a person and as a program run it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from generator.cli import cli
from tests.recommend.conftest import Rows


def _run(rows: Rows, *words: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setenv("ANALYTICS_DATABASE_URL", rows.url)
    return CliRunner().invoke(cli, ["recommend", *words])


def _agents(rows: Rows) -> None:
    """Rows of now, since the command looks now: one agent half set up, one fully."""
    from datetime import UTC, datetime

    head = {"tenant": "acme", "agent_type": "voice", "status": "active", "created_at": datetime.now(UTC)}
    rows.add(
        "agents", {"id": "ann [b]", **head, "configured_ratio": 0.5}, {"id": "ben", **head, "configured_ratio": 0.7}
    )


def test_a_table_with_reasons(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, the most urgent first, with id, reason and action; names are printed as they are."""
    _agents(rows)
    result = _run(rows, monkeypatch=monkeypatch)
    assert result.exit_code == 1, result.output
    lines = result.output.splitlines()
    assert lines[0] == "MEDIUM An agent is not fully set up  incomplete_configuration/acme/ann [b]"
    assert lines[1] == "  Why: 50% of the agent's settings are filled in; at least 80% should be."
    assert lines[6].startswith("LOW ")
    assert lines[-1] == "2 recommendations from 4 things looked at."


def test_records_for_machines(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON with every field of the specification."""
    _agents(rows)
    said = json.loads(
        _run(
            rows, "--json", "--priority", "medium", "--tenant", "acme", "--tenant", "x", monkeypatch=monkeypatch
        ).output
    )
    (found,) = said["recommendations"]
    assert found == {
        "id": "incomplete_configuration/acme/ann [b]", "title": "An agent is not fully set up", "priority": "medium",
        "category": "quick_win", "component": "configuration", "tenant": "acme", "agent": "ann [b]",
        "issue": "The agent falls back where its settings are empty.", "confidence": 1.0,
        "action": "Fill in the settings that are missing: greeting, hours, hand-over, knowledge.",
        "impact": "Fewer fallbacks for an hour of work.", "observed": 0.5, "expected": 0.8, "unit": "ratio",
        "why": "50% of the agent's settings are filled in; at least 80% should be.", "rule": "incomplete_configuration",
        "numbers": {"configured": 0.5, "limit": 0.8},
    }  # fmt: skip
    assert said["looked_at"] == 4, "two rules at two agents"


def test_nothing_to_do(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 0, and it says that it looked at nothing."""
    result = _run(rows, monkeypatch=monkeypatch)
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "0 recommendations from 0 things looked at.")
    assert _run(rows, "--tenant", "other", monkeypatch=monkeypatch).exit_code == 0


def test_a_fault_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """No database, no traceback, no password."""
    monkeypatch.setenv("ANALYTICS_DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/x")
    result = CliRunner().invoke(cli, ["recommend"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: cannot connect to the database")
    assert "s3cret" not in result.output
