"""Numbers of satisfaction on panels against plain Python and SQL over the rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any, Final

import pytest

from tests.kpi.rig import RANGES, TENANTS, Place, close, windows

pytestmark = [pytest.mark.stack, pytest.mark.slow]

BOARD: Final = "satisfaction"


def sentiments(demo: Place, tenant: str, since: datetime, until: datetime) -> list[float]:
    """Scores of conversations that ended in a window."""
    rows = demo.rows(
        """SELECT sentiment FROM agent_conversations
           WHERE tenant = %s AND ended_at > %s AND ended_at <= %s AND sentiment IS NOT NULL""",
        tenant, since, until,
    )  # fmt: skip
    return [float(score) for (score,) in rows]


def answers(demo: Place, tenant: str, kind: str, since: datetime) -> list[float]:
    """Scores of one kind of feedback."""
    rows = demo.rows(
        "SELECT score FROM agent_feedback WHERE tenant = %s AND kind = %s AND created_at > %s AND created_at <= %s",
        tenant, kind, since, demo.end,
    )  # fmt: skip
    return [float(score) for (score,) in rows]


def outcomes(demo: Place, tenant: str, since: datetime) -> list[str]:
    """Known outcomes of calls that ended."""
    rows = demo.rows(
        "SELECT outcome FROM call_sessions WHERE tenant = %s AND ended_at > %s AND ended_at <= %s AND outcome IS NOT NULL",
        tenant, since, demo.end,
    )  # fmt: skip
    return [str(outcome) for (outcome,) in rows]


def share(values: list[Any], wanted: Callable[[Any], bool]) -> float | None:
    """Share of values; unknown without any."""
    return sum(map(wanted, values)) / len(values) if values else None


def nps(scores: list[float]) -> float | None:
    """Promoters gave 9 or 10, detractors 0 to 6."""
    if not scores:
        return None
    return 100 * (len([s for s in scores if s in (9, 10)]) - len([s for s in scores if s <= 6])) / len(scores)


def by_panel(demo: Place, tenant: str, since: datetime) -> dict[str, float | None]:
    """What each panel must say."""
    now = sentiments(demo, tenant, since, demo.end)
    before = sentiments(demo, tenant, since - (demo.end - since), since)
    thumbs, ratings = answers(demo, tenant, "thumbs", since), answers(demo, tenant, "rating", since)
    held = outcomes(demo, tenant, since)
    booked = held.count("appointment_booked") / len(held)
    completed = 1 - (held.count("failed") + held.count("no_answer")) / len(held)
    return {
        "Average sentiment": fmean(now),
        "Positive conversations": share(now, lambda score: score > 0.6),
        "Negative conversations": share(now, lambda score: score < 0.4),
        "Sentiment trend": fmean(now) - fmean(before) if before else None,
        "Net promoter score": nps(answers(demo, tenant, "nps", since)),
        "Thumbs up": share(thumbs, lambda score: score == 1),
        "Average rating": fmean(ratings) if ratings else None,
        "Quality score": 100 * (0.4 * fmean(now) + 0.3 * booked + 0.3 * completed),
    }


@pytest.mark.parametrize("tenant", TENANTS)
def test_panels(demo: Place, tenant: str) -> None:
    """Eight formulas over each range."""
    for days, since in windows(demo.end):
        for title, wanted in by_panel(demo, tenant, since).items():
            if title == "Sentiment trend" and days > 14:
                continue  # The history of the rig is shorter than two such windows.
            found = demo.value(BOARD, title, days=days, tenant=tenant)
            assert close(found, wanted), f"{title} of {tenant} in {days} days: {found} for {wanted}"


@pytest.mark.parametrize("tenant", TENANTS)
def test_feedback_rate(demo: Place, tenant: str) -> None:
    """Answers by conversations, each by its own time."""
    for days, since in windows(demo.end):
        ((given, ended),) = demo.rows(
            """SELECT (SELECT count(*) FROM agent_feedback WHERE tenant = %s AND created_at > %s AND created_at <= %s),
                      (SELECT count(*) FROM agent_conversations WHERE tenant = %s AND ended_at > %s AND ended_at <= %s)""",
            tenant, since, demo.end, tenant, since, demo.end,
        )  # fmt: skip
        assert close(demo.value(BOARD, "Feedback rate", days=days, tenant=tenant), given / ended)


@pytest.mark.parametrize("tenant", TENANTS)
def test_points_lost_and_left_are_a_hundred(demo: Place, tenant: str) -> None:
    """The bars explain the score: together with it they are 100."""
    for days, _ in windows(demo.end):
        score = demo.value(BOARD, "Quality score", days=days, tenant=tenant)
        lost = [demo.value(BOARD, "Where points are lost", ref=ref, days=days, tenant=tenant) for ref in "ABC"]
        assert score is not None
        assert close(100.0, score + sum(part for part in lost if part is not None))


@pytest.mark.parametrize("tenant", TENANTS)
def test_emotions_and_ratings(demo: Place, tenant: str) -> None:
    """Every part of the pie, every bar."""
    for days, since in windows(demo.end):
        rows = demo.rows(
            """SELECT emotion, count(*) FROM agent_conversations WHERE tenant = %s AND ended_at > %s AND ended_at <= %s
               AND emotion IS NOT NULL GROUP BY 1""",
            tenant, since, demo.end,
        )  # fmt: skip
        found = {
            dict(key)["emotion"]: value
            for key, value in demo.values(BOARD, "Emotions", days=days, tenant=tenant).items()
        }
        assert {key: value for key, value in found.items() if value} == dict(rows)
        ratings = answers(demo, tenant, "rating", since)
        for ref, bound in zip("ABCDE", range(1, 6), strict=True):
            bar = demo.value(BOARD, "Ratings", ref=ref, days=days, tenant=tenant)
            assert (bar or 0) == len([score for score in ratings if score <= bound])


def test_scores_on_the_limits_are_neither_negative_nor_positive(demo: Place) -> None:
    """The rows hold scores of exactly 0.4 and 0.6, which a bound that is not strict would count wrongly."""
    ((on_low, on_high),) = demo.rows(
        """SELECT count(*) FILTER (WHERE sentiment = 0.4), count(*) FILTER (WHERE sentiment = 0.6)
           FROM agent_conversations WHERE ended_at > %s AND ended_at <= %s""",
        demo.end - timedelta(days=30), demo.end,
    )  # fmt: skip
    assert on_low > 0
    assert on_high > 0


def test_negative_answers_can_be_read(demo: Place) -> None:
    """The table has the rows of the time range whose score is negative, and hides what people wrote."""
    rows = demo.table(BOARD, "Negative answers to read", days=7)
    assert rows
    assert {row["comment"] for row in rows} == {"(none or hidden)"}
    limits = {"thumbs": 0, "rating": 2, "nps": 6}
    assert all(row["score"] <= limits[row["kind"]] for row in rows)
    ((count,),) = demo.rows(
        """SELECT count(*) FROM agent_feedback WHERE created_at >= %s AND created_at <= %s AND (kind, score) IN
           (SELECT kind, score FROM (VALUES ('thumbs', 0), ('rating', 1), ('rating', 2), ('nps', 0), ('nps', 1), ('nps', 2),
           ('nps', 3), ('nps', 4), ('nps', 5), ('nps', 6)) AS v (kind, score))""",
        demo.end - timedelta(days=7), demo.now or demo.end,
    )  # fmt: skip
    assert len(rows) == min(100, count)


def test_without_rows_nothing_is_known(nothing: Place) -> None:
    """No answer, neither 0 nor NaN."""
    titles = (
        "Average sentiment", "Positive conversations", "Negative conversations", "Sentiment trend", "Net promoter score", "Thumbs up",
        "Average rating", "Quality score", "Feedback rate", "Negative answers",
    )  # fmt: skip
    for days in RANGES:
        for title in titles:
            assert nothing.value(BOARD, title, days=days, now=True) is None, title
