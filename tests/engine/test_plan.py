"""Plans: few statements for many metrics, and only what settings leave on."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporter.engine.plan import plan
from exporter.engine.scans import Plan
from exporter.mapping import load
from exporter.metric import Computed, State
from exporter.metrics import CATALOGUE
from exporter.sources.database import connect
from tests.engine.rig import Place, settings, total


def planned(place: Place, **exporter: object) -> Plan:
    """The plan for the reference schema."""
    found = settings(place.url, place.state, exporter=exporter)
    database = connect(place.url, 3.0)
    result = plan(found, load(found.database), database)
    database.close()
    return result


def test_everything_has_its_place(place: Place) -> None:
    """In the reference schema every metric that is no state is given, each in exactly one statement."""
    found = planned(place)
    given = [base for scan in found.scans for base in {family.metric.base for family in scan.families}]
    given += [level.name for level in found.levels]
    assert sorted(given) == sorted(m.base for m in CATALOGUE if not isinstance(m, (State, Computed)))
    assert sorted(found.missing) == sorted(m.base for m in CATALOGUE if isinstance(m, State))
    assert found.missing["queue_depth"] == "no source is set for it; add one under 'states' with metric: queue_depth"


def test_metrics_share_scans(place: Place) -> None:
    """Metrics of one entity and event time are read by one statement; histograms of fewer labels by a second."""
    found = planned(place)
    names = [scan.name for scan in found.scans if scan.domain in ("calls", "conversations", "pipeline", "cost")]
    assert names == [
        "call.initiated_at", "call.answered_at", "call.ended_at", "call.ended_at/coarse", "call.initiated_at/hour",
        "conversation.started_at", "conversation.ended_at", "conversation.ended_at/coarse",
        "conversation.started_at/visits", "conversation.ended_at/stage", "message.sent_at", "llm_request.ended_at", "stt_request.ended_at", "tts_request.ended_at",
        "tool_call.ended_at", "turn.ended_at", "error.occurred_at",
        "llm_request.ended_at/cost", "stt_request.ended_at/cost", "tts_request.ended_at/cost", "telephony_call.ended_at",
    ]  # fmt: skip
    by_name = {scan.name: len({family.metric.base for family in scan.families}) for scan in found.scans}
    assert (by_name["conversation.ended_at"], by_name["conversation.ended_at/coarse"]) == (7, 2)
    assert (by_name["llm_request.ended_at"], by_name["llm_request.ended_at/cost"]) == (4, 2)


def test_no_statement_names_a_number_twice(place: Place) -> None:
    """A number that two metrics need is computed once."""
    for scan in planned(place).scans:
        columns = scan.sql.split(" FROM ")[0].split(" AS c")
        expressions = [column.split(", ", 1)[-1] for column in columns[:-1]]
        assert len(expressions) == len(set(expressions)), scan.name


def test_domains_and_disabled_metrics(place: Place) -> None:
    """Domains and metrics that the settings leave out are neither read nor missing."""
    found = planned(
        place, domains=["conversations"], disabled_metrics=["conversation_messages_total", "active_conversations"]
    )
    assert found.domains == ("conversations",)
    assert found.levels == ()
    assert found.missing == {}
    bases = {family.metric.base for scan in found.scans for family in scan.families}
    assert "conversation_messages_total" not in bases


def test_alert_thresholds_are_bounds(place: Place, tmp_path: Path) -> None:
    """Every threshold of an alert is a bound of its histogram."""
    found = settings(
        place.url, tmp_path / "s", thresholds={"response_time_seconds": {"warning": 0.77, "critical": 1.3}}
    )
    database = connect(place.url, 3.0)
    scans = plan(found, load(found.database), database).scans
    database.close()
    bounds = {family.metric.base: family.bounds for scan in scans for family in scan.families}
    assert {0.77, 1.3} <= set(bounds["llm_request_duration_seconds"])
    assert {0.77, 1.3} <= set(bounds["turn_latency_seconds"])


def test_hours_of_a_zone(place: Place, tmp_path: Path) -> None:
    """Weekday and hour are those of the configured zone."""
    place.sql("INSERT INTO call_sessions (id, tenant, initiated_at) VALUES ('1', 't', '2026-03-01 23:30+00')")
    from exporter.engine.collector import Collector
    from exporter.settings import Settings
    from tests.engine.rig import Rig

    base = settings(place.url, tmp_path / "s")
    found = Settings.model_validate({**base.model_dump(), "database": base.database, "time_zone": "Asia/Tokyo"})
    rig = Rig(found, lambda: connect(place.url, 3.0))
    assert isinstance(rig.collector, Collector)
    rig.tick()
    assert total(rig.scrape(), "calls_by_hour_total", weekday="1", hour="08") == 1
    rig.close()


@pytest.mark.parametrize("closed", [True, False])
def test_windows_meet(place: Place, closed: bool) -> None:
    """Sealing ends before an instant, the tail ends with it."""
    scan = planned(place).scans[0]
    sql, params = scan.window(place.clock.now, place.clock.now, closed=closed)
    assert ("<= /* upper */" in sql) == closed
    assert ("< /* upper */" in sql) != closed
    assert set(params) == {"lower", "upper"}
