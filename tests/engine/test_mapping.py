"""Mapping files: what they say, what is wrong with them in a sentence each, and what they make of real rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.mapping import MappingError, load, presets
from exporter.settings import Database
from exporter.sources.database import connect
from tests.engine.recount import Samples
from tests.engine.rig import Place, Rig, has, mapped, read, settings, total

HEAD = "version: 1\nname: test\n"

MISTAKES = {
    "no YAML": ("a: [", "mapping test.yml: this is no YAML"),
    "not a mapping": ("- 1", "mapping test.yml: Input should be"),
    "another version": ("version: 2\nname: x\nentities: {}", "mapping test.yml: version: Input should be 1"),
    "no entities": (HEAD, "mapping test.yml: entities: Field required"),
    "unknown key": (HEAD + "entities: {}\ntimezone: UTC", "mapping test.yml: timezone: there is no such key"),
    "unknown entity": (
        HEAD + "entities: {calls: {table: t, columns: {}}}",
        "mapping test.yml: there is no entity calls; known are ",
    ),
    "unknown column": (
        HEAD + "entities: {error: {table: t, columns: {occurred_at: a, severity: b}}}",
        "mapping test.yml: entity error has no column severity; it has agent, agent_type, component, occurred_at, tenant, type",
    ),
    "required column": (
        HEAD + "entities: {error: {table: t, columns: {tenant: a}}}",
        "mapping test.yml: entity error: column occurred_at is required; map it or leave the entity out",
    ),
    "table and sql": (
        HEAD + "entities: {error: {table: t, sql: SELECT 1, columns: {occurred_at: a}}}",
        "mapping test.yml: entities.error: give exactly one of table and sql",
    ),
    "no source": (
        HEAD + "entities: {error: {table: t, columns: {occurred_at: {unit: ms}}}}",
        "mapping test.yml: entities.error.columns.occurred_at: give exactly one of column, sql and value",
    ),
    "two sources": (
        HEAD + "entities: {error: {table: t, columns: {occurred_at: {column: a, sql: b}}}}",
        "mapping test.yml: entities.error.columns.occurred_at: give exactly one of column, sql and value",
    ),
    "unknown unit": (
        HEAD + "entities: {error: {table: t, columns: {occurred_at: {column: a, unit: hours}}}}",
        "mapping test.yml: entities.error.columns.occurred_at.unit: Input should be 'us', 'ms', 's', 'min', 'percent' or 'cents'",
    ),
    "default without values": (
        HEAD + "entities: {error: {table: t, columns: {occurred_at: a, type: {column: b, default: x}}}}",
        "mapping test.yml: entities.error.columns.type: default needs values: it stands for every value that is not listed there",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake(mistake: str) -> None:
    """A mistake is told in one line that says where it is and what is wrong."""
    text, sentence = MISTAKES[mistake]
    with pytest.raises(MappingError) as caught:
        mapped(text)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_every_mistake_is_told() -> None:
    """Two mistakes are two lines."""
    with pytest.raises(MappingError) as caught:
        mapped(
            HEAD
            + "entities: {error: {table: t, columns: {occurred_at: {unit: ms}, type: {column: x, unit: y}}}}\nmore: 1"
        )
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize("name", presets())
def test_preset(name: str) -> None:
    """Every preset is a valid mapping that bears its own name."""
    assert load(Database(preset=name)).name == name


def test_presets_are_known() -> None:
    """The presets that ship are these."""
    assert presets() == ("litellm", "watchfloor")


def test_unknown_preset() -> None:
    """A preset that does not exist is refused with those that do."""
    with pytest.raises(MappingError, match=r"database.preset: there is no preset 'x'; known are litellm, watchfloor"):
        load(Database(preset="x"))


def test_own_file(tmp_path: Path) -> None:
    """The user's own file takes the place of the preset; one that is not there is told."""
    file = tmp_path / "own.yml"
    with pytest.raises(MappingError, match=rf"database.mapping: cannot read {file}: No such file"):
        load(Database(mapping=file))
    file.write_text(HEAD + "entities: {error: {table: t, columns: {occurred_at: a}}}")
    assert list(load(Database(mapping=file)).entities) == ["error"]


def shown(
    place: Place, entities: dict[str, Any], *rows: str, time_zone: str = "UTC", **sections: Any
) -> tuple[Rig, Samples]:
    """A scrape of a mapping over tables that are made first."""
    place.sql(*rows)
    found = mapped(yaml.safe_dump({"version": 1, "name": "test", "time_zone": time_zone, "entities": entities}))
    rig = Rig(settings(place.url, place.state, **sections), lambda: connect(place.url, 3.0), found)
    rig.tick()
    samples = read(rig.exposition.exposition(openmetrics=False).decode())
    rig.close()
    return rig, samples


def test_units_values_constants_and_where(place: Place) -> None:
    """Units are converted exactly, values replaced, constants take the place of columns, and `where` leaves rows out."""
    _, samples = shown(
        place,
        {
            "llm_request": {
                "table": "Weird Table",
                "where": "kind <> 'skip: 100%'",
                "columns": {
                    "tenant": {"value": "acme"},
                    "model": {"column": "Model Name", "values": {"gpt": "GPT", "1": "one"}, "default": "rest"},
                    "status": {"column": "good", "values": {True: "ok", False: "error"}},
                    "ended_at": "at",
                    "duration": {"column": "took", "unit": "ms"},
                    "cost": {"column": "price", "unit": "cents"},
                    "input_tokens": {"sql": "tokens + 1"},
                },
            }
        },
        'CREATE TABLE "Weird Table" (kind text, "Model Name" text, good boolean, at timestamptz, took int, price int, tokens int)',
        """INSERT INTO "Weird Table" VALUES ('a', 'gpt', true, now(), 1100, 10, 5), ('a', '1', true, now(), 1000, 20, 5),
           ('a', 'x', false, now(), 7000, 1, 5), ('skip: 100%', 'gpt', true, now(), 9000, 1000, 5)""",
    )
    assert {dict(labels)["model"]: value for (name, labels), value in samples.items() if name == "llm_requests_total"} == {
        "GPT": 1, "one": 1, "rest": 1,
    }  # fmt: skip
    assert total(samples, "llm_requests_total", tenant="acme", status="ok", agent="unknown") == 2
    assert total(samples, "llm_request_duration_seconds_sum") == 2.1
    assert total(samples, "llm_request_duration_seconds_bucket", le="1.0", model="one") == 1
    assert total(samples, "llm_cost_usd_total", model="GPT") == 0.1
    assert total(samples, "llm_tokens_total", kind="input") == 18
    assert not any(("kind", "output") in labels for _, labels in samples)


def test_interval(place: Place) -> None:
    """An interval is a duration in seconds."""
    columns = {"occurred_at": "at"}
    turn = {"table": "t", "columns": {"ended_at": "at", "latency": "took", "interrupted": {"value": "false"}}}
    _, samples = shown(
        place,
        {"error": {"table": "t", "columns": columns}, "turn": turn},
        "CREATE TABLE t (at timestamptz, took interval)",
        "INSERT INTO t VALUES (now(), '1.5 seconds'), (now(), '2 minutes')",
    )
    assert total(samples, "turn_latency_seconds_sum") == 121.5
    assert total(samples, "errors_total") == 2


@pytest.mark.parametrize(
    ("kind", "value", "format"),
    [
        ("bigint", "1767225600", "epoch"),
        ("bigint", "1767225600123", "epoch_ms"),
        ("double precision", "1767225600.5", "epoch"),
        ("timestamptz", "'2026-01-01'", None),
        ("timestamp", "'2026-01-01'", None),
        ("date", "'2026-01-01'", None),
    ],
)
def test_forms_of_time(place: Place, kind: str, value: str, format: str | None) -> None:
    """An instant may be a time stamp with or without a zone, a date, or a number of seconds or milliseconds."""
    at = {"column": "at"} if format is None else {"column": "at", "format": format}
    rig, samples = shown(
        place,
        {"error": {"table": "t", "columns": {"occurred_at": at}}},
        f"CREATE TABLE t (at {kind})",
        f"INSERT INTO t VALUES ({value})",
    )
    assert total(samples, "errors_total") == 1
    assert total(samples, "exporter_sealed_rows_total", domain="pipeline") == 1
    assert 0 < total(samples, "exporter_newest_row_age_seconds", domain="pipeline") < 3e9
    assert rig.lines == []


def test_a_word_is_no_time(place: Place) -> None:
    """A column of the wrong type is told with what would be right, and its metrics are missing."""
    rig, samples = shown(
        place,
        {"error": {"table": "t", "columns": {"occurred_at": "at"}}},
        "CREATE TABLE t (at text)",
        "INSERT INTO t VALUES ('x')",
    )
    assert not has(samples, "errors_total")
    sentence = (
        "column occurred_at of error: it is no time stamp; map a time stamp, or a number with format: epoch or epoch_ms"
    )
    assert any(("metric", "errors_total") in labels and ("reason", sentence) in labels for _, labels in samples)
    assert rig.said(sentence)


def test_unmapped_columns_are_reported(place: Place) -> None:
    """A metric whose column no mapping gives is absent, not 0, and is reported with the column."""
    _, samples = shown(
        place,
        {"turn": {"table": "t", "columns": {"ended_at": "at"}}},
        "CREATE TABLE t (at timestamptz)",
        "INSERT INTO t VALUES (now())",
    )
    assert total(samples, "turns_total") == 1
    assert not has(samples, "turn_latency_seconds_count")
    missing = {
        dict(labels)["metric"]: dict(labels)["reason"] for name, labels in samples if name == "exporter_metric_missing"
    }
    assert missing["turn_latency_seconds"] == "column interrupted of turn is not mapped"
    assert missing["llm_requests_total"] == "entity llm_request is not mapped"
    assert "turns_total" not in missing


def test_corrected_format_is_read_anew(place: Place) -> None:
    """If a mapping's form of time was wrong and is corrected, the state made with it is not used."""
    rows = ("CREATE TABLE t (at bigint)", "INSERT INTO t VALUES (1767225600123)")

    def run(form: str, *statements: str) -> Samples:
        place.sql(*statements)
        entities = {"error": {"table": "t", "columns": {"occurred_at": {"column": "at", "format": form}}}}
        found = mapped(yaml.safe_dump({"version": 1, "name": "test", "entities": entities}))
        rig = Rig(settings(place.url, place.state), lambda: connect(place.url, 3.0), found)
        rig.collector.book.writable = True
        rig.tick()
        samples = rig.scrape()
        rig.close()
        return samples

    assert total(run("epoch", *rows), "errors_total") == 0
    assert total(run("epoch_ms"), "errors_total") == 1


def test_sql_as_source(place: Place) -> None:
    """Any SQL may give an entity, percent signs and colons included."""
    sql = "SELECT now() - interval '1 hour' AS at, '50%: ' || i::text AS type FROM generate_series(1, 4) i WHERE i % 2 = 0"
    _, samples = shown(place, {"error": {"sql": sql, "columns": {"occurred_at": "at", "type": "type"}}})
    assert {dict(labels)["type"] for name, labels in samples if name == "errors_total"} == {"50%: 2", "50%: 4"}


def test_table_of_another_schema(place: Place) -> None:
    """A table may be named with its schema."""
    _, samples = shown(
        place, {"error": {"table": "logs.Errors", "columns": {"occurred_at": "At"}}},
        "CREATE SCHEMA logs", 'CREATE TABLE logs."Errors" ("At" timestamptz)', 'INSERT INTO logs."Errors" VALUES (now())',
    )  # fmt: skip
    assert total(samples, "errors_total") == 1
