"""Computations of content: how fresh the knowledge base is, which topics it covers, and where it has gaps."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from exporter.computed.facts import Computation, Facts, Value
from exporter.entities.content import DOCUMENT, QUESTION
from exporter.metrics.content import (
    ANSWERED,
    FRESHNESS,
    GAPS,
    OLDEST_AGE,
    PENDING_AGE,
    TOPICS_ASKED,
    TOPICS_COVERED,
)  # fmt: skip

MONTH: Final = timedelta(days=30)
LEAST: Final = 2
"""Fewest unanswered questions that make a gap."""

THERE: Final = "indexed_at <= :now AND (removed_at IS NULL OR removed_at > :now)"
"""A document can be found. One whose address expired counts as stale, however lately it was read."""

FRESH: Final = "(expired_at IS NULL OR expired_at > :now) AND :now - COALESCE(refreshed_at, indexed_at) <= :limit"
DOCUMENTS: Final = f"""
SELECT tenant, SUM(CASE WHEN {FRESH} THEN 1 ELSE 0 END), COUNT(*), MAX(:now - COALESCE(refreshed_at, indexed_at))
FROM {{document}} WHERE {THERE} GROUP BY tenant
"""
PENDING: Final = """
SELECT tenant, MAX(CASE WHEN indexed_at IS NULL OR indexed_at > :now THEN :now - uploaded_at ELSE 0 END)
FROM {document} WHERE uploaded_at <= :now GROUP BY tenant
"""
TOPICS: Final = f"""
SELECT tenant, topic, SUM(CASE WHEN {FRESH} THEN 1 ELSE 0 END) FROM {{document}} WHERE {THERE} GROUP BY tenant, topic
"""
ASKED: Final = """
SELECT tenant, topic, COUNT(confidence), SUM(CASE WHEN confidence < :answered THEN 1 ELSE 0 END),
    SUM(CASE WHEN confidence < :answered AND retrieval_failed = 1 THEN 1 ELSE 0 END)
FROM {question} WHERE topic IS NOT NULL AND topic <> '' GROUP BY tenant, topic
"""
HINTS: Final = {
    "no_document": "Write a document about this topic.",
    "stale_document": "Read the documents of this topic anew, or correct their addresses.",
    "retrieval_fails": "Use the words of the questions in the documents' headings; check how they are indexed.",
    "weak_answers": "Read unanswered questions of this topic and add what the documents lack.",
}
"""What to do about each reason of a gap."""


def knowledge(facts: Facts) -> Iterator[Value]:
    """How many documents are fresh, how old the oldest is, how long uploads wait."""
    limit = facts.settings.content.stale_after
    document = facts.of(DOCUMENT)
    for tenant, fresh, count, oldest in facts.read(DOCUMENTS, document=document, now=facts.now, limit=limit):
        yield Value(FRESHNESS, (tenant, "fresh"), fresh)
        yield Value(FRESHNESS, (tenant, "stale"), count - fresh)
        yield Value(OLDEST_AGE, (tenant,), oldest)
    for tenant, waited in facts.read(PENDING, document=document, now=facts.now):
        yield Value(PENDING_AGE, (tenant,), waited)


def topics(facts: Facts) -> Iterator[Value]:
    """Which topics people ask about are covered, and where the gaps are."""
    limit = facts.settings.content.stale_after
    rows = facts.read(TOPICS, document=facts.of(DOCUMENT), now=facts.now, limit=limit)
    fresh = {(tenant, topic): int(count) for tenant, topic, count in rows}
    asked: dict[str | None, int] = {}
    covered: dict[str | None, int] = {}
    question = facts.of(QUESTION, QUESTION["asked_at"], since=MONTH)
    for tenant, topic, known, unanswered, failed in facts.read(ASKED, question=question, answered=ANSWERED):
        there = fresh.get((tenant, topic))
        asked[tenant] = asked.get(tenant, 0) + 1
        covered[tenant] = covered.get(tenant, 0) + bool(there)
        if unanswered is not None and unanswered >= LEAST:
            why, share = reason(there, failed / unanswered), unanswered / known
            yield Value(GAPS, (tenant, topic, priority(share, there), why), unanswered)
    for tenant, count in asked.items():
        yield Value(TOPICS_ASKED, (tenant,), count)
        yield Value(TOPICS_COVERED, (tenant,), covered[tenant])


def reason(fresh: int | None, failed: float) -> str:
    """Why a topic is answered badly: `fresh` documents about it (None: no document at all), and the share of failed searches."""
    if fresh is None:
        return "no_document"
    if fresh == 0:
        return "stale_document"
    return "retrieval_fails" if failed >= 0.5 else "weak_answers"


def priority(unanswered: float, fresh: int | None) -> str:
    """How urgent a gap is, by the share of the topic's questions that stay unanswered and whether a fresh document exists."""
    often = unanswered >= 0.5
    if not fresh:
        return "critical" if often else "high"
    return "high" if often else "medium" if unanswered >= 0.25 else "low"


COMPUTATIONS: Final[tuple[Computation, ...]] = (
    Computation("knowledge", "content", (FRESHNESS, OLDEST_AGE, PENDING_AGE), {DOCUMENT: ("indexed_at",)}, knowledge),
    Computation(
        "topics",
        "content",
        (TOPICS_ASKED, TOPICS_COVERED, GAPS),
        {QUESTION: ("topic", "confidence"), DOCUMENT: ("indexed_at",)},
        topics,
        every=120.0,
    ),
)
