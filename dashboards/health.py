"""Health: which part of the platform is down or slow, how loaded the hosts are, what happened when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import DAYS, SCOPES, ceiling, falling, floor, frame
from dashboards.query import DAILY, DAY, RANGE, Query, Sql, instant, legend
from dashboards.tables import Column, summary
from exporter.entities.health import DEPLOYMENT, INCIDENT
from exporter.labels import HOST, PART, TYPE
from exporter.metrics import health
from provisioning.kpis.health import CACHE_HIT_RATE, CPU, MEMORY, UPTIME, WAITING
from provisioning.promql import RATE_INTERVAL

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["health"]
SAMPLED: Final = "5m"
"""Probes and samples come about once a minute; a shorter step would show gaps between them."""


def build(settings: Settings) -> Any:
    """The dashboard of the platform's health."""
    body = [
        *_now(settings),
        *panels.row("Parts", _parts(settings)),
        *panels.row("Hosts", _hosts(settings)),
        *panels.row("What happened", _events()),
    ]
    return frame(
        "health", "Is every part of the platform there and fast, how loaded are the hosts, and what happened when?", body=body,
        settings=settings, sources={PART: (health.HEALTH_CHECKS,)}, days=True,
    )  # fmt: skip


def _now(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.stat("Uptime", "Which share of all probes was answered?", "percentunit", [instant(S.kpi(UPTIME))],
                    thresholds=falling(limits.uptime), decimals=3),
        panels.stat("Open incidents", "How many incidents go on now?", "short", [instant(S.total(health.INCIDENTS_OPEN))],
                    thresholds=ceiling(1), decimals=0),
        panels.stat("Slowest part, p95", "How long does the slowest part take for 19 of 20 probes?", "s",
                    [instant(f"max({S.quantile(0.95, health.PART_LATENCY, PART, window=RANGE)})")],
                    thresholds=ceiling(limits.system_latency_seconds)),
        panels.stat("Processor use", "Which share of the busiest host's processors is in use?", "percentunit",
                    [instant(f"max({S.kpi(CPU, HOST)})")], thresholds=ceiling(limits.cpu)),
        panels.stat("Memory use", "Which share of the fullest host's memory is in use?", "percentunit",
                    [instant(f"max({S.kpi(MEMORY, HOST)})")], thresholds=ceiling(limits.memory)),
        panels.stat("Cache hit rate", "Which share of reads does the cache answer?", "percentunit", [instant(S.kpi(CACHE_HIT_RATE))],
                    thresholds=floor(limits.cache_hit_rate)),
    ]  # fmt: skip


def _parts(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        summary("Parts", "Which part is down or slow?", (PART,), (
            Column("Uptime", "percentunit", S.kpi(UPTIME, PART), falling(limits.uptime)),
            Column("Latency p95", "s", S.quantile(0.95, health.PART_LATENCY, PART, window=RANGE), ceiling(limits.system_latency_seconds)),
            Column("Probes", "short", S.increase(health.HEALTH_CHECKS, PART)),
            Column("Incidents", "short", S.increase(health.INCIDENTS, PART)),
        ), height=8, width=12),
        panels.timeseries("Latency by part, p95", "Which part became slow, and when?", "s",
                          [Query(S.quantile(0.95, health.PART_LATENCY, PART, window=RATE_INTERVAL), legend(PART))], interval=SAMPLED,
                          thresholds=ceiling(limits.system_latency_seconds)),
        panels.timeseries("Uptime by day", "On which day was which part not there?", "percentunit",
                          [Query(S.kpi(UPTIME, PART, window=DAILY), legend(PART))], interval=DAY, time_from=DAYS,
                          thresholds=falling(limits.uptime), width=24, maximum=1),
    ]  # fmt: skip


def _hosts(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.timeseries("Processor use by host", "Which host is busy?", "percentunit", [Query(S.kpi(CPU, HOST, window=RATE_INTERVAL), legend(HOST))], interval=SAMPLED,
                          thresholds=ceiling(limits.cpu), maximum=1, width=8),
        panels.timeseries("Memory use by host", "Does a host run out of memory?", "percentunit", [Query(S.kpi(MEMORY, HOST, window=RATE_INTERVAL), legend(HOST))], interval=SAMPLED,
                          thresholds=ceiling(limits.memory), maximum=1, width=8),
        panels.timeseries("Jobs waiting by host", "Do jobs pile up?", "short", [Query(S.kpi(WAITING, HOST, window=RATE_INTERVAL), legend(HOST))], interval=SAMPLED, width=8),
        panels.timeseries("Cache hit rate by host", "Does the cache do its work?", "percentunit",
                          [Query(S.kpi(CACHE_HIT_RATE, HOST, window=RATE_INTERVAL), legend(HOST))], interval=SAMPLED, thresholds=floor(limits.cache_hit_rate), maximum=1),
        panels.timeseries("Database query", "How long does a database query take?", "s",
                          [Query(S.mean(health.QUERY_DURATION, HOST, window=RATE_INTERVAL), legend(HOST))], interval=SAMPLED),
    ]  # fmt: skip


def _events() -> list[Any]:
    return [
        panels.table("Incidents", "What was broken, since when, and why?", "none", [Sql(
            f"SELECT started_at, ended_at, part, title, grade, type AS cause FROM {INCIDENT.view} "
            f"WHERE {S.where(INCIDENT)} AND $__timeFilter(started_at) ORDER BY started_at DESC LIMIT 200"
        )], width=12, time_from=DAYS),
        panels.table("Releases", "What was released when?", "none", [Sql(
            f"SELECT deployed_at, part, version, note FROM {DEPLOYMENT.view} "
            f"WHERE {S.where(DEPLOYMENT)} AND $__timeFilter(deployed_at) ORDER BY deployed_at DESC LIMIT 200"
        )], width=12, time_from=DAYS),
        panels.timeseries("Incidents per day", "What do incidents come from?", "short",
                          [Query(S.increase(health.INCIDENTS, TYPE, window=DAILY), legend(TYPE))], bars=True, stack=True, interval=DAY, time_from=DAYS),
        panels.timeseries("Releases per day", "How often is what released?", "short",
                          [Query(S.increase(health.DEPLOYMENTS, PART, window=DAILY), legend(PART))], bars=True, stack=True, interval=DAY, time_from=DAYS),
    ]  # fmt: skip
