"""Values exactly on the limits of satisfaction and content fall on the side that the formulas say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from exporter.metric import Distribution
from exporter.metrics.content import BELOW_ANSWERED, QUESTION_CONFIDENCE
from exporter.metrics.satisfaction import (
    BELOW_NEGATIVE,
    BELOW_PROMOTER,
    CONVERSATION_SENTIMENT,
    DETRACTOR,
    FEEDBACK_SCORE,
    POSITIVE,
)  # fmt: skip
from exporter.schema import statements
from tests.conftest import Postgres
from tests.real.once import scrape

ROWS: Final = {
    "INSERT INTO agent_conversations (id, tenant, started_at, ended_at, sentiment) VALUES (%s, 'acme', %s, %s, %s)": (0.399, 0.4, 0.6, 0.601),
    "INSERT INTO agent_feedback (id, tenant, kind, created_at, score) VALUES (%s, 'acme', 'nps', %s, %s)": (6, 7, 8, 9, 10),
    "INSERT INTO questions (id, tenant, question, asked_at, confidence) VALUES (%s, 'acme', '?', %s, %s)": (0.699, 0.7, 0.701),
}  # fmt: skip
UPTO: Final[tuple[tuple[Distribution, float, int], ...]] = (
    (CONVERSATION_SENTIMENT, BELOW_NEGATIVE, 1),
    (CONVERSATION_SENTIMENT, POSITIVE, 3),
    (FEEDBACK_SCORE, DETRACTOR, 1),
    (FEEDBACK_SCORE, BELOW_PROMOTER, 3),
    (QUESTION_CONFIDENCE, BELOW_ANSWERED, 1),
)
"""How many of these values are up to each bound: 0.4 is not negative, 0.6 not positive, 6 a detractor, 9 a promoter, 0.7 an answer."""


def test_values_on_the_limits(postgres: Postgres, tmp_path: Path) -> None:
    """Every bucket that a strict formula reads."""
    at = datetime.now(UTC) - timedelta(hours=1)
    with postgres.connect() as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())
        for insert, values in ROWS.items():
            times = (at,) * (insert.count("%s") - 2)
            for number, value in enumerate(values):
                connection.execute(insert.encode(), (f"r{number}", *times, value))
    samples = scrape(tmp_path, postgres.url, {})
    for metric, bound, count in UPTO:
        assert samples.value(metric.bucket, tenant="acme", le=repr(bound)) == count, (metric.base, bound)
