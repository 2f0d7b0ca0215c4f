"""Metrics of satisfaction."""

import math
from typing import Final

from exporter.entities.satisfaction import FEEDBACK, SENTIMENT
from exporter.labels import AGENT, AGENT_TYPE, CHANNEL, EMOTION, KIND, SOURCE, TENANT
from exporter.metric import Computed, Count, Distribution, Metric

WHO: Final = (TENANT, AGENT, AGENT_TYPE, CHANNEL)
POSITIVE: Final = 0.6
"""A sentiment above it is positive."""

BELOW_NEGATIVE: Final = math.nextafter(0.4, 0)
"""A sentiment below 0.4 is negative; a bucket holds what is up to its bound, so this is the greatest number below."""

DETRACTOR: Final = 6.0
"""An answer of 0 to 6 to the question of NPS speaks against the agent."""

BELOW_PROMOTER: Final = math.nextafter(9.0, 0)
"""One of 9 or 10 speaks for it."""

CONVERSATION_SENTIMENT: Final = Distribution(
    base="conversation_sentiment_ratio",
    help="Recorded sentiment of conversations, from 0 (bad) to 1 (good).",
    domain="satisfaction",
    codes=("Q1", "Q3"),
    unit="ratio",
    entity=SENTIMENT,
    at=SENTIMENT["scored_at"],
    value=SENTIMENT["score"],
    bounds=(0.2, BELOW_NEGATIVE, POSITIVE, 0.8, 1.0),
    labels=WHO,
)
EMOTIONS: Final = Count(
    base="conversation_emotions_total",
    help="Conversations by the emotion that was recorded for them.",
    domain="satisfaction",
    codes=("Q1",),
    entity=SENTIMENT,
    at=SENTIMENT["scored_at"],
    where=(SENTIMENT["emotion"].present,),
    labels=(*WHO, EMOTION),
)
FEEDBACK_SCORE: Final = Distribution(
    base="feedback_score",
    help="Answers of people about agents: thumbs 0 or 1, rating 1 to 5, nps 0 to 10.",
    domain="satisfaction",
    codes=("Q2", "N2"),
    entity=FEEDBACK,
    at=FEEDBACK["given_at"],
    value=FEEDBACK["score"],
    bounds=(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, DETRACTOR, BELOW_PROMOTER, 10.0),
    labels=(TENANT, AGENT, AGENT_TYPE, KIND),
)
NEGATIVE_FEEDBACK: Final = Computed(
    base="negative_feedback_recent",
    help="Negative answers (thumb down, rating up to 2, nps up to 6) in the last 5 minutes.",
    domain="satisfaction",
    codes=("N2",),
    labels=(TENANT, AGENT),
)
RECENT_SENTIMENT_SUM: Final = Computed(
    base="recent_sentiment_sum",
    help="Sum of the sentiment scores of the last hour, recorded ones and those computed from text.",
    domain="satisfaction",
    codes=("Q1",),
    labels=(TENANT, SOURCE),
)
RECENT_SENTIMENT_COUNT: Final = Computed(
    base="recent_sentiment_scores",
    help="Number of sentiment scores of the last hour, recorded ones and those computed from text.",
    domain="satisfaction",
    codes=("Q1",),
    labels=(TENANT, SOURCE),
)

METRICS: Final[tuple[Metric, ...]] = (
    CONVERSATION_SENTIMENT, EMOTIONS, FEEDBACK_SCORE, NEGATIVE_FEEDBACK, RECENT_SENTIMENT_SUM, RECENT_SENTIMENT_COUNT,
)  # fmt: skip
