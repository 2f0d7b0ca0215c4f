"""Formulas of content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from exporter.entities.content import QUESTION
from exporter.labels import BAND
from exporter.metric import Metric
from exporter.metrics.content import (
    ANSWERED,
    BELOW_ANSWERED,
    FRESHNESS,
    OUT_OF_SCOPE,
    QUESTION_CONFIDENCE,
    RETRIEVAL_FAILED,
    RETRIEVAL_KNOWN,
    SCOPE_KNOWN,
    TOPICS_ASKED,
    TOPICS_COVERED,
)  # fmt: skip
from provisioning.kpi import Asked, Kpi

NO_CONFIDENCE: Final = "No answer where no question with a known confidence was asked in the window."


def _kpi(
    name: str,
    title: str,
    expression: Callable[[Asked], str],
    *metrics: Metric,
    meaning: str,
    formula: str,
    unknown: str = NO_CONFIDENCE,
    unit: str = "ratio",
    code: str = "T1",
) -> Kpi:
    return Kpi(
        name=name, title=title, meaning=meaning, unit=unit, formula=formula, unknown=unknown, domain="content",
        codes=(code,), metrics=metrics, expression=expression,
    )  # fmt: skip


def _freshness(asked: Asked) -> str:
    return asked.ratio(asked.total(FRESHNESS, {BAND: "fresh"}), asked.total(FRESHNESS))


UNANSWERED: Final = _kpi(
    "unanswered_questions", "Unanswered questions", lambda asked: asked.upto(QUESTION_CONFIDENCE, BELOW_ANSWERED), QUESTION_CONFIDENCE,
    meaning="How many questions were answered with little confidence.", formula="questions with a confidence below 0.7", unit="questions",
)  # fmt: skip
UNANSWERED_SHARE: Final = _kpi(
    "unanswered_share", "Unanswered share",
    lambda asked: asked.ratio(asked.upto(QUESTION_CONFIDENCE, BELOW_ANSWERED), asked.observed(QUESTION_CONFIDENCE)), QUESTION_CONFIDENCE,
    meaning="Which share of the questions was answered with little confidence.",
    formula="questions with a confidence below 0.7 / questions with a known confidence",
)  # fmt: skip
CONFIDENCE: Final = _kpi(
    "question_confidence", "Confidence of answers to questions", lambda asked: asked.mean(QUESTION_CONFIDENCE), QUESTION_CONFIDENCE,
    meaning="How sure agents are of their answers on average.", formula="sum of confidences / number of confidences",
)  # fmt: skip
OUT_OF_SCOPE_SHARE: Final = _kpi(
    "out_of_scope_share", "Out of scope", lambda asked: asked.ratio(asked.increase(OUT_OF_SCOPE), asked.increase(SCOPE_KNOWN)),
    OUT_OF_SCOPE, SCOPE_KNOWN, meaning="Which share of the questions is none that the agent is there for.",
    formula="out-of-scope questions / questions of which it is known whether they are",
    unknown="No answer where it is known of no question in the window.",
)  # fmt: skip
RETRIEVAL_FAILURE: Final = _kpi(
    "retrieval_failure_share", "Failed retrievals",
    lambda asked: asked.ratio(asked.increase(RETRIEVAL_FAILED), asked.increase(RETRIEVAL_KNOWN)), RETRIEVAL_FAILED, RETRIEVAL_KNOWN,
    meaning="For which share of the questions the knowledge base had nothing that served.",
    formula="questions whose search failed / questions of which it is known how the search went",
    unknown="No answer where it is known of no question in the window.",
)  # fmt: skip
COVERAGE: Final = _kpi(
    "knowledge_coverage", "Knowledge coverage", lambda asked: asked.ratio(asked.total(TOPICS_COVERED), asked.total(TOPICS_ASKED)),
    TOPICS_COVERED, TOPICS_ASKED, code="T2",
    meaning="Of which share of the topics that people ask about the agents have a fresh document.",
    formula="topics asked about in the last 30 days that have a fresh document / topics asked about, each counted for each tenant",
    unknown="No answer where no question with a topic was asked in 30 days.",
)  # fmt: skip
FRESH_SHARE: Final = _kpi(
    "knowledge_freshness", "Knowledge freshness", _freshness, FRESHNESS, code="T2",
    meaning="Which share of the documents that can be found is fresh.",
    formula="documents whose content was read within content.stale_after and whose address answers / documents that can be found",
    unknown="No answer where no document can be found.",
)  # fmt: skip


def _rows(name: str, title: str, sql: str, *, meaning: str, formula: str) -> Kpi:
    return Kpi(
        name=name, title=title, meaning=meaning, unit="questions", formula=formula, domain="content", codes=("T1",), sql=sql,
        unknown="No rows where no question was asked.", entity=QUESTION,
    )  # fmt: skip


MOST_ASKED: Final = _rows(
    "most_asked", "Most asked questions",
    f"""SELECT COALESCE(NULLIF(topic, ''), 'unknown') AS topic, COALESCE(NULLIF(category, ''), 'unknown') AS category,
    COALESCE(question, '(hidden)') AS question, COUNT(*) AS asked, COUNT(*) FILTER (WHERE confidence < {ANSWERED}) AS unanswered,
    AVG(confidence) AS confidence
FROM watchfloor.question WHERE $__timeFilter(asked_at) AND {{where}}
GROUP BY 1, 2, 3 ORDER BY asked DESC, topic, question LIMIT 50""",
    meaning="What people ask most, by topic and category; the words of a question are shown when personal data is.",
    formula="questions of the time range counted by topic, category and words",
)  # fmt: skip
OPEN_QUESTIONS: Final = _rows(
    "open_questions", "Questions without a good answer",
    f"""SELECT asked_at, tenant, agent, topic, category, source, confidence, out_of_scope, retrieval_failed,
    COALESCE(question, '(hidden)') AS question
FROM watchfloor.question WHERE $__timeFilter(asked_at) AND confidence < {ANSWERED} AND {{where}}
ORDER BY asked_at DESC LIMIT 100""",
    meaning="The newest questions that were answered with little confidence, to be read.",
    formula="questions of the time range with a confidence below 0.7, the newest 100",
)  # fmt: skip

KPIS: Final[tuple[Kpi, ...]] = (
    UNANSWERED, UNANSWERED_SHARE, CONFIDENCE, OUT_OF_SCOPE_SHARE, RETRIEVAL_FAILURE, COVERAGE, FRESH_SHARE, MOST_ASKED, OPEN_QUESTIONS,
)  # fmt: skip
