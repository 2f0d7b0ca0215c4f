"""Computations of satisfaction: negative answers as they come, and sentiment that is read from text when that is wanted."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from exporter.computed import scorer
from exporter.computed.facts import Computation, Facts, Value
from exporter.entities.satisfaction import FEEDBACK, SENTIMENT, UTTERANCE
from exporter.metrics.satisfaction import DETRACTOR, NEGATIVE_FEEDBACK, RECENT_SENTIMENT_COUNT, RECENT_SENTIMENT_SUM

HOUR: Final = timedelta(hours=1)
EVENT: Final = timedelta(minutes=5)
LOW_RATING: Final = 2.0
"""A rating up to it is negative."""

NEGATIVE: Final = """
SELECT tenant, agent, SUM(CASE WHEN (kind = 'thumbs' AND score <= 0) OR (kind = 'rating' AND score <= :rating)
    OR (kind = 'nps' AND score <= :nps) THEN 1 ELSE 0 END)
FROM {given} GROUP BY tenant, agent
"""
RECORDED: Final = "SELECT tenant, SUM(score), COUNT(score) FROM {scored} WHERE score IS NOT NULL GROUP BY tenant"
SAID: Final = "SELECT tenant, words FROM {said} WHERE words IS NOT NULL ORDER BY said_at DESC LIMIT :most"


def negative(facts: Facts) -> Iterator[Value]:
    """Negative answers of the last minutes. A counter could not tell the first answer ever of an agent: it has no rise."""
    given = facts.of(FEEDBACK, FEEDBACK["given_at"], since=EVENT)
    for tenant, agent, count in facts.read(NEGATIVE, given=given, rating=LOW_RATING, nps=DETRACTOR):
        yield Value(NEGATIVE_FEEDBACK, (tenant, agent), count)


def recorded(facts: Facts) -> Iterator[Value]:
    """Scores of the last hour that the data has."""
    scored = facts.of(SENTIMENT, SENTIMENT["scored_at"], since=HOUR)
    for tenant, total, count in facts.read(RECORDED, scored=scored):
        yield from _scores(tenant, "recorded", float(total), count)


def computed(facts: Facts) -> Iterator[Value]:
    """Scores of what people said in the last hour; the words are read only when the settings ask for it, and not kept."""
    wanted = facts.settings.satisfaction
    if not wanted.score_text:
        return
    said = facts.of(UTTERANCE, UTTERANCE["said_at"], since=HOUR)
    sums: dict[str | None, list[float]] = {}
    for tenant, words in facts.read(SAID, said=said, most=wanted.messages):
        score = scorer.score(words)
        if score is not None:
            sums.setdefault(tenant, []).append(score)
    for tenant, scores in sums.items():
        yield from _scores(tenant, "computed", sum(scores), len(scores))


def _scores(tenant: str | None, source: str, total: float, count: int) -> Iterator[Value]:
    yield Value(RECENT_SENTIMENT_SUM, (tenant, source), total)
    yield Value(RECENT_SENTIMENT_COUNT, (tenant, source), count)


RECENT: Final = (RECENT_SENTIMENT_SUM, RECENT_SENTIMENT_COUNT)
COMPUTATIONS: Final[tuple[Computation, ...]] = (
    Computation(
        "negative_feedback", "satisfaction", (NEGATIVE_FEEDBACK,), {FEEDBACK: ("kind", "score")}, negative, every=5.0
    ),
    Computation("recorded_sentiment", "satisfaction", RECENT, {SENTIMENT: ("score",)}, recorded, every=30.0),
    Computation("computed_sentiment", "satisfaction", RECENT, {UTTERANCE: ("words",)}, computed),
)
