"""Health: the parts of the platform and their load."""

from typing import Final

from exporter.entity import Entity, integer, real, text, time

PART: Final = text("part", "Part that is probed or broken: database, redis, llm, stt, tts, telephony, worker, api, ...")

HEALTH_CHECK: Final = Entity(
    "health_check",
    "health",
    "One probe of one part of the platform.",
    (
        PART,
        text("status", "up or down."),
        time("checked_at", "When the probe ended.", required=True),
        real("latency", "How long the part took to answer.", unit="seconds"),
    ),
)

SYSTEM_SAMPLE: Final = Entity(
    "system_sample",
    "health",
    "The load of one host over a short time.",
    (
        text("host", "Machine."),
        time("sampled_at", "When it was measured.", required=True),
        real("cpu", "Share of the processors in use.", unit="ratio"),
        real("memory", "Share of the memory in use.", unit="ratio"),
        integer("cache_hits", "Reads that the cache answered since the last sample."),
        integer("cache_misses", "Reads that it did not answer since the last sample."),
        integer("queue_depth", "Jobs that waited."),
        real("query_duration", "Usual time of a database query.", unit="seconds"),
    ),
)

INCIDENT: Final = Entity(
    "incident",
    "health",
    "A time in which something was broken.",
    (
        PART,
        text("title", "What was wrong, in words."),
        text("type", "What it came from: provider, carrier, deployment, ..."),
        text("grade", "critical or warning."),
        time("started_at", "When it began.", required=True),
        time("ended_at", "When it was over; unset while it goes on."),
    ),
)

DEPLOYMENT: Final = Entity(
    "deployment",
    "health",
    "A release of one part of the platform.",
    (
        PART,
        text("version", "Version that was released."),
        text("note", "What changed, in words."),
        time("deployed_at", "When it was released.", required=True),
    ),
)

ENTITIES: Final[tuple[Entity, ...]] = (HEALTH_CHECK, SYSTEM_SAMPLE, INCIDENT, DEPLOYMENT)
