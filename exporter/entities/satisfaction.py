"""Satisfaction: the feeling in conversations, what people say about agents, and the words that feeling can be read from."""

from typing import Final

from exporter.entity import AGENT, AGENT_TYPE, CHANNEL, TENANT, Entity, real, text, time

SENTIMENT: Final = Entity(
    "sentiment",
    "satisfaction",
    "The feeling in one conversation, as the system that held it recorded it.",
    (
        TENANT, AGENT, AGENT_TYPE, CHANNEL,
        real("score", "From 0 (bad) to 1 (good); unset when it was not recorded.", unit="ratio"),
        text("emotion", "Feeling in a word: happy, satisfied, neutral, frustrated, angry, ..."),
        time("scored_at", "When the conversation ended, or was scored. Must not change once set.", required=True),
    ),
)  # fmt: skip

FEEDBACK: Final = Entity(
    "feedback",
    "satisfaction",
    "One answer of a person who was asked what the agent was like.",
    (
        TENANT, AGENT, AGENT_TYPE, CHANNEL,
        text("kind", "thumbs, rating or nps."),
        real("score", "thumbs: 1 up, 0 down; rating: 1 to 5; nps: 0 to 10. A value below 0 is no score and is rejected."),
        text("comment", "What the person wrote.", personal=True),
        time("given_at", "When it was given.", required=True),
    ),
)  # fmt: skip

UTTERANCE: Final = Entity(
    "utterance",
    "satisfaction",
    "Something that a person (not the agent) said; read only by the optional scorer of text.",
    (
        TENANT,
        text("words", "What was said.", personal=True),
        time("said_at", "When it was said.", required=True),
    ),
)  # fmt: skip

ENTITIES: Final[tuple[Entity, ...]] = (SENTIMENT, FEEDBACK, UTTERANCE)
