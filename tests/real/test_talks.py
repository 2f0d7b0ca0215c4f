"""96 real conversations of tau-bench and 1350 real model requests of LLMPerf: totals equal those counted from the files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from generator.cli import cli
from tests.conftest import Postgres
from tests.real import talks
from tests.real.conftest import NewDatabase
from tests.real.data import expected
from tests.real.once import scrape
from tests.samples import Samples

pytestmark = [pytest.mark.shared]


@pytest.fixture(scope="module")
def database(new_database: NewDatabase) -> Postgres:
    """Both in one database."""
    found = new_database()
    with found.connect() as connection:
        talks.load(connection)
    return found


@pytest.fixture(scope="module")
def samples(database: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """One scrape of it."""
    return scrape(tmp_path_factory.mktemp("talks"), database.url, {})


def test_outcomes_and_hand_overs(samples: Samples) -> None:
    """Conversations, goals, messages and transfers, as counted from the file."""
    wanted = expected("taubench_gpt4o_airline")
    for name, key in (
        ("conversations_started_total", "conversations"),
        ("conversations_ended_total", "conversations"),
        ("conversation_goals_known_total", "conversations"),
        ("conversation_goals_achieved_total", "reward_1"),
        ("conversation_handoffs_total", "transfers"),
        ("conversation_messages_total", "messages"),
        ("tool_calls_total", "tool_calls"),
    ):
        assert samples.value(name, tenant="airline") == wanted[key], name
    assert samples.value("conversations_ended_total", resolution="escalated") == wanted["transfers"]
    assert samples.value("conversation_answers_total", tenant="airline") == wanted["roles"]["assistant"]
    roles = samples.sum("messages_total", "role", tenant="airline")
    assert roles == {(role,): count for role, count in wanted["roles"].items()}


def test_tools(samples: Samples) -> None:
    """Every tool by its name; the one that hands over was called at least once in each conversation handed over."""
    wanted = Counter(
        call["function"]["name"]
        for record in talks.conversations()
        for message in record["messages"]
        for call in message.get("tool_calls") or ()
    )
    assert samples.sum("tool_calls_total", "tool", tenant="airline") == {(tool,): n for tool, n in wanted.items()}
    assert wanted[talks.TRANSFER] >= expected("taubench_gpt4o_airline")["transfers"]


def test_requests_and_errors(samples: Samples) -> None:
    """Requests by model and status, errors by code, tokens and seconds of those that succeeded."""
    runs = talks.runs()
    requests = {
        (model, status): sum((one["error_code"] is not None) == (status == "error") for one in found)
        for model, found in runs.items()
        for status in ("ok", "error")
    }
    found = samples.sum("llm_requests_total", "model", "status", tenant="llmperf")
    assert found == {key: count for key, count in requests.items() if count}
    every = [one for found in runs.values() for one in found]
    fine = [one for one in every if one["error_code"] is None]
    assert (len(every), len(every) - len(fine)) == (1350, 148), "the numbers of the data sets' own list"
    codes = Counter(str(one["error_code"]) for one in every if one["error_code"] is not None)
    assert samples.sum("errors_total", "type", component="llm") == {(code,): count for code, count in codes.items()}
    for kind, key in (("input", "number_input_tokens"), ("output", "number_output_tokens")):
        assert samples.value("llm_tokens_total", tenant="llmperf", kind=kind) == sum(one[key] for one in fine)
    seconds = samples.value("llm_request_duration_seconds_sum", tenant="llmperf")
    assert seconds == pytest.approx(sum(one["end_to_end_latency_s"] for one in fine), rel=1e-9)
    assert samples.value("llm_request_duration_seconds_count", tenant="llmperf") == len(fine)


def test_transcripts_are_those_of_the_file(database: Postgres, tmp_path: Path) -> None:
    """Every word of a conversation in order, through the command."""
    (tmp_path / "watchfloor.yml").write_text("{}\n", encoding="utf-8")
    record = talks.conversations()[0]
    name = f"{record['task_id']}-{record['trial']}"
    words = ["--config", str(tmp_path / "watchfloor.yml"), "transcripts", name, "--format", "text"]
    result = CliRunner().invoke(cli, words, env={"ANALYTICS_DATABASE_URL": database.url})
    assert result.exit_code == 0, result.output
    said = [line for line in result.stdout.splitlines() if line.startswith("[")]
    assert len(said) == len(record["messages"])
    first = record["messages"][0]["content"].splitlines()[0]
    assert said[0] == f"[00:00] user: {first}"
