"""Metrics of conversations."""

from typing import Final

from exporter.entities.conversations import CONVERSATION
from exporter.labels import AGENT, AGENT_TYPE, CHANNEL, RESOLUTION, TENANT
from exporter.metric import Count, Distribution, Level, Sum

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

METRICS: Final = (
    CONVERSATIONS_STARTED, CONVERSATIONS_ENDED, CONVERSATION_DURATION, CONVERSATION_MESSAGES, CONVERSATION_ANSWERS,
    CONVERSATION_FALLBACKS, CONVERSATION_GOALS, CONVERSATION_GOALS_KNOWN, CONVERSATION_HANDOFFS, ANSWER_CONFIDENCE,
    ACTIVE_CONVERSATIONS,
)  # fmt: skip
