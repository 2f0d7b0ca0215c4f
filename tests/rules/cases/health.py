"""Cases of health."""

from __future__ import annotations

from typing import Final

from tests.rules.case import Case, Series, gauge

UP: Final = 'exporter_domain_up{domain="health"}'


def _checks(down: str, up: str) -> Series:
    return {
        'health_checks_total{part="api",status="down"}': down,
        'health_checks_total{part="api",status="up"}': up,
        UP: "1",
    }


def _mean(metric: str, total: str) -> Series:
    return {f'{metric}_sum{{host="a"}}': total, f'{metric}_count{{host="a"}}': "+4", UP: "1"}


def _latency(fast: str, slow: str) -> Series:
    return {
        'part_latency_seconds_bucket{part="api",le="1.0"}': fast,
        'part_latency_seconds_bucket{part="api",le="2.5"}': slow,
        'part_latency_seconds_bucket{part="api",le="+Inf"}': slow,
        'part_latency_seconds_count{part="api"}': slow,
        UP: "1",
    }


def _cache(hits: str) -> Series:
    return {'cache_hits_total{host="a"}': hits, 'cache_misses_total{host="a"}': "+4", UP: "1"}


CASES: Final[dict[tuple[str, str], Case]] = {
    ("UptimeLow", "warning"): Case(_checks("+1", "+31"), _checks("+1", "+127")),
    ("UptimeLow", "critical"): Case(_checks("+1", "+7"), _checks("+1", "+31")),
    ("PartDown", "critical"): Case(_checks("+1", "7"), _checks("+1", "+1")),
    ("SystemLatencyHigh", "warning"): Case(_latency("0", "+4"), _latency("+4", "+4")),
    ("CpuHigh", "warning"): Case(_mean("host_cpu_ratio", "+3.5"), _mean("host_cpu_ratio", "+3")),
    ("MemoryHigh", "warning"): Case(_mean("host_memory_ratio", "+3.75"), _mean("host_memory_ratio", "+3.5")),
    ("CacheHitRateLow", "warning"): Case(_cache("+1"), _cache("+12")),
    ("IncidentOpen", "info"): gauge('incidents_open{part="llm"}', "1", "0"),
}
