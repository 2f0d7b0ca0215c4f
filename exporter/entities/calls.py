"""Calls: phone or voice sessions, calls that wait to be made, campaigns that make them."""

from typing import Final

from exporter.entity import AGENT, AGENT_TYPE, CHANNEL, TENANT, Entity, integer, real, text, time

CAMPAIGN: Final = text("campaign", "Outbound campaign that the call belongs to.")

CALL: Final = Entity(
    "call",
    "calls",
    "One call, from dialling or ringing to its end.",
    (
        text("id", "What names this call."),
        TENANT, AGENT, AGENT_TYPE, CHANNEL, CAMPAIGN,
        text("outcome", "How the call ended: qualified, not_interested, no_answer, failed, ..."),
        time("initiated_at", "When the call was dialled or came in.", required=True),
        time("answered_at", "When somebody answered; unset if nobody did."),
        time("ended_at", "When the call ended; unset while it runs. Must not change once set."),
        real("duration", "Length of the call.", unit="seconds"),
        integer("interruptions", "How often the caller interrupted the agent."),
        real("voice_quality", "How well the voices came through, as a mean opinion score from 1 to 5."),
        real("transcription_accuracy", "Share of the words that were understood rightly.", unit="ratio"),
    ),
)  # fmt: skip

SCHEDULED_CALL: Final = Entity(
    "scheduled_call",
    "calls",
    "A call that is to be made; it waits in the queue from its due time until it leaves.",
    (
        TENANT, CAMPAIGN,
        time("due_at", "From when the call may be made.", required=True),
        time("left_queue_at", "When it was dialled, cancelled or given up; unset while it waits."),
    ),
)  # fmt: skip

CAMPAIGN_RUN: Final = Entity(
    "campaign_run",
    "calls",
    "A campaign and the time in which it runs.",
    (
        TENANT, CAMPAIGN,
        time("started_at", "When the campaign began to run.", required=True),
        time("stopped_at", "When it ended or was paused; unset while it runs."),
    ),
)  # fmt: skip

ENTITIES: Final[tuple[Entity, ...]] = (CALL, SCHEDULED_CALL, CAMPAIGN_RUN)
