"""Levels that show 0 where nothing is open: all rows are looked at now and then, the recent ones at every scrape."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from exporter.engine.ended import LOOKBACK, Ended
from exporter.metrics.agents import TASKS_RUNNING
from exporter.metrics.calls import ACTIVE_CALLS
from exporter.metrics.leads import LEADS_OPEN, LEADS_WAITING, PIPELINE_VALUE
from tests.engine.rig import Place, Rig

ROW: Final = (
    "INSERT INTO agent_executions (id, tenant, agent, agent_type, task, status, started_at, ended_at) "
    "VALUES ('{id}', 'acme', '{agent}', 'voice', 'answer', 'completed', now() - interval '{begun}', {ended})"
)


def running(rig: Rig) -> dict[str, float]:
    """Tasks that run, by agent."""
    return {
        dict(labels)["agent"]: value for (name, labels), value in rig.scrape().items() if name == TASKS_RUNNING.name
    }


def test_zeros_stay_and_new_ones_come(place: Place) -> None:
    """An agent whose tasks are all over is 0 at the first scrape, at the next, and when its only task came and went between two."""
    place.sql(
        ROW.format(id="1", agent="old", begun="20 days", ended="now() - interval '19 days'"),
        ROW.format(id="2", agent="busy", begun="1 minute", ended="NULL"),
    )
    rig = place.plain(exporter={"domains": ["agents"]})
    rig.tick()
    assert running(rig) == {"old": 0, "busy": 1}
    assert rig.collector.book.views is not None
    (closed,) = [one for name, one in rig.collector.book.views.closed.items() if name == TASKS_RUNNING.base]
    assert closed.since(closed.looked) is not None, "the next scrape looks at recent rows only"
    place.sql(
        "UPDATE agent_executions SET ended_at = now() WHERE id = '2'",
        ROW.format(id="3", agent="quick", begun="2 seconds", ended="now()"),
        ROW.format(id="4", agent="new", begun="1 second", ended="NULL"),
    )
    assert running(rig) == {"old": 0, "busy": 0, "quick": 0, "new": 1}
    # A clock that went back, as much as a look that is too long ago, makes it look at all rows again.
    assert closed.since(closed.looked - timedelta(seconds=1)) is None
    closed.keys.clear()
    closed.began -= 3600
    assert running(rig) == {"old": 0, "busy": 0, "quick": 0, "new": 1}


LEAD: Final = (
    "INSERT INTO leads (id, tenant, channel, status, pipeline_value_usd, created_at, closed_at) "
    "VALUES ('{id}', 'acme', '{channel}', 'new', {worth}, now() - interval '9 days', {closed})"
)


def test_levels_of_the_same_rows_share_a_statement(place: Place) -> None:
    """Open leads and what they are worth are read at once, those that end later among them, and each gives its own number."""
    place.sql(
        LEAD.format(id="1", channel="web", worth=10, closed="NULL"),
        LEAD.format(id="2", channel="web", worth=20, closed="now() + interval '1 day'"),
        LEAD.format(id="3", channel="web", worth=40, closed="now() - interval '1 day'"),
        LEAD.format(id="4", channel="phone", worth="NULL", closed="NULL"),
        LEAD.format(id="5", channel="mail", worth=80, closed="now() + interval '1 day'"),
    )
    rig = place.plain(exporter={"domains": ["leads"]})
    rig.tick()
    assert rig.collector.book.plan is not None
    shared = {level.name: level.shared_sql for level in rig.collector.book.plan.levels}
    assert shared[LEADS_OPEN.base] is not None
    assert shared[LEADS_OPEN.base] == shared[PIPELINE_VALUE.base]
    assert shared[LEADS_WAITING.base] is None
    found = {
        (name, dict(labels).get("channel")): value
        for (name, labels), value in rig.scrape().items()
        if name in (LEADS_OPEN.name, PIPELINE_VALUE.name)
    }
    assert found == {
        (LEADS_OPEN.name, "web"): 2, (LEADS_OPEN.name, "phone"): 1, (LEADS_OPEN.name, "mail"): 1,
        (PIPELINE_VALUE.name, "web"): 30, (PIPELINE_VALUE.name, "mail"): 80,
    }  # fmt: skip


CALL: Final = (
    "INSERT INTO call_sessions (id, tenant, agent, agent_type, channel, direction, initiated_at, ended_at) "
    "VALUES ('{id}', 'acme', '{id}', 'voice', 'phone', 'inbound', now() - interval '9 minutes', {ended})"
)


def test_what_ended_just_before_the_exporter_began_is_0_for_five_minutes(place: Place) -> None:
    """Prometheus may still find it open: it was in the history that was filled in a moment ago, and no scrape saw it end."""
    place.sql(
        CALL.format(id="open", ended="NULL"),
        CALL.format(id="ended", ended="now() - interval '4 minutes'"),
        CALL.format(id="long ago", ended="now() - interval '6 minutes'"),
    )
    rig = place.plain(exporter={"domains": ["calls"]})
    rig.tick()

    def active() -> dict[str, float]:
        return {
            dict(labels)["agent"]: value for (name, labels), value in rig.scrape().items() if name == ACTIVE_CALLS.name
        }

    assert active() == {"open": 1}, "one that is asked once has nobody who saw the past"
    ended = rig.collector.ended = Ended()
    assert active() == {"open": 1, "ended": 0}
    place.sql("UPDATE call_sessions SET ended_at = now() WHERE id = 'open'", CALL.format(id="new", ended="NULL"))
    assert active() == {"open": 0, "ended": 0, "new": 1}
    assert ended.began is not None
    ended.began -= LOOKBACK
    assert active() == {"new": 1}
