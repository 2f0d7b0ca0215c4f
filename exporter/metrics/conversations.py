"""Metrics of conversations."""

from typing import Final

from exporter.entities.conversations import CONVERSATION, MESSAGE
from exporter.labels import (
    AGENT,
    AGENT_TYPE,
    CHANNEL,
    COUNTRY,
    DEVICE,
    PERIOD,
    REFERRER,
    RESOLUTION,
    ROLE,
    STAGE,
    TENANT,
)  # fmt: skip
from exporter.metric import Computed, Count, Distribution, Level, Sum

WHO: Final = (TENANT, AGENT, AGENT_TYPE, CHANNEL)
ENDED: Final = CONVERSATION["ended_at"]

CONVERSATIONS_STARTED: Final = Count(
    base="conversations_started_total",
    help="Conversations that began.",
    domain="conversations",
    codes=("C1", "C3"),
    entity=CONVERSATION,
    at=CONVERSATION["started_at"],
    labels=WHO,
)
CONVERSATIONS_ENDED: Final = Count(
    base="conversations_ended_total",
    help="Conversations that ended, by how they were resolved.",
    domain="conversations",
    codes=("C5",),
    entity=CONVERSATION,
    at=ENDED,
    labels=(*WHO, RESOLUTION),
)
CONVERSATION_DURATION: Final = Distribution(
    base="conversation_duration_seconds",
    help="Length of ended conversations.",
    domain="conversations",
    codes=("C2",),
    unit="seconds",
    entity=CONVERSATION,
    at=ENDED,
    value=CONVERSATION["duration"],
    bounds=(10.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0),
    labels=(TENANT, AGENT, AGENT_TYPE),
)
CONVERSATION_MESSAGES: Final = Sum(
    base="conversation_messages_total",
    help="Messages of both sides in ended conversations.",
    domain="conversations",
    codes=("C5",),
    entity=CONVERSATION,
    at=ENDED,
    value=CONVERSATION["messages"],
    labels=WHO,
)
CONVERSATION_ANSWERS: Final = Sum(
    base="conversation_answers_total",
    help="Answers that agents gave in ended conversations.",
    domain="conversations",
    codes=("C5",),
    entity=CONVERSATION,
    at=ENDED,
    value=CONVERSATION["answers"],
    labels=WHO,
)
CONVERSATION_FALLBACKS: Final = Sum(
    base="conversation_fallbacks_total",
    help="Answers in which the agent fell back because it did not know.",
    domain="conversations",
    codes=("C5",),
    entity=CONVERSATION,
    at=ENDED,
    value=CONVERSATION["fallbacks"],
    labels=WHO,
)
CONVERSATION_GOALS: Final = Count(
    base="conversation_goals_achieved_total",
    help="Ended conversations that reached their goal.",
    domain="conversations",
    codes=("C5",),
    entity=CONVERSATION,
    at=ENDED,
    where=(CONVERSATION["goal_achieved"].true,),
    labels=WHO,
)
CONVERSATION_GOALS_KNOWN: Final = Count(
    base="conversation_goals_known_total",
    help="Ended conversations of which it is known whether they reached their goal.",
    domain="conversations",
    codes=("C5",),
    entity=CONVERSATION,
    at=ENDED,
    where=(CONVERSATION["goal_achieved"].present,),
    labels=WHO,
)
CONVERSATION_HANDOFFS: Final = Count(
    base="conversation_handoffs_total",
    help="Ended conversations that a human took over.",
    domain="conversations",
    codes=("C5",),
    entity=CONVERSATION,
    at=ENDED,
    where=(CONVERSATION["handed_off"].true,),
    labels=WHO,
)
ANSWER_CONFIDENCE: Final = Distribution(
    base="answer_confidence_ratio",
    help="Mean confidence of the answers of ended conversations.",
    domain="conversations",
    codes=("C5",),
    unit="ratio",
    entity=CONVERSATION,
    at=ENDED,
    value=CONVERSATION["confidence"],
    bounds=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0),
    threshold=("confidence",),
    labels=(TENANT, AGENT, AGENT_TYPE),
)
ACTIVE_CONVERSATIONS: Final = Level(
    base="active_conversations",
    help="Conversations in progress now.",
    domain="conversations",
    codes=("C1",),
    entity=CONVERSATION,
    opened=CONVERSATION["started_at"],
    closed=CONVERSATION["ended_at"],
    labels=WHO,
)

VISITS: Final = "visits"
CONVERSATIONS_BY_DEVICE: Final = Count(
    base="conversations_by_device_total",
    help="Conversations that began, by the visitor's device.",
    domain="conversations",
    codes=("C6",),
    entity=CONVERSATION,
    at=CONVERSATION["started_at"],
    apart=VISITS,
    labels=(TENANT, CHANNEL, DEVICE),
)
CONVERSATIONS_BY_COUNTRY: Final = Count(
    base="conversations_by_country_total",
    help="Conversations that began, by the visitor's country.",
    domain="conversations",
    codes=("C6", "D2"),
    entity=CONVERSATION,
    at=CONVERSATION["started_at"],
    apart=VISITS,
    labels=(TENANT, CHANNEL, COUNTRY),
)
CONVERSATIONS_BY_REFERRER: Final = Count(
    base="conversations_by_referrer_total",
    help="Conversations that began, by where the visitor came from.",
    domain="conversations",
    codes=("C4", "C6"),
    entity=CONVERSATION,
    at=CONVERSATION["started_at"],
    apart=VISITS,
    labels=(TENANT, CHANNEL, REFERRER),
)
CONVERSATIONS_BY_STAGE: Final = Count(
    base="conversations_by_stage_total",
    help="Conversations that ended, by how far they came.",
    domain="conversations",
    codes=("C4",),
    entity=CONVERSATION,
    at=ENDED,
    apart="stage",
    labels=(TENANT, CHANNEL, STAGE),
)
MESSAGES: Final = Count(
    base="messages_total",
    help="Messages of which the words are kept, by who said them.",
    domain="conversations",
    codes=("C4", "C7"),
    entity=MESSAGE,
    at=MESSAGE["sent_at"],
    labels=(TENANT, ROLE),
)
OBJECTIONS: Final = Count(
    base="message_objections_total",
    help="Messages in which a person raised an objection.",
    domain="conversations",
    codes=("C4",),
    entity=MESSAGE,
    at=MESSAGE["sent_at"],
    where=(MESSAGE["objection"].true,),
    labels=(TENANT,),
)
RECENT_CONVERSATIONS: Final = Computed(
    base="conversations_recent",
    help="Conversations that began in the last day, week (7 days), month (30 days) or year (365 days).",
    domain="conversations",
    codes=("C6",),
    labels=(TENANT, CHANNEL, PERIOD),
)
VISITORS: Final = Computed(
    base="conversation_visitors",
    help="People who began a conversation in the last day, week (7 days) or month (30 days), each counted once.",
    domain="conversations",
    codes=("C6",),
    labels=(TENANT, PERIOD),
)
RETURNING_VISITORS: Final = Computed(
    base="conversation_returning_visitors",
    help="Of these people, those who had also begun one in the same length of time before it.",
    domain="conversations",
    codes=("C6",),
    labels=(TENANT, PERIOD),
)

METRICS: Final = (
    CONVERSATIONS_STARTED, CONVERSATIONS_ENDED, CONVERSATION_DURATION, CONVERSATION_MESSAGES, CONVERSATION_ANSWERS,
    CONVERSATION_FALLBACKS, CONVERSATION_GOALS, CONVERSATION_GOALS_KNOWN, CONVERSATION_HANDOFFS, ANSWER_CONFIDENCE,
    ACTIVE_CONVERSATIONS, CONVERSATIONS_BY_DEVICE, CONVERSATIONS_BY_COUNTRY, CONVERSATIONS_BY_REFERRER,
    CONVERSATIONS_BY_STAGE, MESSAGES, OBJECTIONS, RECENT_CONVERSATIONS, VISITORS, RETURNING_VISITORS,
)  # fmt: skip
