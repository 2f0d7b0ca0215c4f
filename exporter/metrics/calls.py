"""Metrics of calls."""

from typing import Final

from exporter.entities.calls import CALL, CAMPAIGN_RUN, SCHEDULED_CALL
from exporter.labels import AGENT, AGENT_TYPE, CAMPAIGN, CHANNEL, HOUR, OUTCOME, TENANT, WEEKDAY
from exporter.metric import Count, Distribution, Level

CALL_BOUNDS: Final = (5.0, 10.0, 15.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)

CALLS_INITIATED: Final = Count(
    base="calls_initiated_total",
    help="Calls dialled or received.",
    domain="calls",
    codes=("C1", "C2", "C3", "L5"),
    entity=CALL,
    at=CALL["initiated_at"],
    labels=(TENANT, AGENT, AGENT_TYPE, CHANNEL, CAMPAIGN),
)
CALLS_ANSWERED: Final = Count(
    base="calls_answered_total",
    help="Calls that somebody answered.",
    domain="calls",
    codes=("C2",),
    entity=CALL,
    at=CALL["answered_at"],
    labels=(TENANT, AGENT, AGENT_TYPE, CHANNEL, CAMPAIGN),
)
CALLS_COMPLETED: Final = Count(
    base="calls_completed_total",
    help="Calls that ended, by outcome.",
    domain="calls",
    codes=("C2", "C3"),
    entity=CALL,
    at=CALL["ended_at"],
    labels=(TENANT, AGENT, AGENT_TYPE, CHANNEL, CAMPAIGN, OUTCOME),
)
CALL_DURATION: Final = Distribution(
    base="call_duration_seconds",
    help="Length of ended calls.",
    domain="calls",
    codes=("C2",),
    unit="seconds",
    entity=CALL,
    at=CALL["ended_at"],
    value=CALL["duration"],
    bounds=CALL_BOUNDS,
    labels=(TENANT, AGENT, AGENT_TYPE),
)
CALLS_BY_HOUR: Final = Count(
    base="calls_by_hour_total",
    help="Calls dialled or received, by weekday and hour in the configured time zone.",
    domain="calls",
    codes=("C3",),
    entity=CALL,
    at=CALL["initiated_at"],
    labels=(TENANT, WEEKDAY, HOUR),
)
ACTIVE_CALLS: Final = Level(
    base="active_calls",
    help="Calls in progress now.",
    domain="calls",
    codes=("C1",),
    entity=CALL,
    opened=CALL["initiated_at"],
    closed=CALL["ended_at"],
    labels=(TENANT, AGENT, AGENT_TYPE, CHANNEL),
)
QUEUED_CALLS: Final = Level(
    base="queued_calls",
    help="Scheduled calls that are due and wait to be made.",
    domain="calls",
    codes=("C1",),
    entity=SCHEDULED_CALL,
    opened=SCHEDULED_CALL["due_at"],
    closed=SCHEDULED_CALL["left_queue_at"],
    labels=(TENANT, CAMPAIGN),
)
CAMPAIGN_STATUS: Final = Level(
    base="campaign_status",
    help="Whether a campaign is running (1) or not (0).",
    domain="calls",
    codes=("M2",),
    entity=CAMPAIGN_RUN,
    opened=CAMPAIGN_RUN["started_at"],
    closed=CAMPAIGN_RUN["stopped_at"],
    labels=(TENANT, CAMPAIGN),
    zero=True,
)

CALL_VOICE_QUALITY: Final = Distribution(
    base="call_voice_quality_score",
    help="How well the voices of ended calls came through, as a mean opinion score from 1 to 5.",
    domain="calls",
    codes=("L4",),
    entity=CALL,
    at=CALL["ended_at"],
    value=CALL["voice_quality"],
    bounds=(1.0, 2.0, 3.0, 3.5, 4.0, 4.2, 4.5, 5.0),
    threshold=("voice_quality",),
    labels=(TENANT, AGENT, AGENT_TYPE),
)
CALL_TRANSCRIPTION_ACCURACY: Final = Distribution(
    base="call_transcription_accuracy_ratio",
    help="Share of the words of ended calls that were understood rightly.",
    domain="calls",
    codes=("L4",),
    unit="ratio",
    entity=CALL,
    at=CALL["ended_at"],
    value=CALL["transcription_accuracy"],
    bounds=(0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99, 1.0),
    threshold=("transcription_accuracy",),
    labels=(TENANT, AGENT, AGENT_TYPE),
)
CALL_INTERRUPTIONS: Final = Distribution(
    base="call_interruptions",
    help="How often callers interrupted the agent in an ended call.",
    domain="calls",
    codes=("L4",),
    entity=CALL,
    at=CALL["ended_at"],
    value=CALL["interruptions"],
    bounds=(0.0, 1.0, 2.0, 3.0, 5.0, 10.0),
    labels=(TENANT, AGENT, AGENT_TYPE),
)

METRICS: Final = (
    CALLS_INITIATED, CALLS_ANSWERED, CALLS_COMPLETED, CALL_DURATION, CALLS_BY_HOUR, ACTIVE_CALLS, QUEUED_CALLS,
    CAMPAIGN_STATUS, CALL_VOICE_QUALITY, CALL_TRANSCRIPTION_ACCURACY, CALL_INTERRUPTIONS,
)  # fmt: skip
