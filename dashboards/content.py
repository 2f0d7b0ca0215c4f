"""Content: what people ask, what the agents cannot answer, and the state of the knowledge base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import DAYS, SCOPES, ceiling, drill, floor, frame
from dashboards.query import DAILY, DAY, Query, Sql, instant, legend, table
from dashboards.tables import Column, override, summary
from exporter.computed.content import HINTS
from exporter.entities.content import DOCUMENT
from exporter.labels import BAND, CATEGORY, PRIORITY, REASON, SOURCE, TENANT, TOPIC
from exporter.metric import Metric
from exporter.metrics.content import (
    DOCUMENTS,
    EXPIRED_URLS,
    FRESHNESS,
    GAPS,
    OLDEST_AGE,
    PENDING_AGE,
    PENDING_UPLOADS,
    QUESTIONS,
    QUESTIONS_BY_SOURCE,
)  # fmt: skip
from provisioning.kpis.content import (
    CONFIDENCE,
    COVERAGE,
    FRESH_SHARE,
    MOST_ASKED,
    OPEN_QUESTIONS,
    OUT_OF_SCOPE_SHARE,
    RETRIEVAL_FAILURE,
    UNANSWERED,
    UNANSWERED_SHARE,
)  # fmt: skip

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["content"]
COLOURS: Final = {"critical": "red", "high": "orange", "medium": "yellow", "low": "blue"}


def build(settings: Settings) -> Any:
    """The dashboard of content."""
    body = [
        *_first(settings),
        *panels.row("What to write next", [_gaps(), _topics(settings)]),
        *panels.row("Questions", _questions(settings)),
        *panels.row("Knowledge base", _knowledge(settings)),
        *panels.row("To read", _tables()),
    ]
    return frame(
        "content", "What do people ask, what can the agents not answer, and what should be written?", body=body, settings=settings,
        sources=dict.fromkeys(S.labels, (QUESTIONS,)), days=True,
    )  # fmt: skip


def _first(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.gauge("Unanswered questions", "Which share of questions was answered with a confidence below 0.7?", "percentunit",
                     [instant(S.kpi(UNANSWERED_SHARE))], thresholds=ceiling(limits.unanswered_questions)),
        panels.gauge("Knowledge coverage", "Of which share of the topics that people ask about is there a fresh document?", "percentunit",
                     [instant(S.kpi(COVERAGE))]),
        panels.gauge("Knowledge freshness", "Which share of the documents is fresh?", "percentunit", [instant(S.kpi(FRESH_SHARE))],
                     thresholds=floor(limits.knowledge_freshness)),
        panels.gauge("Failed retrievals", "For which share of the questions had the knowledge base nothing that served?", "percentunit",
                     [instant(S.kpi(RETRIEVAL_FAILURE))]),
    ]  # fmt: skip


def _gaps() -> Any:
    """Gaps of the knowledge base with what to do, the most urgent first by colour."""
    # Columns cannot have mappings of their own; these words stand in no other column.
    words = [{"type": "value", "options": {word: {"color": colour}}} for word, colour in COLOURS.items()]
    hints = [{"type": "value", "options": {why: {"text": hint}}} for why, hint in HINTS.items()]
    rename = {"Value": "Unanswered in 30 days", REASON.name: "What to do"}
    order = {TENANT.name: 0, TOPIC.name: 1, PRIORITY.name: 2, "Value": 3, REASON.name: 4}
    by = (TENANT, TOPIC, PRIORITY, REASON)
    return panels.table(
        "Knowledge gaps", "Which topics do the agents not know well enough, how urgent is it, and what should be done?", "short",
        [table(f"sort_desc({S.total(GAPS, *by)})")], sort="Unanswered in 30 days", decimals=0,
        transformations=[{"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": rename}}],
        mappings=(*words, *hints), overrides=[override(PRIORITY.name, custom__cellOptions={"type": "color-text"})],
    )  # fmt: skip


def _topics(settings: Settings) -> Any:
    by = (TENANT, TOPIC)
    return summary(
        "Topics", "Which topics do people ask about most, and how well are they answered?", by, (
            Column("Questions", "short", S.increase(QUESTIONS, *by)),
            Column("Unanswered", "short", S.kpi(UNANSWERED, *by)),
            Column("Unanswered share", "percentunit", S.kpi(UNANSWERED_SHARE, *by), ceiling(settings.thresholds.unanswered_questions)),
            Column("Failed retrievals", "percentunit", S.kpi(RETRIEVAL_FAILURE, *by)),
            Column("Confidence", "percentunit", S.kpi(CONFIDENCE, *by)),
            Column("Documents", "short", S.total(DOCUMENTS, *by)),
        ),
        links=[drill("content", "conversations", "Conversations of this tenant", TENANT, row=True)],
    )  # fmt: skip


def _questions(settings: Settings) -> list[Any]:
    limit = ceiling(settings.thresholds.unanswered_questions)
    return [
        panels.stat("Questions", "How many questions were asked?", "short", [instant(S.increase(QUESTIONS))], decimals=0),
        panels.stat("Unanswered", "How many questions were answered with a confidence below 0.7?", "short",
                    [instant(S.kpi(UNANSWERED))], decimals=0),
        panels.stat("Out of scope", "Which share of questions are the agents not there for?", "percentunit",
                    [instant(S.kpi(OUT_OF_SCOPE_SHARE))], decimals=1),
        panels.timeseries("Questions per day", "What do people ask about, day by day?", "short",
                          [Query(S.increase(QUESTIONS, TOPIC, window=DAILY), legend(TOPIC))], stack=True, bars=True, interval=DAY, time_from=DAYS),
        panels.timeseries("Unanswered share per day", "Do the agents know more or less than some days ago?", "percentunit", [
            Query(S.kpi(UNANSWERED_SHARE, window=DAILY), "unanswered"), Query(S.kpi(RETRIEVAL_FAILURE, window=DAILY), "failed retrieval"),
            Query(S.kpi(OUT_OF_SCOPE_SHARE, window=DAILY), "out of scope"),
        ], thresholds=limit, interval=DAY, time_from=DAYS),
        panels.pie("Categories", "Which groups of topics do questions belong to?", "short",
                   [instant(S.increase(QUESTIONS, CATEGORY), legend(CATEGORY))]),
        panels.pie("Sources of answers", "Where do answers come from?", "short",
                   [instant(S.increase(QUESTIONS_BY_SOURCE, SOURCE), legend(SOURCE))]),
    ]  # fmt: skip


def _knowledge(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.stat("Expired addresses", "How many documents come from an address that no longer answers?", "short",
                    [instant(S.total(EXPIRED_URLS))], thresholds=((None, "green"), (1, "orange"))),
        panels.stat("Pending uploads", "How many documents wait to be indexed?", "short", [instant(S.total(PENDING_UPLOADS))]),
        panels.stat("Longest wait", "How long has the document waited that waits for longest?", "s",
                    [instant(f"max({_of(PENDING_AGE)})")], thresholds=ceiling(limits.pending_upload_seconds)),
        panels.stat("Oldest content", "How long ago was the content read that was not read for longest?", "s", [instant(f"max({_of(OLDEST_AGE)})")]),
        panels.timeseries("Documents", "How does the knowledge base grow?", "short", [Query(S.total(DOCUMENTS, TOPIC), legend(TOPIC))], stack=True),
        panels.pie("Freshness", "How many documents are fresh, and how many stale?", "short", [instant(S.total(FRESHNESS, BAND), legend(BAND))]),
    ]  # fmt: skip


def _of(metric: Metric) -> str:
    return S.total(metric, TENANT)


def _tables() -> list[Any]:
    documents = f"""SELECT tenant, topic, title, url, uploaded_at, refreshed_at, expired_at,
CASE WHEN indexed_at IS NULL THEN 'pending' WHEN expired_at <= now() THEN 'expired' ELSE 'indexed' END AS state
FROM watchfloor.document WHERE removed_at IS NULL AND {S.where(DOCUMENT)}
ORDER BY (indexed_at IS NULL) DESC, (expired_at IS NOT NULL) DESC, refreshed_at NULLS FIRST LIMIT 100"""
    return [
        panels.table(MOST_ASKED.title, "What do people ask most? Words are shown when personal data is.", "none", [S.rows(MOST_ASKED)]),
        panels.table(OPEN_QUESTIONS.title, "Which questions were answered with little confidence? Words are shown when personal data is.",
                     "none", [S.rows(OPEN_QUESTIONS)]),
        panels.table("Documents that need care", "Which documents wait, have an expired address, or were not read for longest?", "none",
                     [Sql(documents)]),
    ]  # fmt: skip
