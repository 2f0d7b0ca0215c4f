"""Metrics of health."""

from typing import Final

from exporter.entities.health import DEPLOYMENT, HEALTH_CHECK, INCIDENT, SYSTEM_SAMPLE
from exporter.labels import HOST, PART, STATUS, TYPE
from exporter.metric import Count, Distribution, Level, Metric, Sum

SHARES: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)

HEALTH_CHECKS: Final = Count(
    base="health_checks_total",
    help="Probes of the parts of the platform, by status.",
    domain="health",
    codes=("H1",),
    entity=HEALTH_CHECK,
    at=HEALTH_CHECK["checked_at"],
    labels=(PART, STATUS),
)
PART_LATENCY: Final = Distribution(
    base="part_latency_seconds",
    help="How long a part of the platform took to answer a probe that it answered.",
    domain="health",
    codes=("H1",),
    unit="seconds",
    entity=HEALTH_CHECK,
    at=HEALTH_CHECK["checked_at"],
    value=HEALTH_CHECK["latency"],
    where=(HEALTH_CHECK["status"].is_in("up"),),
    bounds=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    threshold=("system_latency_seconds",),
    labels=(PART,),
)
HOST_CPU: Final = Distribution(
    base="host_cpu_ratio",
    help="Share of the processors in use, one value each sample.",
    domain="health",
    codes=("H1",),
    unit="ratio",
    entity=SYSTEM_SAMPLE,
    at=SYSTEM_SAMPLE["sampled_at"],
    value=SYSTEM_SAMPLE["cpu"],
    bounds=SHARES,
    threshold=("cpu",),
    labels=(HOST,),
)
HOST_MEMORY: Final = Distribution(
    base="host_memory_ratio",
    help="Share of the memory in use, one value each sample.",
    domain="health",
    codes=("H1",),
    unit="ratio",
    entity=SYSTEM_SAMPLE,
    at=SYSTEM_SAMPLE["sampled_at"],
    value=SYSTEM_SAMPLE["memory"],
    bounds=SHARES,
    threshold=("memory",),
    labels=(HOST,),
)
QUERY_DURATION: Final = Distribution(
    base="database_query_duration_seconds",
    help="Usual time of a database query, one value each sample.",
    domain="health",
    codes=("H1",),
    unit="seconds",
    entity=SYSTEM_SAMPLE,
    at=SYSTEM_SAMPLE["sampled_at"],
    value=SYSTEM_SAMPLE["query_duration"],
    bounds=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
    labels=(HOST,),
)
JOBS_WAITING: Final = Distribution(
    base="jobs_waiting",
    help="Jobs that waited, one value each sample.",
    domain="health",
    codes=("H1",),
    entity=SYSTEM_SAMPLE,
    at=SYSTEM_SAMPLE["sampled_at"],
    value=SYSTEM_SAMPLE["queue_depth"],
    bounds=(0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0),
    labels=(HOST,),
)
CACHE_HITS: Final = Sum(
    base="cache_hits_total",
    help="Reads that the cache answered.",
    domain="health",
    codes=("H1",),
    entity=SYSTEM_SAMPLE,
    at=SYSTEM_SAMPLE["sampled_at"],
    value=SYSTEM_SAMPLE["cache_hits"],
    labels=(HOST,),
)
CACHE_MISSES: Final = Sum(
    base="cache_misses_total",
    help="Reads that the cache did not answer.",
    domain="health",
    codes=("H1",),
    entity=SYSTEM_SAMPLE,
    at=SYSTEM_SAMPLE["sampled_at"],
    value=SYSTEM_SAMPLE["cache_misses"],
    labels=(HOST,),
)
INCIDENTS: Final = Count(
    base="incidents_total",
    help="Incidents that began, by what they came from.",
    domain="health",
    codes=("H1",),
    entity=INCIDENT,
    at=INCIDENT["started_at"],
    labels=(PART, TYPE),
)
INCIDENTS_OPEN: Final = Level(
    base="incidents_open",
    help="Incidents that go on now; 0 for a part that had one.",
    domain="health",
    codes=("H1",),
    entity=INCIDENT,
    opened=INCIDENT["started_at"],
    closed=INCIDENT["ended_at"],
    labels=(PART,),
    zero=True,
)
DEPLOYMENTS: Final = Count(
    base="deployments_total",
    help="Releases of the parts of the platform.",
    domain="health",
    codes=("H1",),
    entity=DEPLOYMENT,
    at=DEPLOYMENT["deployed_at"],
    labels=(PART,),
)

METRICS: Final[tuple[Metric, ...]] = (
    HEALTH_CHECKS, PART_LATENCY, HOST_CPU, HOST_MEMORY, QUERY_DURATION, JOBS_WAITING, CACHE_HITS, CACHE_MISSES,
    INCIDENTS, INCIDENTS_OPEN, DEPLOYMENTS,
)  # fmt: skip
