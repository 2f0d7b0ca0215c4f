"""Formulas of satisfaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from exporter.labels import KIND
from exporter.metric import Metric
from exporter.metrics.calls import CALLS_COMPLETED
from exporter.metrics.conversations import CONVERSATIONS_ENDED
from exporter.metrics.satisfaction import (
    BELOW_NEGATIVE,
    BELOW_PROMOTER,
    CONVERSATION_SENTIMENT,
    DETRACTOR,
    FEEDBACK_SCORE,
    POSITIVE,
    RECENT_SENTIMENT_COUNT,
    RECENT_SENTIMENT_SUM,
)  # fmt: skip
from exporter.sections import QualityWeights
from provisioning import promql
from provisioning.kpi import Asked, Kpi
from provisioning.kpis.calls import COMPLETION_RATE
from provisioning.kpis.leads import booking

NO_SCORE: Final = "No answer where no sentiment was recorded in the window."
NO_OUTCOME: Final = "No answer where no call with a known outcome ended in the window."
THUMBS: Final = {KIND: "thumbs"}
RATING: Final = {KIND: "rating"}
NPS_KIND: Final = {KIND: "nps"}


def _kpi(
    name: str,
    title: str,
    expression: Callable[[Asked], str],
    *metrics: Metric,
    meaning: str,
    formula: str,
    code: str,
    unknown: str = NO_SCORE,
    unit: str = "ratio",
) -> Kpi:
    return Kpi(
        name=name, title=title, meaning=meaning, unit=unit, formula=formula, unknown=unknown, domain="satisfaction",
        codes=(code,), metrics=metrics, expression=expression,
    )  # fmt: skip


def _mean(asked: Asked) -> str:
    return asked.mean(CONVERSATION_SENTIMENT)


def _trend(asked: Asked) -> str:
    group = promql.by(CONVERSATION_SENTIMENT, asked.by)
    total, count = (
        f"sum{group} (increase({promql.selector(CONVERSATION_SENTIMENT, asked.of(CONVERSATION_SENTIMENT), series)}"
        f"[{asked.window}] offset {promql.span(asked.window)}))"
        for series in (CONVERSATION_SENTIMENT.sum, CONVERSATION_SENTIMENT.count)
    )
    return f"({_mean(asked)}) - ({asked.ratio(total, count)})"


def _positive(asked: Asked) -> str:
    """What is not up to the bound is above it."""
    return f"1 - {asked.ratio(asked.upto(CONVERSATION_SENTIMENT, POSITIVE), asked.observed(CONVERSATION_SENTIMENT))}"


def _negative(asked: Asked) -> str:
    return asked.ratio(asked.upto(CONVERSATION_SENTIMENT, BELOW_NEGATIVE), asked.observed(CONVERSATION_SENTIMENT))


def _recent(asked: Asked) -> str:
    return asked.ratio(asked.total(RECENT_SENTIMENT_SUM), asked.total(RECENT_SENTIMENT_COUNT))


def _nps(asked: Asked) -> str:
    """Promoters gave more than the greatest number below 9."""
    every = asked.observed(FEEDBACK_SCORE, NPS_KIND)
    others, against = (asked.upto(FEEDBACK_SCORE, bound, NPS_KIND) for bound in (BELOW_PROMOTER, DETRACTOR))
    return f"100 * {asked.ratio(f'({every} - {others} - {against})', every)}"


def _thumbs(asked: Asked) -> str:
    return f"1 - {asked.ratio(asked.upto(FEEDBACK_SCORE, 0.0, THUMBS), asked.observed(FEEDBACK_SCORE, THUMBS))}"


SENTIMENT: Final = _kpi(
    "sentiment", "Average sentiment", _mean, CONVERSATION_SENTIMENT, code="Q1",
    meaning="How good the feeling in conversations is, from 0 (bad) to 1 (good).",
    formula="sum of recorded scores / number of recorded scores",
)  # fmt: skip
SENTIMENT_TREND: Final = _kpi(
    "sentiment_trend", "Sentiment trend", _trend, CONVERSATION_SENTIMENT, code="Q1",
    meaning="By how much the average sentiment differs from that of the window of the same length before.",
    formula="average sentiment - average sentiment of the window before",
    unknown="No answer where either window has no recorded sentiment.",
)  # fmt: skip
POSITIVE_SHARE: Final = _kpi(
    "positive_share", "Positive conversations", _positive, CONVERSATION_SENTIMENT, code="Q1",
    meaning="Which share of conversations with a recorded sentiment went well.", formula="scores above 0.6 / all scores",
)  # fmt: skip
NEGATIVE_SHARE: Final = _kpi(
    "negative_share", "Negative conversations", _negative, CONVERSATION_SENTIMENT, code="Q1",
    meaning="Which share of conversations with a recorded sentiment went badly.", formula="scores below 0.4 / all scores",
)  # fmt: skip
RECENT_SENTIMENT: Final = _kpi(
    "recent_sentiment", "Sentiment of the last hour by source", _recent, RECENT_SENTIMENT_SUM, RECENT_SENTIMENT_COUNT, code="Q1",
    meaning="The average sentiment of the last hour as it was recorded, and as it was computed from text.",
    formula="sum of scores / number of scores; a text in which no word tells a feeling has no score",
    unknown="No answer without scores in the last hour; nothing is computed unless satisfaction.score_text is on.",
)  # fmt: skip
NPS: Final = _kpi(
    "nps", "Net promoter score", _nps, FEEDBACK_SCORE, code="Q2", unit="points from -100 to 100",
    meaning="How many more people would recommend the agent than would not.",
    formula="100 x (answers of 9 or 10 - answers of 0 to 6) / answers of kind nps",
    unknown="No answer where nobody answered the question of NPS in the window.",
)  # fmt: skip
THUMBS_UP: Final = _kpi(
    "thumbs_up_share", "Thumbs up", _thumbs, FEEDBACK_SCORE, code="Q2",
    meaning="Which share of the thumbs that people gave points up.", formula="thumbs up / all thumbs",
    unknown="No answer where nobody gave a thumb in the window.",
)  # fmt: skip
RATING_MEAN: Final = _kpi(
    "rating_mean", "Average rating", lambda asked: asked.mean(FEEDBACK_SCORE, RATING), FEEDBACK_SCORE, code="Q2", unit="1 to 5",
    meaning="Which rating people give on average.", formula="sum of ratings / number of ratings",
    unknown="No answer where nobody rated in the window.",
)  # fmt: skip
FEEDBACK_RATE: Final = _kpi(
    "feedback_rate", "Feedback rate",
    lambda asked: asked.ratio(asked.observed(FEEDBACK_SCORE), asked.increase(CONVERSATIONS_ENDED)), FEEDBACK_SCORE, CONVERSATIONS_ENDED,
    code="Q2", meaning="How many answers people give for each conversation: a score from few of them says little.",
    formula="answers of all kinds / ended conversations", unknown="No answer where no conversation ended in the window.",
)  # fmt: skip


def lost(weights: QualityWeights) -> dict[str, Kpi]:
    """Points that each part takes from the quality score: where to improve first."""
    whole = weights.sentiment + weights.booking + weights.completion
    parts: dict[str, tuple[float, Callable[[Asked], str], Metric, str]] = {
        "sentiment": (weights.sentiment, _mean, CONVERSATION_SENTIMENT, NO_SCORE),
        "booking": (weights.booking, booking, CALLS_COMPLETED, NO_OUTCOME),
        "completion": (weights.completion, COMPLETION_RATE.within, CALLS_COMPLETED, NO_OUTCOME),
    }
    found = {}
    for name, (weight, expression, metric, unknown) in parts.items():
        found[name] = _kpi(
            f"quality_lost_{name}", f"Quality lost by {name}", _less(100 * weight / whole, expression), metric, code="Q3",
            unit="points", meaning=f"How many points of the quality score the part {name} takes away.",
            formula=f"100 x {weight / whole:.4g} x (1 - {name}); the weight is satisfaction.quality.{name}", unknown=unknown,
        )  # fmt: skip
    return found


def _less(points: float, expression: Callable[[Asked], str]) -> Callable[[Asked], str]:
    return lambda asked: f"{points:.12g} * (1 - ({expression(asked)}))"


def quality(weights: QualityWeights) -> Kpi:
    """The quality score with these weights: what is left of 100 points."""
    parts = lost(weights)
    return _kpi(
        "quality_score", "Quality score",
        lambda asked: "100 - " + " - ".join(f"({part.within(asked)})"
                                            for part in parts.values()),
        CONVERSATION_SENTIMENT, CALLS_COMPLETED, code="Q3", unit="points from 0 to 100",
        meaning="How well calls go on the whole: how people feel, how often they book, how often a call is held to its end.",
        formula="100 x (weights.sentiment x average sentiment + weights.booking x booked share of calls with a known outcome "
        "+ weights.completion x share of those that neither failed nor stayed without answer) / sum of the weights; "
        f"weights are satisfaction.quality, here {weights.sentiment:g}, {weights.booking:g} and {weights.completion:g}",
        unknown="No answer where one of the three parts is unknown: a score of two parts could not be compared with one of three.",
    )  # fmt: skip


QUALITY: Final = quality(QualityWeights())

KPIS: Final[tuple[Kpi, ...]] = (
    SENTIMENT, SENTIMENT_TREND, POSITIVE_SHARE, NEGATIVE_SHARE, RECENT_SENTIMENT, NPS, THUMBS_UP, RATING_MEAN, FEEDBACK_RATE,
    QUALITY, *lost(QualityWeights()).values(),
)  # fmt: skip
