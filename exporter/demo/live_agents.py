"""The live demo's tasks of agents: they begin, go on for some seconds, and are completed, fail or time out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from exporter.demo.present import insert
from exporter.demo.steps import tail

if TYPE_CHECKING:
    from exporter.demo.activity import Activity, Step

KINDS: Final = ("answer_question", "qualify_lead", "book_appointment", "update_crm", "summarise")
TASKS_PER_CALL: Final = 0.14
"""As in the history: one for each eighth conversation, of calls that were answered and of chats."""

TIMEOUTS: Final = 0.015
LIMIT: Final = 60.0
END: Final = b"UPDATE agent_executions SET ended_at = %s, status = %s, duration_seconds = %s, tokens = %s WHERE id = %s"


def begin(activity: Activity, now: datetime) -> None:
    """A task begins; the next one is planned."""
    random = activity.random
    tenant, name, kind, _, _ = random.choice(activity.calls if random.random() < 0.7 else activity.chats)
    task = f"task-{uuid4().hex}"
    who = {"tenant": tenant, "agent": name, "agent_type": kind}
    insert(activity.connection, "agent_executions", id=task, **who, task=random.choice(KINDS), started_at=now)
    failures = next(agent.task_failures for agent in activity.world.agents if agent.id == name)
    chance = random.random()
    status = "timeout" if chance < TIMEOUTS else "failed" if chance < TIMEOUTS + failures else "completed"
    planned = LIMIT if status == "timeout" else min(LIMIT, tail(random, 3.5, 0.4))
    activity.later(now, planned, _ends(activity, task, status, now))
    activity.again(now, activity.calls_per_minute * TASKS_PER_CALL, lambda then: begin(activity, then))


def _ends(activity: Activity, task: str, status: str, begun: datetime) -> Step:
    """The step that ends a task."""

    def end(now: datetime) -> None:
        seconds, tokens = round((now - begun).total_seconds(), 3), activity.random.randint(400, 3000)
        activity.connection.execute(END, (now, status, seconds, tokens, task))

    return end
