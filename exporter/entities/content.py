"""Content: questions, answers and the knowledge base."""

from typing import Final

from exporter.entity import AGENT, TENANT, Entity, flag, real, text, time

TOPIC: Final = text("topic", "What it is about.")

QUESTION: Final = Entity(
    "question",
    "content",
    "One question that a person asked an agent, with how well it was answered.",
    (
        TENANT, AGENT, TOPIC,
        text("category", "Group of topics."),
        text("question", "The question as it was asked.", personal=True),
        text("source", "Where the answer came from: retrieval, question list, guardrail, ...; unset without an answer."),
        real("confidence", "How sure the agent was of its answer; below 0.7 the question counts as unanswered.", unit="ratio"),
        flag("out_of_scope", "Whether the question is none that the agent is there for."),
        flag("retrieval_failed", "Whether the search in the knowledge base found nothing that served."),
        time("asked_at", "When it was asked.", required=True),
    ),
)  # fmt: skip

DOCUMENT: Final = Entity(
    "document",
    "content",
    "One document or page of the knowledge base.",
    (
        TENANT, TOPIC,
        text("title", "Its heading."),
        text("url", "Its address, if it was read from one."),
        time("uploaded_at", "When it was given in.", required=True),
        time("indexed_at", "From when it could be found, or when it was withdrawn before; unset while it waits."),
        time("refreshed_at", "When its content was last read anew."),
        time("expired_at", "From when its address no longer answered; unset while it does."),
        time("removed_at", "When it was taken out of the knowledge base; unset while it is there."),
    ),
)  # fmt: skip

ENTITIES: Final[tuple[Entity, ...]] = (QUESTION, DOCUMENT)
