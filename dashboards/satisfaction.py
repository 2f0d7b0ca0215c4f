"""Satisfaction: how people feel about the agents, what they say, and what would make it better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import DAYS, SCOPES, ceiling, drill, frame
from dashboards.query import DAILY, DAY, RANGE, Query, Sql, buckets, instant, legend
from dashboards.tables import Column, summary
from exporter.entities.satisfaction import FEEDBACK
from exporter.labels import AGENT, AGENT_TYPE, CHANNEL, EMOTION, KIND, SOURCE, TENANT
from exporter.metrics.satisfaction import CONVERSATION_SENTIMENT, EMOTIONS, FEEDBACK_SCORE, NEGATIVE_FEEDBACK
from provisioning import promql
from provisioning.kpis.satisfaction import (
    FEEDBACK_RATE,
    NEGATIVE_SHARE,
    NPS,
    POSITIVE_SHARE,
    RATING_MEAN,
    RECENT_SENTIMENT,
    SENTIMENT,
    SENTIMENT_TREND,
    THUMBS_UP,
    lost,
    quality,
)  # fmt: skip

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["satisfaction"]
POINTS: Final = ((None, "red"), (0, "orange"), (30, "green"))
"""Usual reading of NPS: below 0 more people speak against than for, from 30 on it is good."""

LOST: Final = {
    "sentiment": "sentiment - read the conversations that went badly",
    "booking": "booking - look at how the agent offers and books appointments",
    "completion": "completion - look at failed and unanswered calls",
}
"""What the bars say: the part and where to look."""


def build(settings: Settings) -> Any:
    """The dashboard of satisfaction."""
    body = [
        *_first(settings),
        *panels.row("Feeling", _feeling(settings)),
        *panels.row("What people say", _answers()),
        *panels.row("Comparison", [_agents(settings), _comments()]),
    ]
    return frame(
        "satisfaction", "How do people feel about the agents, and what would make it better?", body=body, settings=settings,
        sources=dict.fromkeys(S.labels, (CONVERSATION_SENTIMENT,)), days=True,
    )  # fmt: skip


def _first(settings: Settings) -> list[Any]:
    weights = settings.satisfaction.quality
    negative = ceiling(settings.thresholds.negative_sentiment)
    return [
        panels.gauge("Quality score", "How well do conversations go on the whole, from 0 to 100, by sentiment, booking and completion?",
                     "short", [instant(S.kpi(quality(weights)))], maximum=100, decimals=0),
        panels.gauge("Average sentiment", "How good is the feeling in conversations?", "percentunit", [instant(S.kpi(SENTIMENT))]),
        panels.gauge("Negative conversations", "Which share of conversations had a sentiment below 0.4?", "percentunit",
                     [instant(S.kpi(NEGATIVE_SHARE))], thresholds=negative),
        panels.gauge("Net promoter score", "How many more people would recommend the agents than would not, in points?", "short",
                     [instant(S.kpi(NPS))], minimum=-100, maximum=100, decimals=0, thresholds=POINTS),
        panels.bargauge("Where points are lost", "Which part takes most from the quality score, so where is it best to improve?", "short",
                        [instant(S.kpi(part), LOST[name]) for name, part in lost(weights).items()], decimals=1, width=12),
        panels.timeseries("Quality score per day", "Do conversations go better or worse than some days ago?", "short",
                          [Query(S.kpi(quality(weights), window=DAILY), "quality score")], interval=DAY, time_from=DAYS, maximum=100),
    ]  # fmt: skip


def _feeling(settings: Settings) -> list[Any]:
    negative = ceiling(settings.thresholds.negative_sentiment)
    return [
        panels.stat("Positive conversations", "Which share of conversations had a sentiment above 0.6?", "percentunit",
                    [instant(S.kpi(POSITIVE_SHARE))], decimals=1),
        panels.stat("Sentiment trend", "By how much is the average sentiment better than in the time range before?", "none",
                    [instant(S.kpi(SENTIMENT_TREND))], decimals=3, thresholds=((None, "red"), (0, "green"))),
        panels.stat("Negative answers", "How many people gave a negative answer in the last 5 minutes?", "short",
                    [instant(S.total(NEGATIVE_FEEDBACK))]),
        panels.timeseries("Sentiment per day", "Does the feeling change from day to day?", "percentunit", [
            Query(S.kpi(SENTIMENT, window=DAILY), "average"), Query(S.kpi(POSITIVE_SHARE, window=DAILY), "positive"),
        ], interval=DAY, time_from=DAYS, maximum=1),
        panels.timeseries("Negative conversations over time", "Is there a spike of conversations that go badly?", "percentunit",
                          [Query(S.kpi(NEGATIVE_SHARE, CHANNEL, window=promql.RATE_INTERVAL), legend(CHANNEL))], thresholds=negative, maximum=1),
        panels.heatmap("Spread of sentiment", "Are there bad conversations behind a good average?", "percentunit",
                       [buckets(CONVERSATION_SENTIMENT, S.on(CONVERSATION_SENTIMENT))]),
        panels.pie("Emotions", "Which emotions do conversations leave?", "short",
                   [instant(S.increase(EMOTIONS, EMOTION), legend(EMOTION))]),
        panels.bargauge("Sentiment by source", "How good was the feeling in the last hour as it was recorded, and as it was computed from text?",
                        "percentunit", [instant(S.kpi(RECENT_SENTIMENT, SOURCE), legend(SOURCE))], maximum=1),
    ]  # fmt: skip


def _answers() -> list[Any]:
    given = f"round(sum by (kind) (increase({promql.selector(FEEDBACK_SCORE, S.on(FEEDBACK_SCORE), FEEDBACK_SCORE.count)}[{DAILY}])))"
    return [
        panels.stat("Thumbs up", "Which share of the thumbs points up?", "percentunit", [instant(S.kpi(THUMBS_UP))], decimals=1),
        panels.stat("Average rating", "Which rating from 1 to 5 do people give on average?", "short", [instant(S.kpi(RATING_MEAN))],
                    decimals=2),
        panels.stat("Feedback rate", "How many answers do people give for each conversation?", "percentunit",
                    [instant(S.kpi(FEEDBACK_RATE))], decimals=1),
        panels.bargauge("Ratings", "How many people gave each rating or a lower one?", "short", [
            instant(_upto(bound), f"up to {bound:g}") for bound in (1.0, 2.0, 3.0, 4.0, 5.0)
        ], width=12, decimals=0),
        panels.timeseries("Answers per day", "How many answers of each kind come in?", "short", [Query(given, legend(KIND))],
                          stack=True, bars=True, interval=DAY, time_from=DAYS),
        panels.timeseries("Net promoter score per day", "Do more people recommend the agents than some days ago?", "short",
                          [Query(S.kpi(NPS, window=DAILY), "net promoter score")], interval=DAY, time_from=DAYS, minimum=-100, maximum=100),
    ]  # fmt: skip


def _upto(bound: float) -> str:
    """Ratings up to a bound over the time range."""
    series = promql.bucket(FEEDBACK_SCORE, bound, S.on(FEEDBACK_SCORE, {KIND: "rating"}))
    return f"round(sum (increase({series}[{RANGE}])))"


def _agents(settings: Settings) -> Any:
    by = (TENANT, AGENT, AGENT_TYPE)
    count = promql.selector(CONVERSATION_SENTIMENT, S.on(CONVERSATION_SENTIMENT), CONVERSATION_SENTIMENT.count)
    return summary(
        "Agents", "Which agent leaves people content, and which does not?", by, (
            Column("Conversations", "short", f"sum{promql.by(CONVERSATION_SENTIMENT, by)} (increase({count}[{RANGE}]))"),
            Column("Sentiment", "percentunit", S.kpi(SENTIMENT, *by)),
            Column("Negative", "percentunit", S.kpi(NEGATIVE_SHARE, *by), ceiling(settings.thresholds.negative_sentiment)),
            Column("NPS", "short", S.kpi(NPS, *by)),
            Column("Thumbs up", "percentunit", S.kpi(THUMBS_UP, *by)),
            Column("Quality", "short", S.kpi(quality(settings.satisfaction.quality), *by)),
        ),
        links=[drill("satisfaction", "conversations", "Conversations of this agent", AGENT, row=True)],
    )  # fmt: skip


def _comments() -> Any:
    statement = f"""SELECT given_at, tenant, agent, channel, kind, score, COALESCE(comment, '(none or hidden)') AS comment
FROM watchfloor.feedback WHERE $__timeFilter(given_at) AND {S.where(FEEDBACK)}
AND ((kind = 'thumbs' AND score <= 0) OR (kind = 'rating' AND score <= 2) OR (kind = 'nps' AND score <= 6))
ORDER BY given_at DESC LIMIT 100"""
    return panels.table(
        "Negative answers to read", "What do people who are not content say? Comments are shown when personal data is.", "none",
        [Sql(statement)],
    )  # fmt: skip
