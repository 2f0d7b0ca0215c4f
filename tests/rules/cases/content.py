"""Cases of content."""

from __future__ import annotations

from typing import Final

from tests.rules.case import CALLER, Case, Series

UP: Final = {'exporter_domain_up{domain="content"}': "1"}
T: Final = 'tenant="acme"'


def _questions(unanswered: str, every: str) -> Series:
    """Questions with a confidence below 0.7 and all of them."""
    name = "question_confidence_ratio"
    bucket = f'{name}_bucket{{{CALLER},topic="pricing",le="0.6999999999999998"}}'
    return {bucket: unanswered, f'{name}_count{{{CALLER},topic="pricing"}}': every, **UP}


def _documents(fresh: str, stale: str) -> Series:
    name = "knowledge_freshness_documents"
    return {f'{name}{{{T},band="fresh"}}': fresh, f'{name}{{{T},band="stale"}}': stale, **UP}


def _gap(priority: str) -> Series:
    return {f'knowledge_gap_questions{{{T},topic="pricing",priority="{priority}",reason="no_document"}}': "8", **UP}


def _one(name: str, value: str) -> Series:
    return {f"{name}{{{T}}}": value, **UP}


CASES: Final[dict[tuple[str, str], Case]] = {
    ("UnansweredQuestionsHigh", "warning"): Case(_questions("+2", "+4"), _questions("+1", "+4")),
    ("KnowledgeGap", "info"): Case(_gap("critical"), _gap("high")),
    ("KnowledgeStale", "info"): Case(_documents("1", "7"), _documents("4", "4")),
    ("ExpiredUrls", "info"): Case(_one("knowledge_expired_urls", "1"), _one("knowledge_expired_urls", "0")),
    ("PendingUploads", "info"): Case(
        _one("knowledge_pending_age_seconds", "86401"), _one("knowledge_pending_age_seconds", "86400")
    ),
}
