"""Values that real rows have: what they cost, and that no total is wrong because of them."""

from __future__ import annotations

import psycopg
import pytest

from tests.engine.rig import Place, Unchecked, checked, mapped, own, total, wrong


def test_strange_durations(place: Place) -> None:
    """NULL counts as nothing; negative, NaN and infinite values are left out and told; the row itself still counts."""
    for value in (None, -1.0, float("nan"), float("inf"), float("-inf"), 0.0, 0.1, 0.2):
        place.calls(1, duration_seconds=value, tenant="t")
    for when in (0, 200):
        place.clock.forward(when)
        rig = place.rig()
        rig.tick()
        samples = rig.scrape()
        assert total(samples, "calls_completed_total") == 8
        assert total(samples, "call_duration_seconds_count") == 3
        assert total(samples, "call_duration_seconds_bucket", le="5.0") == 3
        assert total(samples, "call_duration_seconds_sum") == pytest.approx(0.3, abs=1e-15)
        rejected = {
            reason: own(samples, "rejected_values_total", metric="call_duration_seconds", reason=reason)
            for reason in ("negative", "not_a_number")
        }
        assert rejected == {"negative": 2, "not_a_number": 2}
        rig.close()


def test_strange_amounts(place: Place) -> None:
    """Money is added up exactly; NULL tokens are no rejected values; negative and NaN ones are."""
    row = "INSERT INTO llm_requests (id, tenant, model, status, ended_at, cost_usd, input_tokens) VALUES ('{}', 't', 'm', 'ok', now(), {}, {})"
    amounts = ["0.1"] * 10 + ["NULL", "-5", "'NaN'", "'Infinity'", "123456789012345678.123456789"]
    tokens = ["9007199254740993"] * 2 + ["NULL", "-7"] + ["1"] * 11
    place.sql(*(row.format(index, *pair) for index, pair in enumerate(zip(amounts, tokens, strict=True))))
    rig = place.plain(exporter={"settle": 0})
    for _ in range(2):
        samples = rig.settled()
        assert total(samples, "llm_requests_total") == 15
        assert total(samples, "llm_cost_usd_total") == float("123456789012345679.123456789")
        assert total(samples, "llm_tokens_total", kind="input") == float(2 * 9007199254740993 + 11)
        told = {
            labels: value
            for (name, labels), value in samples.items()
            if name == "exporter_rejected_values_total" and value
        }
        assert told == {
            (("metric", "llm_cost_usd_total"), ("reason", "negative")): 1,
            (("metric", "llm_cost_usd_total"), ("reason", "not_a_number")): 2,
            (("metric", "llm_tokens_total"), ("reason", "negative")): 1,
        }
    rig.close()


def test_exact_after_restart(place: Place) -> None:
    """Ten times 0.1 from the state file plus ten times 0.1 from the tail is 2."""
    row = "INSERT INTO llm_requests (id, tenant, model, status, ended_at, cost_usd) VALUES ('{}', 't', 'm', 'ok', now() - interval '{}', 0.1)"
    place.sql(*(row.format(f"a{index}", "1 hour") for index in range(10)))
    rig = place.plain()
    rig.collector.book.writable = True
    rig.tick()
    rig.close()
    place.sql(*(row.format(f"b{index}", "0 hours") for index in range(10)))
    rig = place.plain()
    rig.tick()
    samples = rig.scrape()
    assert total(samples, "llm_cost_usd_total") == 2
    assert own(samples, "sealed_rows_total", domain="pipeline") == 10
    rig.close()


def test_rows_in_the_future(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row from the future is told, once for each of its two event times, and counts when its time comes."""
    monkeypatch.setattr("exporter.engine.collector.LOOK_SECONDS", 0.0)
    place.calls(2)
    place.clock.forward(500)
    place.calls(1)
    place.clock.forward(-500)
    rig = place.rig()
    rig.tick()
    samples = rig.scrape()
    assert (total(samples, "calls_completed_total"), own(samples, "future_rows", domain="calls")) == (2, 2)
    for _ in range(10):
        place.clock.forward(100)
        rig.tick()
        assert wrong(rig) == {}
    samples = rig.scrape()
    assert (total(samples, "calls_completed_total"), own(samples, "future_rows", domain="calls")) == (3, 0)
    rig.close()


@pytest.mark.parametrize(
    "stamps", [("infinity",), ("-infinity",), ("4000-01-01 BC",), ("infinity", "-infinity", "200000-01-01")]
)
@pytest.mark.parametrize("others", [0, 3])
def test_infinite_stamps(place: Place, stamps: tuple[str, ...], others: int) -> None:
    """Event times without end stop nothing; those before the year 1 are not counted, later ones not yet."""
    place.calls(others)
    place.clock.forward(300)
    row = "INSERT INTO call_sessions (id, tenant, initiated_at, ended_at) VALUES ('{0}', 't', '{0}', '{0}')"
    place.sql(*(row.format(stamp) for stamp in stamps))
    rig = place.rig()
    rig.tick()
    place.clock.forward(300)
    rig.tick()
    samples = rig.scrape()
    assert own(samples, "domain_up", domain="calls") == 1
    assert total(samples, "calls_completed_total") == others
    assert rig.lines == []
    rig.close()


def test_many_values_of_a_label(place: Place) -> None:
    """Of 50,000 values the most frequent keep series of their own, in every life; sums stay right."""
    place.sql(
        "INSERT INTO call_sessions (id, tenant, initiated_at, ended_at, duration_seconds)"
        " SELECT i::text, 't' || i % 50000, now() - interval '1 hour', now() - interval '1 hour', 1 FROM generate_series(1, 60000) i"
    )
    rig = place.plain(exporter={"label_caps": {"tenant": 50}, "domains": ["calls"]})
    rig.collector.book.writable = True
    rig.tick()
    first = rig.scrape()
    assert total(first, "calls_completed_total") == 60000
    assert total(first, "call_duration_seconds_count") == 60000
    tenants = {dict(labels)["tenant"] for name, labels in first if name == "calls_completed_total"}
    assert len(tenants) == 51
    assert total(first, "calls_completed_total", tenant="other") == 60000 - 2 * 50
    assert own(first, "label_overflow", label="tenant") == 49950
    place.sql(
        *(
            f"INSERT INTO call_sessions (id, tenant, initiated_at, ended_at) VALUES ('n{n}', 'new', now(), now())"
            for n in range(9)
        )
    )
    assert total(rig.scrape(), "calls_completed_total", tenant="new") == 0
    rig.close()
    rig = place.plain(exporter={"label_caps": {"tenant": 50}, "domains": ["calls"]})
    rig.tick()
    second = rig.scrape()
    assert {dict(labels)["tenant"] for name, labels in second if name == "calls_completed_total"} == tenants
    assert total(second, "calls_completed_total", tenant="other") == 60000 - 2 * 50 + 9
    assert own(second, "label_overflow", label="tenant") == 49951
    assert 51 * 20 <= total(second, "exporter_series", domain="calls") < 51 * 22
    rig.close()


def test_wall_times_of_a_zone(place: Place) -> None:
    """Wall times without a zone are counted once each, through the hour that a zone's autumn repeats."""
    place.clock.now = place.clock.now.replace(month=10, day=24, hour=20)
    place.sql(
        "CREATE TABLE naive (at timestamp)",
        "INSERT INTO naive SELECT '2026-10-24 22:00'::timestamp + i * interval '1 minute' FROM generate_series(0, 599) i",
    )
    found = mapped(
        "{version: 1, name: test, time_zone: Europe/Paris, entities: {error: {table: naive, columns: {occurred_at: at}}}}"
    )
    sql = "SELECT count(*) FROM naive WHERE at AT TIME ZONE 'Europe/Paris' <= %s"
    rig = checked(place.url, place.state, place.clock, scraper=Unchecked, exporter={"domains": []}, mapping=found)
    row: tuple[int, ...] | None = None
    with psycopg.connect(place.url) as connection:
        for _ in range(100):
            place.clock.forward(450)
            rig.tick()
            row = connection.execute(sql, (place.clock.now,)).fetchone()
            assert row is not None
            assert total(rig.scrape(), "errors_total") == row[0]
    assert row == (600,)
    rig.close()
