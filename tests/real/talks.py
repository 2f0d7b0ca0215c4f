"""Real conversations of agents and real requests to models, put into the reference schema.

tau-bench (gpt-4o, airline): one record is one conversation of tenant `airline` by agent `gpt-4o`. A reward of 1 means that
the goal was reached; a call of the tool `transfer_to_human_agents` that a human took over. The file has no clock: the
conversations begin a minute apart and a message is said each second. A tool call belongs to the assistant's message that
makes it; all ended without an error, as the file has none.

LLMPerf: one file is one run of tenant `llmperf`; the model is the file's name. A request with an error code failed, and its
error has that code as type. Requests end a second apart.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

import exporter.schema
from tests.real.data import file

TALKS: Final = "traffic/taubench_gpt4o_airline.jsonl"
RUNS: Final = "traffic/llmperf/llmperf_bedrock_13b.json"
TRANSFER: Final = "transfer_to_human_agents"
BEGIN: Final = datetime(2024, 6, 20, 9, tzinfo=UTC)
CALLS: Final = "conversation_id, tenant, agent, agent_type, tool, status, ended_at, duration_seconds"
TALK: Final = (
    "id, tenant, agent, agent_type, channel, resolution, started_at, ended_at, duration_seconds, messages, answers, "
    "goal_achieved, handed_off"
)


def conversations() -> list[dict[str, Any]]:
    """The records of the file."""
    return [json.loads(line) for line in file(TALKS).read_text(encoding="utf-8").splitlines()]


def runs() -> dict[str, list[dict[str, Any]]]:
    """The requests of every run, by the name of its file."""
    folder = file(RUNS).parent
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def load(connection: psycopg.Connection[Any]) -> None:
    """The reference schema with both."""
    connection.execute((Path(exporter.schema.__file__).parent / "reference.sql").read_bytes())
    for number, record in enumerate(conversations()):
        _conversation(connection, number, record)
    at = BEGIN
    for model, requests in runs().items():
        for number, request in enumerate(requests):
            at += timedelta(seconds=1)
            _request(connection, f"{model}-{number}", model, request, at)


def _conversation(connection: psycopg.Connection[Any], number: int, record: dict[str, Any]) -> None:
    name, begun = f"{record['task_id']}-{record['trial']}", BEGIN + timedelta(minutes=number)
    messages = record["messages"]
    tools = [
        (place, call["function"]["name"])
        for place, message in enumerate(messages)
        for call in message.get("tool_calls") or ()
    ]
    handed = any(tool == TRANSFER for _, tool in tools)
    goal = record["reward"] == 1
    resolution = "escalated" if handed else "resolved" if goal else "unresolved"
    ended = begun + timedelta(seconds=len(messages))
    answers = sum(message["role"] == "assistant" for message in messages)
    head = (name, "airline", "gpt-4o", "text", "web", resolution, begun, ended, float(len(messages)))
    _insert(connection, "agent_conversations", TALK, (*head, len(messages), answers, goal, handed))
    for place, message in enumerate(messages):
        said = (
            f"{name}-{place}",
            name,
            "airline",
            message["role"],
            message.get("content"),
            begun + timedelta(seconds=place),
        )
        _insert(connection, "conversation_messages", "id, conversation_id, tenant, role, content, sent_at", said)
    for index, (place, tool) in enumerate(tools):
        row = (f"{name}-{index}", name, "airline", "gpt-4o", "text", tool, "ok", begun + timedelta(seconds=place), None)
        _insert(connection, "tool_calls", f"id, {CALLS}", row)


def _request(connection: psycopg.Connection[Any], name: str, model: str, request: dict[str, Any], at: datetime) -> None:
    code = request["error_code"]
    failed = code is not None
    numbers = (None, None, None, None) if failed else (
        request["end_to_end_latency_s"], request["ttft_s"], request["number_input_tokens"], request["number_output_tokens"],
    )  # fmt: skip
    columns = "id, tenant, agent, model, status, ended_at, duration_seconds, time_to_first_token_seconds, input_tokens, output_tokens"
    row = (name, "llmperf", "llmperf", model, "error" if failed else "ok", at, *numbers)
    _insert(connection, "llm_requests", columns, row)
    if failed:
        error = (name, "llmperf", "llmperf", str(code), "llm", at)
        _insert(connection, "error_events", "id, tenant, agent, type, component, occurred_at", error)


def _insert(connection: psycopg.Connection[Any], table: str, columns: str, row: tuple[Any, ...]) -> None:
    marks = ", ".join(["%s"] * len(row))
    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})".encode(), row)
