"""Metrics of content: questions, how well they are answered, and the knowledge base behind the answers."""

import math
from typing import Final

from exporter.entities.content import DOCUMENT, QUESTION
from exporter.entity import Condition
from exporter.labels import AGENT, BAND, CATEGORY, PRIORITY, REASON, SOURCE, TENANT, TOPIC, Label
from exporter.metric import Computed, Count, Distribution, Level, Metric

ANSWERED: Final = 0.7
"""From this confidence on a question counts as answered."""

BELOW_ANSWERED: Final = math.nextafter(ANSWERED, 0)
"""The greatest number below: a bucket holds what is up to its bound."""

ASKED: Final = QUESTION["asked_at"]


def _questions(base: str, help: str, labels: tuple[Label, ...], *where: Condition) -> Count:
    """A counter of questions."""
    return Count(
        base=base, help=help, domain="content", codes=("T1",), entity=QUESTION, at=ASKED, labels=labels, where=where
    )


def _computed(base: str, help: str, *labels: Label, code: str = "T2", unit: str = "") -> Computed:
    """A number about the knowledge base that is worked out in the background."""
    return Computed(base=base, help=help, domain="content", codes=(code,), labels=(TENANT, *labels), unit=unit)


QUESTIONS: Final = _questions(
    "questions_total", "Questions asked, by what they are about.", (TENANT, AGENT, TOPIC, CATEGORY)
)
QUESTIONS_BY_SOURCE: Final = _questions(
    "questions_by_source_total", "Questions asked, by where the answer came from.", (TENANT, AGENT, SOURCE)
)
OUT_OF_SCOPE: Final = _questions(
    "questions_out_of_scope_total",
    "Questions that the agent is not there for.",
    (TENANT, AGENT),
    QUESTION["out_of_scope"].true,
)
SCOPE_KNOWN: Final = _questions(
    "questions_scope_known_total",
    "Questions of which it is known whether the agent is there for them.",
    (TENANT, AGENT),
    QUESTION["out_of_scope"].present,
)
RETRIEVAL_FAILED: Final = _questions(
    "questions_retrieval_failed_total",
    "Questions for which the search in the knowledge base found nothing that served.",
    (TENANT, AGENT, TOPIC),
    QUESTION["retrieval_failed"].true,
)
RETRIEVAL_KNOWN: Final = _questions(
    "questions_retrieval_known_total",
    "Questions of which it is known how the search in the knowledge base went.",
    (TENANT, AGENT, TOPIC),
    QUESTION["retrieval_failed"].present,
)
QUESTION_CONFIDENCE: Final = Distribution(
    base="question_confidence_ratio",
    help="How sure agents were of their answers to questions.",
    domain="content",
    codes=("T1",),
    unit="ratio",
    entity=QUESTION,
    at=ASKED,
    value=QUESTION["confidence"],
    bounds=(0.5, BELOW_ANSWERED, 0.9),
    labels=(TENANT, AGENT, TOPIC),
)
DOCUMENTS: Final = Level(
    base="knowledge_documents",
    help="Documents that agents can find in the knowledge base.",
    domain="content",
    codes=("T2",),
    entity=DOCUMENT,
    opened=DOCUMENT["indexed_at"],
    closed=DOCUMENT["removed_at"],
    labels=(TENANT, TOPIC),
)
EXPIRED_URLS: Final = Level(
    base="knowledge_expired_urls",
    help="Documents of the knowledge base whose address no longer answers.",
    domain="content",
    codes=("T2", "N2"),
    entity=DOCUMENT,
    opened=DOCUMENT["expired_at"],
    closed=DOCUMENT["removed_at"],
    labels=(TENANT,),
    zero=True,
)
PENDING_UPLOADS: Final = Level(
    base="knowledge_pending_uploads",
    help="Documents that were given in and cannot be found yet.",
    domain="content",
    codes=("T2", "N2"),
    entity=DOCUMENT,
    opened=DOCUMENT["uploaded_at"],
    closed=DOCUMENT["indexed_at"],
    labels=(TENANT,),
    zero=True,
)
FRESHNESS: Final = _computed(
    "knowledge_freshness_documents",
    "Documents that can be found, by whether their content was read within content.stale_after (fresh) or not (stale).",
    BAND,
)
OLDEST_AGE: Final = _computed(
    "knowledge_oldest_age_seconds",
    "Time since the content of the document that was not read for longest was read.",
    unit="seconds",
)
PENDING_AGE: Final = _computed(
    "knowledge_pending_age_seconds",
    "How long the document that waits for longest has waited to be found.",
    unit="seconds",
)
TOPICS_ASKED: Final = _computed("knowledge_topics_asked", "Topics that people asked about in the last 30 days.")
TOPICS_COVERED: Final = _computed(
    "knowledge_topics_covered", "Topics that people asked about in the last 30 days and that have a fresh document."
)
GAPS: Final = _computed(
    "knowledge_gap_questions",
    "Unanswered questions of the last 30 days about topics that the agents do not know well enough, with why and how urgent.",
    TOPIC,
    PRIORITY,
    REASON,
    code="T1",
)

METRICS: Final[tuple[Metric, ...]] = (
    QUESTIONS, QUESTIONS_BY_SOURCE, OUT_OF_SCOPE, SCOPE_KNOWN, RETRIEVAL_FAILED, RETRIEVAL_KNOWN, QUESTION_CONFIDENCE,
    DOCUMENTS, EXPIRED_URLS, PENDING_UPLOADS, FRESHNESS, OLDEST_AGE, PENDING_AGE, TOPICS_ASKED, TOPICS_COVERED, GAPS,
)  # fmt: skip
