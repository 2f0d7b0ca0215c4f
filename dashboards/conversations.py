"""Conversations: how many there are and how well they go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import DAYS, SCOPES, ceiling, drill, floor, frame
from dashboards.query import DAILY, DAY, Query, buckets, instant, legend, table
from dashboards.tables import Column, summary
from exporter.labels import AGENT, AGENT_TYPE, CHANNEL, COUNTRY, DEVICE, PERIOD, REFERRER, RESOLUTION, TENANT
from exporter.metrics.conversations import (
    ACTIVE_CONVERSATIONS,
    ANSWER_CONFIDENCE,
    CONVERSATION_DURATION,
    CONVERSATIONS_BY_COUNTRY,
    CONVERSATIONS_BY_DEVICE,
    CONVERSATIONS_BY_REFERRER,
    CONVERSATIONS_ENDED,
    CONVERSATIONS_STARTED,
    RECENT_CONVERSATIONS,
    VISITORS,
)  # fmt: skip
from provisioning.kpis.calls import INTERRUPTIONS, TRANSCRIPTION_ACCURACY, VOICE_QUALITY
from provisioning.kpis.conversations import (
    AVERAGE_LENGTH,
    CONFIDENCE,
    FALLBACK_RATE,
    GOAL_SUCCESS,
    HANDOFF_RATE,
    MESSAGES_EACH,
    RETURNING_SHARE,
)  # fmt: skip

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["conversations"]


def build(settings: Settings) -> Any:
    """The dashboard of conversation quality."""
    body = [
        *_quality(settings),
        *panels.row("Amount", _amount()),
        *panels.row("Quality over time", _trends(settings)),
        *panels.row("Visitors", _visitors()),
        *panels.row("Voice", _voice(settings)),
        *panels.row("Comparison", [_agents(settings)]),
    ]
    return frame(
        "conversations", "How many conversations are there, and how well do they go?", body=body, settings=settings,
        sources=dict.fromkeys(S.labels, (CONVERSATIONS_STARTED,)), days=True,
    )  # fmt: skip


def _quality(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.gauge("Goal success", "Which share of conversations whose result is known reached its goal?", "percentunit",
                     [instant(S.kpi(GOAL_SUCCESS))], thresholds=floor(limits.success_rate)),
        panels.gauge("Handed to a human", "Which share of ended conversations did a human take over?", "percentunit",
                     [instant(S.kpi(HANDOFF_RATE))], thresholds=ceiling(limits.handoff_rate)),
        panels.gauge("Answer confidence", "How sure are agents of their answers on average?", "percentunit",
                     [instant(S.kpi(CONFIDENCE))], thresholds=floor(limits.confidence)),
        panels.gauge("Fallback rate", "In which share of their answers do agents say that they do not know?", "percentunit",
                     [instant(S.kpi(FALLBACK_RATE))]),
    ]  # fmt: skip


def _amount() -> list[Any]:
    return [
        panels.stat("Active now", "How many conversations are in progress?", "short", [instant(S.total(ACTIVE_CONVERSATIONS))]),
        panels.stat("Started", "How many conversations began in the time range?", "short",
                    [instant(S.increase(CONVERSATIONS_STARTED))], decimals=0),
        panels.stat("Messages per conversation", "How many messages do both sides write in one conversation?", "short",
                    [instant(S.kpi(MESSAGES_EACH))], decimals=1),
        panels.stat("Average length", "How long does a conversation last on average?", "s",
                    [instant(S.kpi(AVERAGE_LENGTH))]),
        panels.timeseries("Active conversations", "How busy are the agents?", "short",
                          [Query(S.total(ACTIVE_CONVERSATIONS, CHANNEL), legend(CHANNEL))], stack=True),
        panels.timeseries("Conversations per minute", "Do conversations begin and end at the same pace?", "cpm", [
            Query(f"60 * {S.rate(CONVERSATIONS_STARTED)}", "started"), Query(f"60 * {S.rate(CONVERSATIONS_ENDED)}", "ended"),
        ]),
        panels.timeseries("Conversations per day by resolution", "How did the conversations of each of the last days end?", "short",
                          [Query(S.increase(CONVERSATIONS_ENDED, RESOLUTION, window=DAILY), legend(RESOLUTION))],
                          stack=True, bars=True, interval=DAY, time_from=DAYS, width=16),
        panels.pie("Resolution", "How did conversations end in the time range?", "short",
                   [instant(S.increase(CONVERSATIONS_ENDED, RESOLUTION), legend(RESOLUTION))]),
    ]  # fmt: skip


def _trends(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.timeseries("Goals and hand-offs per day", "Do conversations go better or worse than some days ago?", "percentunit", [
            Query(S.kpi(GOAL_SUCCESS, window=DAILY), "goal reached"),
            Query(S.kpi(HANDOFF_RATE, window=DAILY), "handed to a human"),
            Query(S.kpi(FALLBACK_RATE, window=DAILY), "answers that fell back"),
        ], interval=DAY, time_from=DAYS),
        panels.timeseries("Confidence over time", "Do agents become less sure of their answers?", "percentunit", [
            Query(S.mean(ANSWER_CONFIDENCE), "average"), Query(S.quantile(0.1, ANSWER_CONFIDENCE), "p10"),
        ], thresholds=floor(limits.confidence), maximum=1),
        panels.timeseries("Length of conversations", "How long do conversations last?", "s", [
            *(Query(S.quantile(q, CONVERSATION_DURATION), f"p{q * 100:g}") for q in (0.5, 0.95)),
            Query(S.mean(CONVERSATION_DURATION), "average"),
        ]),
        panels.heatmap("Spread of confidence", "Are there many unsure answers behind a good average?", "percentunit",
                       [buckets(ANSWER_CONFIDENCE, S.on(ANSWER_CONFIDENCE))]),
    ]  # fmt: skip


def _visitors() -> list[Any]:
    by = (PERIOD,)
    return [
        panels.geomap("Countries", "From which countries do people come in the time range?", "short",
                      [table(S.increase(CONVERSATIONS_BY_COUNTRY, COUNTRY))], label=COUNTRY.name),
        summary("Conversations and people", "How many conversations and people were there in the last day, week, month and year?", by, (
            Column("Conversations", "short", S.total(RECENT_CONVERSATIONS, *by)),
            Column("People", "short", S.total(VISITORS, *by)),
            Column("Returning", "percentunit", S.kpi(RETURNING_SHARE, *by)),
        ), width=12, height=8),
        panels.pie("Devices", "With which devices do people come?", "short",
                   [instant(S.increase(CONVERSATIONS_BY_DEVICE, DEVICE), legend(DEVICE))], width=12),
        panels.bargauge("Referrers", "From where do people come to the agent?", "short",
                        [instant(f"sort_desc({S.increase(CONVERSATIONS_BY_REFERRER, REFERRER)})", legend(REFERRER))], width=12),
    ]  # fmt: skip


def _voice(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.gauge("Voice quality", "How well do voices come through in calls, from 1 (bad) to 5 (excellent)?", "none",
                     [instant(S.kpi(VOICE_QUALITY))], minimum=1, maximum=5, thresholds=floor(limits.voice_quality), width=8),
        panels.gauge("Transcription accuracy", "Which share of the words in calls is understood rightly?", "percentunit",
                     [instant(S.kpi(TRANSCRIPTION_ACCURACY))], thresholds=floor(limits.transcription_accuracy), width=8),
        panels.stat("Interruptions per call", "How often does a caller interrupt the agent in one call?", "short",
                    [instant(S.kpi(INTERRUPTIONS))], decimals=2, width=8, height=6),
    ]  # fmt: skip


def _agents(settings: Settings) -> Any:
    limits, by = settings.thresholds, (TENANT, AGENT, AGENT_TYPE)
    return summary(
        "Agents", "Which agent reaches its goals, and which needs help?", by, (
            Column("Conversations", "short", S.increase(CONVERSATIONS_ENDED, *by)),
            Column("Goal success", "percentunit", S.kpi(GOAL_SUCCESS, *by),
                   floor(limits.success_rate)),
            Column("Handed over", "percentunit", S.kpi(HANDOFF_RATE, *by),
                   ceiling(limits.handoff_rate)),
            Column("Fallbacks", "percentunit", S.kpi(FALLBACK_RATE, *by)),
            Column("Confidence", "percentunit", S.kpi(CONFIDENCE, *by), floor(limits.confidence)),
            Column("Length", "s", S.kpi(AVERAGE_LENGTH, *by)),
        ),
        links=[drill("conversations", "conversation", "Conversations of this agent one by one", AGENT, row=True),
               drill("conversations", "calls", "Calls of this agent", AGENT, row=True),
               drill("conversations", "pipeline", "Steps of this agent", AGENT, row=True)],
    )  # fmt: skip
