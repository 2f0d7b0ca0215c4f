"""Conversations: chats and the talk inside calls, with how well they went."""

from typing import Final

from exporter.entity import AGENT, AGENT_TYPE, CHANNEL, TENANT, Entity, flag, integer, real, text, time

CONVERSATION: Final = Entity(
    "conversation",
    "conversations",
    "One conversation between a person and an agent.",
    (
        text("id", "What names this conversation."),
        text("call", "The call in which it took place; unset for a chat."),
        TENANT, AGENT, AGENT_TYPE, CHANNEL,
        text("visitor", "Pseudonym of the person.", personal=True),
        text("device", "Kind of device: phone, mobile, desktop, ..."),
        text("browser", "Browser of the visitor."),
        text("country", "Country of the visitor, two letters of ISO 3166-1."),
        text("referrer", "Where the visitor came from."),
        text("topic", "What it is about."),
        text("stage", "How far it came: greeting, qualification, offer, closing."),
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

MESSAGE: Final = Entity(
    "message",
    "conversations",
    "One thing that was said or written in a conversation.",
    (
        text("conversation", "The conversation that it belongs to."),
        TENANT,
        text("role", "Who said it: person, agent, tool, system."),
        text("content", "The words.", personal=True),
        flag("objection", "Whether the person raised an objection."),
        time("sent_at", "When it was said.", required=True),
    ),
)  # fmt: skip

ENTITIES: Final[tuple[Entity, ...]] = (CONVERSATION, MESSAGE)
