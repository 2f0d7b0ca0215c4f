"""Numbers of content on panels against plain Python and SQL over the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from tests.kpi.rig import RANGES, TENANTS, Place, close, windows

pytestmark = [pytest.mark.stack, pytest.mark.slow]

BOARD: Final = "content"
MONTH: Final = timedelta(days=30)


def asked(demo: Place, tenant: str, since: datetime, until: datetime | None = None) -> list[dict[str, Any]]:
    """Questions of a window."""
    names = ("topic", "category", "answer_source", "confidence", "out_of_scope", "retrieval_failed")
    rows = demo.rows(
        f"SELECT {', '.join(names)} FROM questions WHERE tenant = %s AND asked_at > %s AND asked_at <= %s",
        tenant, since, until or demo.end,
    )  # fmt: skip
    return [dict(zip(names, row, strict=True)) for row in rows]


def documents(demo: Place, tenant: str, now: datetime) -> Iterator[tuple[str, bool]]:
    """Topic of each document that can be found, and whether it is fresh."""
    rows = demo.rows(
        "SELECT topic, indexed_at, refreshed_at, expired_at, removed_at FROM knowledge_documents WHERE tenant = %s",
        tenant,
    )
    for topic, indexed, refreshed, expired, removed in rows:
        if indexed is not None and indexed <= now and (removed is None or removed > now):
            yield topic, (expired is None or expired > now) and now - (refreshed or indexed) <= MONTH


def by_panel(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    """What each panel must say."""
    sure = [row["confidence"] for row in rows if row["confidence"] is not None]
    scope = [row["out_of_scope"] for row in rows if row["out_of_scope"] is not None]
    searched = [row["retrieval_failed"] for row in rows if row["retrieval_failed"] is not None]
    unanswered = len([value for value in sure if value < 0.7])
    return {
        "Questions": len(rows),
        "Unanswered": unanswered,
        "Unanswered questions": unanswered / len(sure) if sure else None,
        "Out of scope": sum(scope) / len(scope) if scope else None,
        "Failed retrievals": sum(searched) / len(searched) if searched else None,
    }


@pytest.mark.parametrize("tenant", TENANTS)
def test_panels(demo: Place, tenant: str) -> None:
    """Five formulas over each range."""
    for days, since in windows(demo.end):
        for title, wanted in by_panel(asked(demo, tenant, since)).items():
            found = demo.value(BOARD, title, days=days, tenant=tenant)
            assert close(found, wanted), f"{title} of {tenant} in {days} days: {found} for {wanted}"


@pytest.mark.parametrize("tenant", TENANTS)
def test_parts(demo: Place, tenant: str) -> None:
    """Categories and sources, each part; a question without an answer has an unknown source."""
    for days, since in windows(demo.end):
        rows = asked(demo, tenant, since)
        for title, label, column in (
            ("Categories", "category", "category"),
            ("Sources of answers", "source", "answer_source"),
        ):
            found = demo.values(BOARD, title, days=days, tenant=tenant)
            shown = {dict(key)[label]: value for key, value in found.items() if value}
            assert shown == Counter(row[column] or "unknown" for row in rows)


@pytest.mark.parametrize("tenant", TENANTS)
def test_knowledge_base(demo: Place, tenant: str) -> None:
    """Freshness and coverage now, which are the same for every range."""
    now = datetime.now(UTC)
    there = list(documents(demo, tenant, now))
    topics = {row["topic"] for row in asked(demo, tenant, now - MONTH, now)}
    fresh = {topic for topic, is_fresh in there if is_fresh}
    for days in RANGES:
        found = demo.value(BOARD, "Knowledge freshness", days=days, now=True, tenant=tenant)
        assert close(found, len([1 for _, is_fresh in there if is_fresh]) / len(there))
        assert close(
            demo.value(BOARD, "Knowledge coverage", days=days, now=True, tenant=tenant),
            len(topics & fresh) / len(topics),
        )


@pytest.mark.parametrize("tenant", TENANTS)
def test_levels(demo: Place, tenant: str) -> None:
    """Expired addresses and pending uploads, now."""
    ((expired, pending),) = demo.rows(
        """SELECT count(*) FILTER (WHERE expired_at <= now() AND (removed_at IS NULL OR removed_at > now())),
                  count(*) FILTER (WHERE uploaded_at <= now() AND indexed_at IS NULL) FROM knowledge_documents WHERE tenant = %s""",
        tenant,
    )  # fmt: skip
    assert demo.value(BOARD, "Expired addresses", now=True, tenant=tenant) == expired
    assert demo.value(BOARD, "Pending uploads", now=True, tenant=tenant) == pending


def test_gaps(demo: Place) -> None:
    """Every gap with its urgency and reason, and no others, by the rules as docs/satisfaction.md tells them."""
    now, wanted = datetime.now(UTC), {}
    tenants = [row[0] for row in demo.rows("SELECT id FROM tenants")]
    for tenant in tenants:
        there = list(documents(demo, tenant, now))
        for topic in {row["topic"] for row in asked(demo, tenant, now - MONTH, now)}:
            rows = [row for row in asked(demo, tenant, now - MONTH, now) if row["topic"] == topic]
            missed = [row for row in rows if row["confidence"] is not None and row["confidence"] < 0.7]
            if len(missed) < 2:
                continue
            exists, fresh = any(t == topic for t, _ in there), any(t == topic and f for t, f in there)
            share = len(missed) / len([row for row in rows if row["confidence"] is not None])
            failed = len([row for row in missed if row["retrieval_failed"]]) / len(missed)
            answers = "retrieval_fails" if failed >= 0.5 else "weak_answers"
            reason = answers if fresh else "stale_document" if exists else "no_document"
            urgent = {True: "high" if fresh else "critical", False: "" if fresh else "high"}[share >= 0.5]
            wanted[tenant, topic, urgent or ("medium" if share >= 0.25 else "low"), reason] = float(len(missed))
    found = demo.values(BOARD, "Knowledge gaps", now=True)
    names = ("tenant", "topic", "priority", "reason")
    assert {tuple(dict(key)[name] for name in names): value for key, value in found.items()} == wanted
    assert {key[3] for key in wanted} > {"no_document"}


@pytest.mark.parametrize("tenant", TENANTS)
def test_most_asked(demo: Place, tenant: str) -> None:
    """The table counts by topic and category; the words are hidden."""
    demo.now = None
    for days, since in windows(demo.end):
        rows = demo.rows(
            """SELECT topic, category, count(*), count(*) FILTER (WHERE confidence < 0.7) FROM questions
               WHERE tenant = %s AND asked_at >= %s AND asked_at <= %s GROUP BY 1, 2""",
            tenant, since, demo.end,
        )  # fmt: skip
        found = demo.table(BOARD, "Most asked questions", days=days, tenant=tenant)
        assert {(row["topic"], row["category"], row["asked"], row["unanswered"]) for row in found} == set(rows)
        assert {row["question"] for row in found} == {"(hidden)"}
        assert [row["asked"] for row in found] == sorted((row["asked"] for row in found), reverse=True)


def test_tables_to_read(demo: Place) -> None:
    """Unsure answers only, the newest first; documents that wait come first."""
    rows = demo.table(BOARD, "Questions without a good answer", days=30)
    assert rows
    assert all(row["confidence"] < 0.7 for row in rows)
    assert [row["asked_at"] for row in rows] == sorted((row["asked_at"] for row in rows), reverse=True)
    care = demo.table(BOARD, "Documents that need care", days=30)
    ((pending,),) = demo.rows(
        "SELECT count(*) FROM knowledge_documents WHERE indexed_at IS NULL AND removed_at IS NULL"
    )
    assert [row["state"] for row in care[:pending]] == ["pending"] * pending


def test_without_rows_nothing_is_known(nothing: Place) -> None:
    """No answer, neither 0 nor NaN."""
    titles = (
        "Questions", "Unanswered", "Unanswered questions", "Out of scope", "Failed retrievals", "Knowledge coverage",
        "Knowledge freshness", "Expired addresses", "Pending uploads", "Longest wait", "Oldest content", "Knowledge gaps",
    )  # fmt: skip
    for days in RANGES:
        for title in titles:
            assert nothing.value(BOARD, title, days=days, now=True) is None, title
    assert nothing.table(BOARD, "Most asked questions", days=30) == []
