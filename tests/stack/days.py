"""Main metrics of every domain at every day boundary: `query_range` of a Prometheus against plain SQL.

`python -m tests.stack.days PROMETHEUS DATABASE DAYS` does it for a stack that runs.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import requests

DAY = 86400


@dataclass(frozen=True)
class Counted:
    """What a metric counts: rows of a table by a time, or a sum over them."""

    domain: str
    metric: str
    table: str
    at: str
    number: str = "count(*)"
    where: str = "true"


MAIN = (
    Counted("calls", "calls_initiated_total", "call_sessions", "initiated_at"),
    Counted("calls", "calls_answered_total", "call_sessions", "answered_at"),
    Counted("calls", "calls_completed_total", "call_sessions", "ended_at"),
    Counted("calls", "call_duration_seconds_count", "call_sessions", "ended_at", where="duration_seconds >= 0"),
    Counted("calls", 'call_duration_seconds_bucket{le="60.0"}', "call_sessions", "ended_at", where="duration_seconds BETWEEN 0 AND 60"),
    Counted("conversations", "conversations_started_total", "agent_conversations", "started_at"),
    Counted("conversations", "conversations_ended_total", "agent_conversations", "ended_at"),
    Counted("conversations", "conversation_messages_total", "agent_conversations", "ended_at", "sum(messages)"),
    Counted("conversations", "messages_total", "conversation_messages", "sent_at"),
    Counted("pipeline", "llm_requests_total", "llm_requests", "ended_at"),
    Counted("pipeline", 'llm_requests_total{status="error"}', "llm_requests", "ended_at", where="status = 'error'"),
    Counted("pipeline", 'llm_tokens_total{kind="output"}', "llm_requests", "ended_at", "sum(output_tokens)"),
    Counted("pipeline", "tool_calls_total", "tool_calls", "ended_at"),
    Counted("pipeline", "turns_total", "turns", "ended_at"),
    Counted("pipeline", "errors_total", "error_events", "occurred_at"),
    Counted("agents", "agent_tasks_started_total", "agent_executions", "started_at"),
    Counted("agents", "agent_tasks_ended_total", "agent_executions", "ended_at"),
    Counted("cost", 'llm_cost_usd_total{source="recorded"}', "llm_requests", "ended_at", "sum(cost_usd)"),
    Counted("revenue", "clients_joined_total", "tenants", "created_at"),
    Counted("revenue", "invoiced_usd_total", "invoices", "issued_at", "sum(amount_usd)"),
    Counted("satisfaction", "feedback_score_count", "agent_feedback", "created_at", "count(score)"),
    Counted("satisfaction", "conversation_sentiment_ratio_count", "agent_conversations", "ended_at", "count(sentiment)"),
    Counted("content", "questions_total", "questions", "asked_at"),
    Counted("leads", "leads_created_total", "leads", "created_at"),
    Counted("leads", "leads_converted_total", "leads", "converted_at"),
    Counted("leads", "appointments_booked_total", "appointments", "booked_at"),
    Counted("behaviour", "usage_events_total", "usage_events", "occurred_at"),
    Counted("experiments", "experiment_exposures_total", "experiment_exposures", "exposed_at"),
    Counted("health", "health_checks_total", "health_checks", "checked_at"),
    Counted("health", "incidents_total", "incidents", "started_at"),
)  # fmt: skip


def shown(prometheus: str, one: Counted, start: float, end: float) -> dict[float, float]:
    """The metric's sum at each day boundary that has samples."""
    query: dict[str, str | float] = {"query": f"sum({one.metric})", "start": start, "end": end, "step": DAY}
    answer = requests.get(f"{prometheus}/api/v1/query_range", query, timeout=60).json()
    assert answer["status"] == "success", answer
    return {float(stamp): float(value) for item in answer["data"]["result"] for stamp, value in item["values"]}


def counted(connection: psycopg.Connection[Any], one: Counted) -> dict[float, float]:
    """What the rows of each day add up to, by the boundary at its end; a row at the boundary itself belongs to the day before."""
    rows = connection.execute(
        f"SELECT ceil(extract(epoch FROM {one.at}) / {DAY})::bigint * {DAY}, {one.number} FROM {one.table} "
        f"WHERE {one.at} IS NOT NULL AND {one.where} GROUP BY 1 ORDER BY 1".encode()
    ).fetchall()
    return {float(boundary): float(number or 0) for boundary, number in rows}


def differences(prometheus: str, database: str, days: int) -> Iterator[str]:
    """A line for each boundary at which Prometheus and the rows differ; nothing is shown before a metric's first row."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    boundaries = [(today - timedelta(days=ago)).timestamp() for ago in range(days - 1, -1, -1)]
    with psycopg.connect(database, options="-c default_transaction_read_only=on -c TimeZone=UTC") as connection:
        for one in MAIN:
            daily, found = counted(connection, one), shown(prometheus, one, boundaries[0], boundaries[-1])
            for boundary in boundaries:
                value = found.get(boundary, 0.0)
                expected = math.fsum(number for at, number in daily.items() if at <= boundary)
                # Sums of money are added up as floating-point numbers, in another order.
                if not (math.isclose(value, expected, rel_tol=1e-9) if "_usd" in one.metric else value == expected):
                    yield f"{one.metric} at {datetime.fromtimestamp(boundary, UTC):%F}: {value:.15g}, rows {expected:.15g}"


def main() -> int:
    """Print every difference, and how much was compared."""
    prometheus, database, days = sys.argv[1:]
    found = list(differences(prometheus, database, int(days)))
    sys.stdout.write("\n".join([*found, f"{len(MAIN)} metrics at {days} day boundaries: {len(found)} differences\n"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
