"""Rules for health: parts of the platform that are down or slow, hosts under load, incidents."""

from __future__ import annotations

from typing import Final

from alerts.query import HELD, busy_quantile, held, number, percent
from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import HOST, PART, STATUS
from exporter.metrics.health import CACHE_HITS, HEALTH_CHECKS, HOST_CPU, HOST_MEMORY, INCIDENTS_OPEN, PART_LATENCY
from exporter.settings import Settings
from provisioning import promql
from provisioning.kpis.health import CACHE_HIT_RATE, CPU, MEMORY, UPTIME

DOMAIN: Final = "health"
WINDOW: Final = "1h"
DOWN: Final = "3m"
"""A part counts as down when each of its probes in this time failed."""
LEAST: Final = 10
"""Fewest probes from which a share is worked out."""

UPTIMES: Final = Recording(
    metric=HEALTH_CHECKS, by=(PART,), operation="uptime1h", query=lambda _: UPTIME.query(WINDOW, PART, least=LEAST)
)
LATENCY: Final = Recording(
    metric=PART_LATENCY,
    by=(PART,),
    operation="p95_1h",
    query=lambda _: busy_quantile(0.95, PART_LATENCY, (PART,), WINDOW),
)
CPU_USE: Final = Recording(metric=HOST_CPU, by=(HOST,), operation="mean10m", query=lambda _: CPU.query("10m", HOST))
MEMORY_USE: Final = Recording(
    metric=HOST_MEMORY, by=(HOST,), operation="mean10m", query=lambda _: MEMORY.query("10m", HOST)
)
CACHE: Final = Recording(
    metric=CACHE_HITS, by=(HOST,), operation="hit_ratio1h", query=lambda _: CACHE_HIT_RATE.query(WINDOW, HOST)
)

RECORDINGS: Final[tuple[Recording, ...]] = (UPTIMES, LATENCY, CPU_USE, MEMORY_USE, CACHE)


def group(settings: Settings) -> Group:
    """Recordings and alerts of health."""
    return Group(DOMAIN, RECORDINGS, (*_uptime(settings), _down(), _slow(settings), *_load(settings), _incident()))


def _uptime(settings: Settings) -> tuple[Alert, ...]:
    limits = settings.thresholds.uptime
    return tuple(
        Alert(
            name="UptimeLow",
            severity=severity,
            expr=f"{held(UPTIMES, DOMAIN)} < {number(limit)}",
            summary="A part of the platform is often not there.",
            description=f"{{{{ $labels.part }}}} answered {{{{ $value | humanizePercentage }}}} of its probes in {WINDOW} "
            f"(limit {percent(limit)}).",
            value="{{ $value | humanizePercentage }}",
            unit="ratio",
            limit=percent(limit),
            wait=wait,
            keep=300,
            by=(PART,),
            dashboard="health",
            no_data=HELD,
        )
        for severity, limit, wait in (
            (Severity.WARNING, limits.warning, 60),
            (Severity.CRITICAL, limits.critical, 10),
        )
    )


def _down() -> Alert:
    up = promql.increase(HEALTH_CHECKS, DOWN, (PART,), {STATUS: "up"})
    down = promql.increase(HEALTH_CHECKS, DOWN, (PART,), {STATUS: "down"})
    return Alert(
        name="PartDown",
        severity=Severity.CRITICAL,
        expr=f"{down} > 0 unless on ({PART.name}) ({up} > 0)",
        summary="A part of the platform does not answer.",
        description=f"No probe of {{{{ $labels.part }}}} succeeded in {DOWN}.",
        unit="probes",
        limit="0",
        keep=60,
        by=(PART,),
        dashboard="health",
        no_data="Without probes there is no alert; DataStale speaks when the probes themselves have stopped.",
    )


def _slow(settings: Settings) -> Alert:
    limit = settings.thresholds.system_latency_seconds
    return Alert(
        name="SystemLatencyHigh",
        severity=Severity.WARNING,
        expr=f"{held(LATENCY, DOMAIN)} > {number(limit)}",
        summary="A part of the platform answers slowly.",
        description=f"95 of 100 probes of {{{{ $labels.part }}}} in {WINDOW} took up to {{{{ $value | humanizeDuration }}}} "
        f"(limit {limit:g} s).",
        value="{{ $value | humanizeDuration }}",
        unit="seconds",
        limit=f"{limit:g} s",
        wait=60,
        keep=300,
        by=(PART,),
        dashboard="health",
        no_data=HELD,
    )


def _load(settings: Settings) -> tuple[Alert, ...]:
    limits = settings.thresholds
    return (
        _host("CpuHigh", CPU_USE, ">", limits.cpu, summary="The processors of a host are busy.", said="of the processors were in use"),
        _host("MemoryHigh", MEMORY_USE, ">", limits.memory, summary="The memory of a host is nearly used up.",
              said="of the memory was in use"),
        _host("CacheHitRateLow", CACHE, "<", limits.cache_hit_rate, summary="The cache of a host answers few reads.",
              said="of the reads were answered by the cache"),
    )  # fmt: skip


def _host(name: str, recording: Recording, sign: str, limit: float, *, summary: str, said: str) -> Alert:
    return Alert(
        name=name,
        severity=Severity.WARNING,
        expr=f"{held(recording, DOMAIN)} {sign} {number(limit)}",
        summary=summary,
        description=f"Host {{{{ $labels.host }}}}: {{{{ $value | humanizePercentage }}}} {said} (limit {percent(limit)}).",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limit),
        wait=300,
        keep=300,
        by=(HOST,),
        dashboard="health",
        no_data=HELD,
    )


def _incident() -> Alert:
    return Alert(
        name="IncidentOpen",
        severity=Severity.INFO,
        expr=f"{INCIDENTS_OPEN.name} > 0",
        summary="An incident goes on.",
        description="{{ $value | humanize }} incidents of {{ $labels.part }} are open.",
        unit="incidents",
        limit="0",
        by=(PART,),
        dashboard="health",
        no_data="Without data of incidents there is no alert.",
    )
