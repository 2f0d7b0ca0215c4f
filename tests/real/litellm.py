"""Real requests to language models, put into LiteLLM's own tables as its proxy would have written them.

The proxy stores UTC without a zone, in milliseconds; a failure costs nothing and has no tokens; the price comes from
the model's exact name, and a model without a price costs 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg

from tests.real.data import file

SPANS = "traffic/exgentic_agent_llm_spans.jsonl"
PRICES = "traffic/litellm_model_prices.json"
SCHEMA = "schemas/litellm/postgres.sql"

# The price list knows these two deployments under other names than the requests.
ALIASES = {"azure/DeepSeek-V3.2": "azure_ai/deepseek-v3.2", "azure/Kimi-K2.5": "azure_ai/kimi-k2.5"}

COLUMNS = (
    "request_id", "call_type", "spend", "total_tokens", "prompt_tokens", "completion_tokens", "startTime", "endTime",
    "completionStartTime", "model", "model_group", "custom_llm_provider", "cache_hit", "metadata", "team_id", "agent_id",
    "session_id", "status", "request_duration_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Price:
    """Of one token, in US dollars."""

    input: Decimal
    output: Decimal


def spans() -> list[dict[str, Any]]:
    """The requests, as the data set has them."""
    return [json.loads(line) for line in file(SPANS).read_text(encoding="utf-8").splitlines()]


def prices() -> dict[str, Price]:
    """Prices of the models that have one for input and output, by exact name."""
    listed = json.loads(file(PRICES).read_text(encoding="utf-8"), parse_float=Decimal)
    keys = ("input_cost_per_token", "output_cost_per_token")
    return {
        name: Price(*(Decimal(entry[key]) for key in keys))
        for name, entry in listed.items()
        if isinstance(entry, dict) and all(key in entry for key in keys)
    }


def instant(text: str) -> datetime:
    """A time stamp of the data set: those without a zone are in UTC as well (their epoch seconds say so)."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def load(connection: psycopg.Connection[Any], aliases: Mapping[str, str]) -> None:
    """LiteLLM's schema and one row of spend log per request. `aliases` name the entry of the price list for a model."""
    connection.execute(file(SCHEMA).read_text(encoding="utf-8").encode())
    columns = ", ".join(f'"{column}"' for column in COLUMNS)
    statement = f'COPY public."LiteLLM_SpendLogs" ({columns}) FROM STDIN'.encode()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in _rows(aliases):
            copy.write_row(row)
    connection.execute("SET search_path TO public")


def _rows(aliases: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    listed = prices()
    for span in spans():
        model, failed = span["request_model"], span["is_error"]
        started, ended = (_stored(span[key]) for key in ("start_time_iso", "end_time_iso"))
        tokens = span["input_tokens"], span["output_tokens"]
        price = listed.get(aliases.get(model, model))
        # The proxy computes in floating point.
        spend = tokens[0] * float(price.input) + tokens[1] * float(price.output) if price and not failed else 0.0
        status = "failure" if failed else "success"
        yield (
            span["span_id"], "acompletion", spend, sum(tokens), *tokens, started, ended,
            ended, model, model, model.split("/")[0], "False", json.dumps({"status": status}), span["benchmark"],
            span["harness"], span["session_id"], status, round(span["duration_ms"]),
        )  # fmt: skip


def _stored(text: str) -> datetime:
    return instant(text).astimezone(UTC).replace(tzinfo=None)
