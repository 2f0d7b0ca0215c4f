"""Levels that show 0 where nothing is open: all rows are looked at now and then, the recent ones at every scrape."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from exporter.metrics.agents import TASKS_RUNNING
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
