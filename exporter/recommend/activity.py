"""Which agents are in service, and when each last did something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from exporter.entities.agents import AGENT_RECORD, AGENT_TASK
from exporter.entities.calls import CALL
from exporter.entities.conversations import CONVERSATION
from exporter.entity import Entity

if TYPE_CHECKING:
    from exporter.computed.facts import Facts

Who = tuple[str | None, str]
"""Tenant and agent."""

ACTIVITIES: Final[tuple[tuple[Entity, str], ...]] = (
    (CALL, "initiated_at"), (CONVERSATION, "started_at"), (AGENT_TASK, "ended_at"),
)  # fmt: skip
"""What an agent does, and when it counts as done."""

LOOK_BACK: Final = timedelta(days=30)
STEPS: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), LOOK_BACK)
"""Busy agents are found among the last hour's rows; only when some are not, older ones are read, each row once."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as it is set up; instants are seconds since the epoch."""

    tenant: str | None
    name: str
    type: str | None
    created: float
    updated: float | None
    configured: float | None


def in_service(facts: Facts) -> list[Agent]:
    """Agents in service now, by tenant and name; the newest record of each."""
    sql = """
        SELECT tenant, agent, agent_type, created_at, updated_at, configured FROM {record}
        WHERE agent <> '' AND created_at <= :now AND (retired_at IS NULL OR retired_at > :now)
        ORDER BY created_at, agent_type
    """
    rows = facts.read(sql, record=facts.of(AGENT_RECORD), now=facts.now)
    found = {(row[0] or "", str(row[1])): Agent(*row) for row in rows}
    return [found[key] for key in sorted(found)]


def last_active(facts: Facts, wanted: set[Who]) -> dict[Who, float] | None:
    """When each of these agents last did something within the look-back; None where no rows say what agents do."""
    known = [(entity, at) for entity, at in ACTIVITIES if facts.has(entity, "agent", at)]
    if not known:
        return None
    found: dict[Who, float] = {}
    until = facts.instant
    for step in STEPS:
        for entity, at in known:
            sql = f"SELECT tenant, agent, MAX({at}) FROM {{row}} WHERE agent <> '' GROUP BY tenant, agent"
            for tenant, agent, when in facts.read(sql, row=facts.of(entity, entity[at], since=step, until=until)):
                found[tenant, agent] = max(when, found.get((tenant, agent), when))
        if wanted <= found.keys():
            break
        until = facts.instant - step
    return found
