"""The peers' statements and configuration files, and our mapping: the same metrics of the same table for all three.

The peers' SQL is the fastest that was found: buckets as count(*) FILTER (WHERE ... <= bound), never a GROUP BY on a
computed bucket (which makes PostgreSQL sort).
"""

from __future__ import annotations

from typing import Any, Final

from exporter.metric import EventMetric, Level, Metric
from exporter.metrics import CATALOGUE
from exporter.metrics.calls import ACTIVE_CALLS, CALL_BOUNDS, CALL_DURATION, CALLS_COMPLETED
from exporter.metrics.cost import LLM_COST
from exporter.metrics.pipeline import LLM_TOKENS

KEPT: Final[tuple[Metric, ...]] = (CALLS_COMPLETED, CALL_DURATION, ACTIVE_CALLS, LLM_TOKENS, LLM_COST)
"""The metrics that are compared."""

COMPLETED: Final = "SELECT tenant, agent, channel, outcome, count(*) AS {value} FROM {table} WHERE ended_at IS NOT NULL GROUP BY 1, 2, 3, 4"
ACTIVE: Final = (
    "SELECT tenant, agent, channel, count(*) AS {value} FROM {table} WHERE ended_at IS NULL GROUP BY 1, 2, 3"
)
SUMS: Final = """count(*) AS call_duration_seconds_count, sum(duration_seconds) AS call_duration_seconds_sum,
    sum(tokens_in) AS input_tokens_total, sum(tokens_out) AS output_tokens_total, sum(cost_usd) AS cost_usd_total"""
BUCKETS: Final = ", ".join(
    f"count(*) FILTER (WHERE duration_seconds <= {bound}) AS b{n}" for n, bound in enumerate(CALL_BOUNDS)
)
BY_AGENT: Final = "FROM {table} WHERE ended_at IS NOT NULL GROUP BY 1, 2"
ALL_BUCKETS: Final = ", ".join([*(f"b{n}" for n in range(len(CALL_BOUNDS))), "call_duration_seconds_count"])


def mapping(table: str) -> dict[str, Any]:
    """Our mapping: calls, and requests to language models, from one table."""
    who = {"tenant": "tenant", "agent": "agent", "ended_at": "ended_at"}
    call = {
        **who,
        "channel": "channel",
        "outcome": "outcome",
        "initiated_at": "initiated_at",
        "duration": "duration_seconds",
    }
    request = {**who, "input_tokens": "tokens_in", "output_tokens": "tokens_out", "cost": "cost_usd"}
    entities = {"call": {"table": table, "columns": call}, "llm_request": {"table": table, "columns": request}}
    return {"version": 1, "name": "bench", "entities": entities}


def disabled() -> list[str]:
    """Metrics of these tables that the peers do not give."""
    return [m.base for m in CATALOGUE if isinstance(m, (EventMetric, Level)) and m not in KEPT]


def query_exporter(table: str, dsn: str) -> dict[str, Any]:
    """Configuration of query-exporter. Its own histogram counts every row again at each scrape, so buckets are gauges."""
    who = ["tenant", "agent"]
    sums = [
        "call_duration_seconds_count",
        "call_duration_seconds_sum",
        "input_tokens_total",
        "output_tokens_total",
        "cost_usd_total",
    ]
    metrics = {
        "calls_completed_total": {"type": "counter", "labels": [*who, "channel", "outcome"]},
        "active_calls": {"type": "gauge", "labels": [*who, "channel"]},
        "call_duration_seconds_bucket": {"type": "gauge", "labels": [*who, "le"]},
        **{sum_: {"type": "gauge", "labels": who} for sum_ in sums},
    }
    bounds = ", ".join(f"'{bound}'" for bound in (*CALL_BOUNDS, "+Inf"))
    buckets = f"""SELECT tenant, agent, le, call_duration_seconds_bucket FROM (
        SELECT tenant, agent, count(*) AS call_duration_seconds_count, {BUCKETS} {BY_AGENT.format(table=table)}) AS agents,
        LATERAL unnest(ARRAY[{bounds}], ARRAY[{ALL_BUCKETS}]) AS bucket(le, call_duration_seconds_bucket)"""
    queries = {
        "completed": (["calls_completed_total"], COMPLETED.format(table=table, value="calls_completed_total")),
        "buckets": (["call_duration_seconds_bucket"], buckets),
        "sums": (sums, f"SELECT tenant, agent, {SUMS} {BY_AGENT.format(table=table)}"),
        "active": (["active_calls"], ACTIVE.format(table=table, value="active_calls")),
    }
    return {
        "databases": {"db": {"dsn": dsn}},
        "metrics": metrics,
        "queries": {
            key: {"databases": ["db"], "metrics": names, "sql": text} for key, (names, text) in queries.items()
        },
    }


def postgres_exporter(table: str) -> dict[str, Any]:
    """Custom queries of postgres_exporter: real counters and histograms, one pass fewer than query-exporter needs."""

    def labels(*names: str) -> list[dict[str, Any]]:
        return [{label: {"usage": "LABEL", "description": label}} for label in names]

    def values(usage: str, *names: str) -> list[dict[str, Any]]:
        return [{value: {"usage": usage, "description": value}} for value in names]

    arrays = f"ARRAY[{', '.join(str(bound) for bound in CALL_BOUNDS)}] AS duration_seconds, ARRAY[{ALL_BUCKETS.rsplit(',', 1)[0]}]"
    by_agent = f"""SELECT tenant, agent, {arrays} AS duration_seconds_bucket, call_duration_seconds_sum AS duration_seconds_sum,
        call_duration_seconds_count AS duration_seconds_count, input_tokens_total, output_tokens_total, cost_usd_total
        FROM (SELECT tenant, agent, {SUMS}, {BUCKETS} {BY_AGENT.format(table=table)}) AS agents"""
    return {
        "calls": {
            "query": COMPLETED.format(table=table, value="completed_total"),
            "metrics": [*labels("tenant", "agent", "channel", "outcome"), *values("COUNTER", "completed_total")],
        },
        "call": {
            "query": by_agent,
            "metrics": [
                *labels("tenant", "agent"),
                *values("HISTOGRAM", "duration_seconds"),
                *values("COUNTER", "input_tokens_total", "output_tokens_total", "cost_usd_total"),
            ],
        },
        "active": {
            "query": ACTIVE.format(table=table, value="calls"),
            "metrics": [*labels("tenant", "agent", "channel"), *values("GAUGE", "calls")],
        },
    }
