"""Formulas of conversations."""

from typing import Final

from exporter.labels import RESOLUTION
from exporter.metrics.conversations import (
    ANSWER_CONFIDENCE,
    CONVERSATION_ANSWERS,
    CONVERSATION_DURATION,
    CONVERSATION_FALLBACKS,
    CONVERSATION_GOALS,
    CONVERSATION_GOALS_KNOWN,
    CONVERSATION_HANDOFFS,
    CONVERSATION_MESSAGES,
    CONVERSATIONS_ENDED,
    RETURNING_VISITORS,
    VISITORS,
)  # fmt: skip
from provisioning.kpi import Kpi

NONE_ENDED: Final = "Without ended conversations in the window there is no answer."

GOAL_SUCCESS: Final = Kpi(
    name="goal_success",
    title="Goal success",
    meaning="Share of conversations, of which it is known, that reached their goal.",
    unit="percentunit",
    formula="conversations that reached their goal / conversations of which this is known",
    unknown="Without ended conversations whose result is known there is no answer.",
    domain="conversations",
    codes=("C5", "N1"),
    metrics=(CONVERSATION_GOALS, CONVERSATION_GOALS_KNOWN),
    expression=lambda ask: ask.ratio(ask.increase(CONVERSATION_GOALS), ask.increase(CONVERSATION_GOALS_KNOWN)),
)
HANDOFF_RATE: Final = Kpi(
    name="handoff_rate",
    title="Handed to a human",
    meaning="Share of ended conversations that a human took over.",
    unit="percentunit",
    formula="conversations handed over / conversations ended",
    unknown=NONE_ENDED,
    domain="conversations",
    codes=("C5",),
    metrics=(CONVERSATION_HANDOFFS, CONVERSATIONS_ENDED),
    expression=lambda ask: ask.ratio(ask.increase(CONVERSATION_HANDOFFS), ask.increase(CONVERSATIONS_ENDED)),
)
FALLBACK_RATE: Final = Kpi(
    name="fallback_rate",
    title="Fallback rate",
    meaning="Share of answers in which the agent said that it does not know.",
    unit="percentunit",
    formula="answers that fell back / answers, of ended conversations",
    unknown="Without answers in the window there is no answer.",
    domain="conversations",
    codes=("C5",),
    metrics=(CONVERSATION_FALLBACKS, CONVERSATION_ANSWERS),
    expression=lambda ask: ask.ratio(ask.increase(CONVERSATION_FALLBACKS), ask.increase(CONVERSATION_ANSWERS)),
)
CONFIDENCE: Final = Kpi(
    name="answer_confidence",
    title="Answer confidence",
    meaning="Mean over ended conversations of how sure the agent was of its answers.",
    unit="percentunit",
    formula="sum of the conversations' confidences / number of conversations with one",
    unknown="Without ended conversations that have a confidence there is no answer.",
    domain="conversations",
    codes=("C5", "N1"),
    metrics=(ANSWER_CONFIDENCE,),
    expression=lambda ask: ask.mean(ANSWER_CONFIDENCE),
)
RESOLUTION_RATE: Final = Kpi(
    name="resolution_rate",
    title="Resolution rate",
    meaning="Share of ended conversations with a known resolution that were resolved.",
    unit="percentunit",
    formula="conversations with resolution resolved / conversations with a known resolution",
    unknown="Without ended conversations whose resolution is known there is no answer.",
    domain="conversations",
    codes=("C5",),
    metrics=(CONVERSATIONS_ENDED,),
    expression=lambda ask: ask.known(CONVERSATIONS_ENDED, RESOLUTION, "resolved"),
)
ESCALATION_RATE: Final = Kpi(
    name="escalation_rate",
    title="Escalation rate",
    meaning="Share of ended conversations with a known resolution that were escalated.",
    unit="percentunit",
    formula="conversations with resolution escalated / conversations with a known resolution",
    unknown="Without ended conversations whose resolution is known there is no answer.",
    domain="conversations",
    codes=("C5",),
    metrics=(CONVERSATIONS_ENDED,),
    expression=lambda ask: ask.known(CONVERSATIONS_ENDED, RESOLUTION, "escalated"),
)
MESSAGES_EACH: Final = Kpi(
    name="messages_per_conversation",
    title="Messages per conversation",
    meaning="Messages of both sides in one ended conversation on average.",
    unit="short",
    formula="messages / ended conversations",
    unknown=NONE_ENDED,
    domain="conversations",
    codes=("C6",),
    metrics=(CONVERSATION_MESSAGES, CONVERSATIONS_ENDED),
    expression=lambda ask: ask.ratio(ask.increase(CONVERSATION_MESSAGES), ask.increase(CONVERSATIONS_ENDED)),
)
AVERAGE_LENGTH: Final = Kpi(
    name="conversation_average_length",
    title="Average length of a conversation",
    meaning="Mean length of ended conversations.",
    unit="s",
    formula="sum of lengths / number of ended conversations",
    unknown=NONE_ENDED,
    domain="conversations",
    codes=("C2",),
    metrics=(CONVERSATION_DURATION,),
    expression=lambda ask: ask.mean(CONVERSATION_DURATION),
)
RETURNING_SHARE: Final = Kpi(
    name="returning_visitors",
    title="Returning visitors",
    meaning="Share of the visitors of a day, week or month who had also come in the same length of time before it.",
    unit="percentunit",
    formula="returning visitors / visitors, each person counted once in a period",
    unknown="Without visitors in the period there is no answer.",
    domain="conversations",
    codes=("C6",),
    metrics=(RETURNING_VISITORS, VISITORS),
    expression=lambda ask: ask.ratio(ask.total(RETURNING_VISITORS), ask.total(VISITORS)),
)

KPIS: Final[tuple[Kpi, ...]] = (
    GOAL_SUCCESS, HANDOFF_RATE, FALLBACK_RATE, CONFIDENCE, RESOLUTION_RATE, ESCALATION_RATE, MESSAGES_EACH, AVERAGE_LENGTH,
    RETURNING_SHARE,
)  # fmt: skip
