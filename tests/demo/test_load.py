"""The demo history: deterministic, complete, consistent, and only in databases of its own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from exporter import demo
from exporter.demo.database import database_name, with_database
from exporter.demo.live_cost import UNRECORDED
from exporter.entities import ENTITIES
from exporter.metric import EventMetric, Level
from exporter.metrics import CATALOGUE
from exporter.schema import comments
from tests.conftest import Postgres, Server
from tests.demo.conftest import UNTIL, History
from tests.kpi.rig import make_views, viewer_url

PRESET = Path(__file__).parents[2] / "exporter" / "mapping" / "presets" / "watchfloor.yml"


def _mapping() -> dict[str, Any]:
    """Entities of the preset; a column that is an expression or a constant as its text."""
    entities = yaml.safe_load(PRESET.read_text())["entities"]
    for mapped in entities.values():
        mapped["columns"] = {name: _text(of) for name, of in mapped["columns"].items()}
    return dict(entities)


def _text(of: Any) -> str:
    if not isinstance(of, dict):
        return str(of)
    return str(of.get("sql") or of.get("column") or f"'{of['value']}'")


MAPPING = _mapping()


def one(url: str, query: str) -> Any:
    """The first value that a query gives."""
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def checksums(url: str) -> dict[str, str]:
    """One checksum of all rows, for each table."""
    query = "SELECT md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) FROM {} t"
    return {table: one(url, query.format(table)) for table in comments()}


def test_the_same_seed_gives_the_same_rows_and_another_seed_does_not(postgres: Postgres) -> None:
    """Every table is equal row for row under one seed, and the facts differ under another."""
    demo.load(postgres.url, seed=7, calls=400, days=21, until=UNTIL)
    first = checksums(postgres.url)
    demo.load(postgres.url, seed=7, calls=400, days=21, until=UNTIL)
    assert checksums(postgres.url) == first
    demo.load(postgres.url, seed=8, calls=400, days=21, until=UNTIL)
    other = checksums(postgres.url)
    same = {table for table in first if first[table] == other[table]}
    assert same <= {"tenants", "campaigns", "campaign_runs", "prices", "plans", "subscriptions", "experiments"}


def test_every_table_of_the_schema_has_rows(history: History) -> None:
    """No domain is left without data."""
    assert [table for table, rows in history.loaded.rows.items() if not rows] == []
    assert history.loaded.rows["call_sessions"] == 3000 + one(
        history.url, "SELECT count(*) FROM call_sessions WHERE id LIKE 'call-open-%'"
    )


PRICED = {"llm_request", "stt_request", "tts_request", "telephony_call"}
"""Entities with a price: how their cost is known, and what the tables do not say, is worked out by the engine."""


def test_the_preset_maps_every_column_to_one_that_exists(history: History) -> None:
    """Every entity, every column of it, and every table and column behind it."""
    assert set(MAPPING) == {entity.name for entity in ENTITIES}
    for entity in ENTITIES:
        mapped = MAPPING[entity.name]
        columns = {column.name for column in entity.columns}
        assert set(mapped["columns"]) <= columns
        if entity.name not in PRICED:
            assert set(mapped["columns"]) == columns
        one(history.url, f"SELECT count(ROW({', '.join(mapped['columns'].values())})) FROM {mapped['table']}")


def _mapped(metric: EventMetric) -> bool:
    """Whether every column that it needs is in the preset: how speech and lines are unpriced is worked out by the engine."""
    return all(column.name in MAPPING[metric.entity.name]["columns"] for column in metric.columns)


RARE = {"incidents_total", "incidents_open"}
"""Things of which a short history has few, and none that goes on at its end."""


@pytest.mark.parametrize(
    "metric",
    [metric for metric in CATALOGUE if isinstance(metric, EventMetric) and _mapped(metric)],
    ids=lambda metric: metric.base,
)
def test_every_counter_and_histogram_has_rows(history: History, metric: EventMetric) -> None:
    """Rows exist with the event time and every column that the metric needs."""
    mapped = MAPPING[metric.entity.name]
    tests = [f"{mapped['columns'][column.name]} IS NOT NULL" for column in metric.columns]
    assert one(history.url, f"SELECT count(*) FROM {mapped['table']} WHERE {' AND '.join(tests)}") > (
        0 if metric.base in RARE else 10
    )


@pytest.mark.parametrize(
    "metric", [metric for metric in CATALOGUE if isinstance(metric, Level)], ids=lambda metric: metric.base
)
def test_every_level_has_open_and_finished_rows(history: History, metric: Level) -> None:
    """At the end of the history something is in progress, and something has ended before."""
    mapped = MAPPING[metric.entity.name]
    opened, closed = (mapped["columns"][column.name] for column in (metric.opened, metric.closed))
    base = f"SELECT count(*) FROM {mapped['table']} WHERE {opened} <= '{UNTIL.isoformat()}' AND {closed}"
    assert one(history.url, f"{base} IS NULL") >= (0 if metric.base in RARE else 5)
    assert one(history.url, f"{base} <= '{UNTIL.isoformat()}'") >= 5


def test_nothing_has_happened_after_the_end_of_the_history(history: History) -> None:
    """Event times of the catalogue are never in the future."""
    for metric in CATALOGUE:
        if isinstance(metric, EventMetric) and metric.base not in RARE:
            mapped = MAPPING[metric.entity.name]
            newest = one(history.url, f"SELECT max({mapped['columns'][metric.at.name]}) FROM {mapped['table']}")
            assert UNTIL - timedelta(hours=12) < newest <= UNTIL, metric.base


def test_every_failure_has_its_error_and_every_unpriced_request_its_reason(history: History) -> None:
    """Errors are exactly the failed steps and calls; cost and reason exclude each other."""
    failed = " + ".join(
        f"(SELECT count(*) FROM {table} WHERE status = 'error')"
        for table in ("llm_requests", "stt_requests", "tts_requests", "tool_calls")
    )
    failed += " + (SELECT count(*) FROM call_sessions WHERE outcome = 'failed')"
    assert one(history.url, f"SELECT {failed}") == history.loaded.rows["error_events"]
    both = "cost_usd IS NOT NULL AND unpriced_reason IS NOT NULL"
    neither = f"cost_usd IS NULL AND unpriced_reason IS NULL AND provider <> '{UNRECORDED}'"
    assert one(history.url, f"SELECT count(*) FROM llm_requests WHERE ({both}) OR ({neither})") == 0
    assert one(history.url, "SELECT count(*) FROM llm_requests WHERE unpriced_reason = 'no_price'") > 0


def test_no_text_could_be_a_real_persons(history: History) -> None:
    """Addresses are all of example.com."""
    assert one(history.url, "SELECT count(*) FROM leads WHERE email NOT LIKE 'lead%@example.com'") == 0


def test_an_empty_history_still_loads(postgres: Postgres) -> None:
    """No calls at all, one day."""
    loaded = demo.load(postgres.url, calls=0, days=1, until=UNTIL)
    assert loaded.rows["call_sessions"] == one(
        postgres.url, "SELECT count(*) FROM call_sessions WHERE ended_at IS NULL"
    )


def test_views_are_there_again_with_their_rights(postgres: Postgres) -> None:
    """Who loads another history keeps the views that dashboards read, as far as they were made by `watchfloor views`."""
    role, seen = "demo_looker", []
    demo.load(postgres.url, calls=50, days=3)
    make_views(postgres.url, role)
    try:
        for calls in (90, 120):
            demo.load(postgres.url, calls=calls, days=3)
            seen.append(one(viewer_url(postgres.url, role), "SELECT count(*) FROM watchfloor.call"))
            assert seen[-1] == one(postgres.url, "SELECT count(*) FROM call_sessions")
        assert seen[0] < seen[1]
    finally:
        with postgres.connect(autocommit=True) as connection:
            connection.execute(f"DROP OWNED BY {role}".encode())
            connection.execute(f"DROP ROLE {role}".encode())


def test_what_else_stands_on_the_tables_is_named(postgres: Postgres) -> None:
    """A view of somebody's own is left alone, and with it the tables."""
    demo.load(postgres.url, calls=50, days=3)
    with postgres.connect(autocommit=True) as connection:
        connection.execute("CREATE VIEW mine AS SELECT tenant FROM call_sessions")
    before = one(postgres.url, "SELECT count(*) FROM mine")
    with pytest.raises(demo.DemoError, match=r"cannot be made anew: view mine depends on table call_sessions; drop it"):
        demo.load(postgres.url, calls=90, days=3)
    assert one(postgres.url, "SELECT count(*) FROM mine") == before


def test_a_database_with_other_tables_is_left_alone(postgres: Postgres) -> None:
    """One sentence, and not a single table more."""
    with postgres.connect() as connection:
        connection.execute("CREATE TABLE customers (id int)")
    with pytest.raises(demo.DemoError, match=r"holds public\.customers and was not made by the demo"):
        demo.load(postgres.url, calls=10, days=1)
    with pytest.raises(demo.DemoError, match="was not made by the demo"):
        demo.create_database(postgres.server.url, postgres.name)
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert one(postgres.url, tables) == 1


def test_a_database_that_the_demo_made_is_marked(postgres_server: Server) -> None:
    """The mark is there before the first row, and a second call finds it."""
    url = demo.create_database(postgres_server.url, "demo_marked")
    try:
        assert one(url, "SELECT marker FROM watchfloor_demo") == "watchfloor demo data"
        assert demo.create_database(postgres_server.url, "demo_marked") == url
    finally:
        postgres_server.execute("DROP DATABASE demo_marked")


def test_wrong_arguments_are_one_sentence_each(postgres_server: Server) -> None:
    """A wrong name, a foreign kind of database, a server that is not there, a size below zero."""
    with pytest.raises(demo.DemoError, match="'Demo Data' cannot be the demo's database"):
        demo.create_database(postgres_server.url, "Demo Data")
    with pytest.raises(demo.DemoError, match="writes to PostgreSQL only"):
        demo.load("sqlite:///x.db")
    with pytest.raises(demo.DemoError, match="cannot connect to the demo database nowhere"):
        demo.load(postgres_server.url_of("nowhere"))
    with pytest.raises(demo.DemoError, match="0 or more calls"):
        demo.load(postgres_server.url, calls=-1)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgresql+psycopg://a:b@127.0.0.1:5/x?sslmode=disable", "postgresql://a:b@127.0.0.1:5/y?sslmode=disable"),
        ("postgres://a@h/x", "postgresql://a@h/y"),
        ("postgresql://postgres:@/x?host=/tmp/s", "postgresql://postgres:@/y?host=/tmp/s"),
        ("postgresql:///x", "postgresql:///y"),
    ],
)
def test_the_database_of_a_url_can_be_exchanged(url: str, wanted: str) -> None:
    """User, host and options stay; SQLAlchemy's driver name goes."""
    assert with_database(url, "y") == wanted
    assert database_name(url) == "x"
