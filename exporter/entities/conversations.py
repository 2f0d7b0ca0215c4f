"""Conversations: chats and the talk inside calls, with how well they went."""

from typing import Final

from exporter.entity import AGENT, AGENT_TYPE, CHANNEL, TENANT, Entity, flag, integer, real, text, time

CONVERSATION: Final = Entity(
    "conversation",
    "conversations",
    "One conversation between a person and an agent.",
    (
        TENANT, AGENT, AGENT_TYPE, CHANNEL,
        text("resolution", "How it ended: resolved, unresolved, escalated, abandoned."),
        time("started_at", "When it began.", required=True),
        time("ended_at", "When it ended; unset while it runs. Must not change once set."),
        real("duration", "Length of the conversation.", unit="seconds"),
        integer("messages", "Messages of both sides."),
        integer("answers", "Answers that the agent gave."),
        integer("fallbacks", "Answers in which the agent fell back to 'I do not know'."),
        real("confidence", "Mean confidence of the answers.", unit="ratio"),
        flag("goal_achieved", "Whether the conversation reached its goal."),
        flag("handed_off", "Whether a human took over."),
    ),
)  # fmt: skip

ENTITIES: Final[tuple[Entity, ...]] = (CONVERSATION,)
