"""Agents: the tasks that they carry out, their state, and what should be done about them."""

from typing import Final

from exporter.entity import AGENT, AGENT_TYPE, TENANT, Entity, integer, real, text, time

AGENT_TASK: Final = Entity(
    "agent_task",
    "agents",
    "One task that an agent carries out, from its start to its end.",
    (
        TENANT, AGENT, AGENT_TYPE,
        text("task", "Kind of task: answer_question, qualify_lead, ..."),
        text("status", "How the task ended: completed, failed or timeout; unset while it runs."),
        time("started_at", "When the agent began.", required=True),
        time("ended_at", "When the task ended; unset while it runs. Must not change once set."),
        real("duration", "Time that the task took.", unit="seconds"),
        integer("tokens", "Tokens that the task used."),
    ),
)  # fmt: skip

AGENT_RECORD: Final = Entity(
    "agent",
    "agents",
    "An agent as it is set up: since when, how completely, and whether it is still in service.",
    (
        TENANT, AGENT, AGENT_TYPE,
        text("model", "Language model that it is set up with."),
        text("status", "active or inactive, as the source says it."),
        real("configured", "Share of its settings that are filled in.", unit="ratio"),
        time("created_at", "When it was made.", required=True),
        time("updated_at", "When its configuration was last changed."),
        time("retired_at", "When it was taken out of service; unset while it is in service."),
    ),
)  # fmt: skip

ENTITIES: Final[tuple[Entity, ...]] = (AGENT_TASK, AGENT_RECORD)
