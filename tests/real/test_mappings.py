"""Mappings that users write for other systems: rows in those systems' own schemas, held against plain SQL.

Each system has here its mapping and its rows (`mappings/SYSTEM.yml` and `.sql`) and, below, one plain statement per
metric that gives labels and number; for a histogram labels and value, row by row. All of a metric's series are compared.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from math import fsum, inf
from pathlib import Path
from typing import Any, Final

import pytest

from exporter.metric import Distribution
from exporter.metrics import CATALOGUE
from exporter.settings import load as load_settings
from tests.real.conftest import NewDatabase
from tests.real.data import file
from tests.real.once import scrape
from tests.samples import Samples

pytestmark = pytest.mark.shared

MAPPINGS: Final = Path(__file__).parent / "mappings"
Rows = list[tuple[Any, ...]]
Recount = tuple[tuple[str, ...], str]

EXTENSION: Final = re.compile(r"CREATE EXTENSION |CREATE INDEX .* USING gin .*(_trgm_|uuid)")
UUID: Final = "CREATE FUNCTION public.uuid_generate_v4() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';"

DOGRAH_CALL: Final = """
    FROM workflow_runs r JOIN workflows w ON w.id = r.workflow_id LEFT JOIN campaigns c ON c.id = r.campaign_id"""
DOGRAH_LABELS: Final = """
    w.organization_id, w.name, CASE r.mode WHEN 'smallwebrtc' THEN 'web' ELSE 'phone' END, coalesce(c.name, 'unknown')"""
GENERATION: Final = "FROM observations WHERE type = 'GENERATION' AND end_time <= now() AT TIME ZONE 'UTC'"
LANGFUSE_WHO: Final = "project_id, name, coalesce(internal_model, model)"
RESOLVED: Final = """
    FROM (SELECT conversation_id AS id, min(event_end_time) AS ended FROM reporting_events WHERE name = 'conversation_resolved'
          GROUP BY 1) AS e JOIN conversations c USING (id)"""
LUNARY: Final = "FROM run WHERE type = 'llm' AND NOT is_deleted AND ended_at IS NOT NULL"

RECOUNTS: Final[dict[str, dict[str, Recount]]] = {
    "dograh": {
        "calls_initiated_total": (
            ("tenant", "agent", "channel", "campaign"),
            f"SELECT {DOGRAH_LABELS}, count(*) {DOGRAH_CALL} GROUP BY 1, 2, 3, 4",
        ),
        "calls_completed_total": (
            ("tenant", "agent", "channel", "campaign", "outcome"),
            f"""SELECT {DOGRAH_LABELS}, coalesce(r.gathered_context ->> 'mapped_call_disposition', 'unknown'), count(*)
                {DOGRAH_CALL} WHERE is_completed GROUP BY 1, 2, 3, 4, 5""",
        ),
        "call_duration_seconds": (
            ("agent",),
            f"SELECT w.name, r.usage_info ->> 'call_duration_seconds' {DOGRAH_CALL} WHERE is_completed",
        ),
        "active_calls": ((), "SELECT count(*) FROM workflow_runs WHERE NOT is_completed"),
        "queued_calls": (
            ("campaign",),
            """SELECT c.name, count(*) FROM queued_runs q JOIN campaigns c ON c.id = campaign_id
               WHERE processed_at IS NULL AND scheduled_for IS NULL GROUP BY 1""",
        ),
        "campaign_status": (
            ("tenant", "campaign"),
            "SELECT organization_id, name, (completed_at IS NULL)::int FROM campaigns WHERE started_at IS NOT NULL",
        ),
    },
    "langfuse_v2": {
        "llm_requests_total": (
            ("tenant", "agent", "model", "status"),
            f"""SELECT {LANGFUSE_WHO}, CASE level WHEN 'ERROR' THEN 'error' ELSE 'ok' END, count(*)
                {GENERATION} GROUP BY 1, 2, 3, 4""",
        ),
        "llm_request_duration_seconds": (
            ("model",),
            f"""SELECT coalesce(internal_model, model), extract(epoch FROM end_time - start_time)
                {GENERATION} AND level <> 'ERROR'""",
        ),
        "llm_time_to_first_token_seconds": (
            (),
            f"""SELECT extract(epoch FROM completion_start_time - start_time)
                {GENERATION} AND level <> 'ERROR' AND completion_start_time IS NOT NULL""",
        ),
        "llm_tokens_total": (
            ("model", "kind"),
            f"""SELECT coalesce(internal_model, model), kind, sum(number)
                FROM (SELECT * {GENERATION}) AS o, LATERAL (VALUES ('input', prompt_tokens), ('output', completion_tokens)) AS k(kind, number)
                GROUP BY 1, 2""",
        ),
        "llm_cost_usd_total": (("tenant",), f"SELECT project_id, sum(calculated_total_cost) {GENERATION} GROUP BY 1"),
        "llm_unpriced_requests_total": (
            ("tenant", "reason"),
            f"""SELECT project_id, 'no_price', count(*) {GENERATION} AND calculated_total_cost IS NULL AND total_tokens > 0
                GROUP BY 1""",
        ),
        "tool_calls_total": (
            ("tool",),
            "SELECT name, count(*) FROM observations WHERE type = 'SPAN' AND end_time <= now() AT TIME ZONE 'UTC' GROUP BY 1",
        ),
        "errors_total": (
            ("type", "component"),
            """SELECT coalesce(status_message, 'unknown'),
               CASE type WHEN 'GENERATION' THEN 'llm' WHEN 'SPAN' THEN 'tool' ELSE 'other' END, count(*)
               FROM observations WHERE level = 'ERROR' AND end_time <= now() AT TIME ZONE 'UTC' GROUP BY 1, 2""",
        ),
    },
    "lunary": {
        "llm_requests_total": (
            ("tenant", "agent", "model", "status"),
            f"""SELECT project_id, tags[1], name, CASE status WHEN 'success' THEN 'ok' ELSE 'error' END, count(*) {LUNARY}
                GROUP BY 1, 2, 3, 4""",
        ),
        "llm_request_duration_seconds": (
            ("model",),
            f"SELECT name, extract(epoch FROM ended_at - created_at) {LUNARY} AND status = 'success'",
        ),
        "llm_tokens_total": (
            ("kind",),
            f"""SELECT 'input', sum(prompt_tokens) - sum(cached_prompt_tokens) {LUNARY} UNION ALL
                SELECT 'cached_input', sum(cached_prompt_tokens) {LUNARY} UNION ALL
                SELECT 'output', sum(completion_tokens) {LUNARY}""",
        ),
        "llm_cost_usd_total": (("model",), f"SELECT name, sum(cost::numeric) {LUNARY} GROUP BY 1"),
        "llm_unpriced_requests_total": ((), f"SELECT count(*) {LUNARY} AND cost IS NULL AND prompt_tokens > 0"),
        "tool_call_duration_by_tool_seconds": (
            ("tool",),
            """SELECT name, extract(epoch FROM ended_at - created_at) FROM run
               WHERE type = 'tool' AND status = 'success' AND ended_at IS NOT NULL""",
        ),
    },
    "chatwoot": {
        "conversations_started_total": (
            ("tenant", "agent", "channel"),
            """SELECT account_id, coalesce(nullif(assignee_agent_bot_id, 0)::text, 'unknown'), inbox_id, count(*) FROM conversations
               GROUP BY 1, 2, 3""",
        ),
        "conversations_ended_total": (
            ("tenant", "resolution"),
            f"SELECT account_id, 'resolved', count(*) {RESOLVED} GROUP BY 1",
        ),
        "conversation_duration_seconds": (
            ("tenant",),
            f"SELECT account_id, extract(epoch FROM ended - created_at) {RESOLVED}",
        ),
        "conversation_messages_total": (
            ("tenant",),
            f"""SELECT c.account_id, count(*) {RESOLVED} JOIN messages m ON m.conversation_id = c.id AND message_type IN (0, 1)
                GROUP BY 1""",
        ),
        "conversation_handoffs_total": (
            (),
            f"""SELECT count(*) {RESOLVED} WHERE id IN
                (SELECT conversation_id FROM reporting_events WHERE name = 'conversation_bot_handoff')""",
        ),
        "active_conversations": (
            ("tenant", "agent"),
            """SELECT account_id, coalesce(nullif(assignee_agent_bot_id, 0)::text, 'unknown'), count(*) FROM conversations
               WHERE status <> 1 GROUP BY 1, 2""",
        ),
        "calls_completed_total": (
            ("outcome",),
            "SELECT status, count(*) FROM calls WHERE started_at IS NOT NULL GROUP BY 1",
        ),
        "call_duration_seconds": ((), "SELECT duration_seconds FROM calls WHERE started_at IS NOT NULL"),
    },
    "chainlit": {
        "llm_requests_total": (
            ("tenant", "model", "status"),
            """SELECT 'unknown', metadata ->> 'model', CASE WHEN "isError" THEN 'error' ELSE 'ok' END, count(*) FROM "Step"
               WHERE type = 'llm' GROUP BY 2, 3""",
        ),
        "llm_request_duration_seconds": (
            (),
            """SELECT extract(epoch FROM "endTime" - "startTime") FROM "Step" WHERE type = 'llm' AND "isError" IS NOT TRUE""",
        ),
        "llm_tokens_total": (
            ("kind",),
            """SELECT 'input', sum((metadata -> 'usage' ->> 'input')::int) FROM "Step" WHERE type = 'llm'""",
        ),
        "tool_call_duration_by_tool_seconds": (
            ("tool",),
            """SELECT name, extract(epoch FROM "endTime" - "startTime") FROM "Step"
               WHERE type = 'tool' AND "isError" IS NOT TRUE""",
        ),
        "conversations_started_total": (("channel",), """SELECT 'web', count(*) FROM "Thread" """),
    },
    "rasa": {
        "conversations_started_total": (
            (),
            "SELECT count(*) FROM events WHERE type_name = 'session_started' AND timestamp < 4000000000",
        ),
        "tool_calls_total": (
            ("tool", "status"),
            """SELECT action_name, 'ok', count(*) FROM events WHERE type_name = 'action' AND action_name <> 'action_listen' AND timestamp < 4000000000
               GROUP BY 1""",
        ),
    },
}


@pytest.mark.parametrize("system", sorted(RECOUNTS))
def test_system(system: str, new_database: NewDatabase, tmp_path: Path) -> None:
    """Every series of a system's metrics equals the plain recount, whatever zone the database's sessions are in."""
    database = new_database(time_zone="America/New_York")
    with database.connect() as connection:
        connection.execute(schema(system))
        # Parents that no metric needs are left out.
        connection.execute("SET session_replication_role = replica; SET search_path TO public")
        connection.execute((MAPPINGS / f"{system}.sql").read_bytes())
    with database.connect() as connection:
        check(
            system,
            scrape(tmp_path, database.url, mapping(system)),
            lambda sql: connection.execute(sql.encode()).fetchall(),
        )


def test_sqlite(tmp_path: Path) -> None:
    """The same mapping and rows give the same in SQLite."""
    path = tmp_path / "rasa.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(file("schemas/rasa/sqlite.sql").read_text())
        connection.executescript((MAPPINGS / "rasa.sql").read_text())
        connection.commit()
        check(
            "rasa",
            scrape(tmp_path, f"sqlite:///{path}", mapping("rasa")),
            lambda sql: connection.execute(sql).fetchall(),
        )


def schema(system: str) -> bytes:
    """A system's schema without extensions, which the embedded PostgreSQL lacks, and indexes that need them."""
    text = file(f"schemas/{system}/postgres.sql").read_text()
    kept = (line for line in text.splitlines() if not EXTENSION.match(line))
    return f"{UUID if 'uuid-ossp' in text else ''}\n{chr(10).join(kept)}".encode()


def mapping(system: str) -> dict[str, str]:
    """The settings that name a system's mapping."""
    return {"mapping": str(MAPPINGS / f"{system}.yml")}


def check(system: str, samples: Samples, rows: Callable[[str], Rows]) -> None:
    """Compare every metric of the system, and all series of each."""
    metrics = {metric.base: metric for metric in CATALOGUE}
    for name, (labels, statement) in RECOUNTS[system].items():
        found = rows(statement)
        assert found, name
        metric = metrics[name]
        if isinstance(metric, Distribution):
            check_histogram(metric, labels, samples, found)
        else:
            assert samples.sum(name, *labels) == {key(row): float(row[-1]) for row in found}, name


def check_histogram(metric: Distribution, labels: tuple[str, ...], samples: Samples, rows: Rows) -> None:
    """Compare buckets, count and sum with the values of all rows."""
    values: dict[tuple[str, ...], list[float]] = {}
    for row in rows:
        values.setdefault(key(row), []).append(float(row[-1]))
    assert samples.sum(metric.count, *labels) == {group: len(found) for group, found in values.items()}
    sums = samples.sum(metric.sum, *labels)
    assert sums == pytest.approx({group: fsum(found) for group, found in values.items()}, rel=1e-14)
    bounds = {float(words["le"]) for words, _ in samples.of(metric.bucket)}
    assert bounds == {*metric.upper_bounds(load_settings(environment={}).thresholds.bounds()), inf}
    recount = {
        (*group, bound): sum(value <= bound for value in found) for group, found in values.items() for bound in bounds
    }
    assert {
        (*place[:-1], float(place[-1])): count for place, count in samples.sum(metric.bucket, *labels, "le").items()
    } == recount


def key(row: tuple[Any, ...]) -> tuple[str, ...]:
    """A row's labels."""
    return tuple(str(word) for word in row[:-1])
