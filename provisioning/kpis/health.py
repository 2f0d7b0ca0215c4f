"""Formulas of health."""

from typing import Final

from exporter.labels import STATUS
from exporter.metrics.health import CACHE_HITS, CACHE_MISSES, HEALTH_CHECKS, HOST_CPU, HOST_MEMORY, JOBS_WAITING
from provisioning.kpi import Kpi

NO_PROBES: Final = "Without probes in the window there is no answer; an unknown status is in neither part."

UPTIME: Final = Kpi(
    name="uptime",
    title="Uptime",
    meaning="Share of the probes of a part that it answered.",
    unit="percentunit",
    formula="probes with status up / probes with a known status",
    unknown=NO_PROBES,
    domain="health",
    codes=("H1", "N1"),
    metrics=(HEALTH_CHECKS,),
    expression=lambda ask: ask.known(HEALTH_CHECKS, STATUS, "up"),
)
CPU: Final = Kpi(
    name="cpu",
    title="Processor use",
    meaning="Mean share of a host's processors in use.",
    unit="percentunit",
    formula="sum of the sampled shares / number of samples",
    unknown="Without samples in the window there is no answer.",
    domain="health",
    codes=("H1", "N1"),
    metrics=(HOST_CPU,),
    expression=lambda ask: ask.mean(HOST_CPU),
)
MEMORY: Final = Kpi(
    name="memory",
    title="Memory use",
    meaning="Mean share of a host's memory in use.",
    unit="percentunit",
    formula="sum of the sampled shares / number of samples",
    unknown="Without samples in the window there is no answer.",
    domain="health",
    codes=("H1",),
    metrics=(HOST_MEMORY,),
    expression=lambda ask: ask.mean(HOST_MEMORY),
)
WAITING: Final = Kpi(
    name="jobs_waiting",
    title="Jobs waiting",
    meaning="Mean number of jobs that waited.",
    unit="short",
    formula="sum of the sampled numbers / number of samples",
    unknown="Without samples in the window there is no answer.",
    domain="health",
    codes=("H1",),
    metrics=(JOBS_WAITING,),
    expression=lambda ask: ask.mean(JOBS_WAITING),
)
CACHE_HIT_RATE: Final = Kpi(
    name="cache_hit_rate",
    title="Cache hit rate",
    meaning="Share of reads that the cache answered.",
    unit="percentunit",
    formula="hits / (hits + misses)",
    unknown="Without reads in the window there is no answer.",
    domain="health",
    codes=("H1",),
    metrics=(CACHE_HITS, CACHE_MISSES),
    expression=lambda ask: ask.ratio(
        ask.increase(CACHE_HITS), f"({ask.increase(CACHE_HITS)} + {ask.increase(CACHE_MISSES)})"
    ),
)

KPIS: Final[tuple[Kpi, ...]] = (UPTIME, CPU, MEMORY, WAITING, CACHE_HIT_RATE)
