"""Rules for calls: how many, how they end, the queue and campaigns."""

from __future__ import annotations

from typing import Final

from alerts.query import HELD, LEAST, WINDOW, held, increase_ago, number, percent
from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import AGENT, AGENT_TYPE, CAMPAIGN, OUTCOME, TENANT
from exporter.metrics.calls import (
    ACTIVE_CALLS,
    CALL_TRANSCRIPTION_ACCURACY,
    CALL_VOICE_QUALITY,
    CALLS_COMPLETED,
    CALLS_INITIATED,
    CAMPAIGN_STATUS,
    QUEUED_CALLS,
)  # fmt: skip
from exporter.settings import Settings
from provisioning.kpis.calls import FAILURE_RATE, TRANSCRIPTION_ACCURACY, VOICE_QUALITY
from provisioning.promql import increase, rate, total

DOMAIN: Final = "calls"
QUIET: Final = "30m"
STALLED: Final = "15m"
HEARD: Final = "1h"

CALLS_PER_MINUTE: Final = Recording(
    metric=CALLS_INITIATED,
    by=(TENANT, AGENT_TYPE),
    operation="per_minute5m",
    query=lambda _: f"60 * {rate(CALLS_INITIATED, '5m', (TENANT, AGENT_TYPE))}",
)
OUTCOMES: Final = Recording(
    metric=CALLS_COMPLETED,
    by=(TENANT, CAMPAIGN, OUTCOME),
    operation="rate5m",
    query=lambda _: rate(CALLS_COMPLETED, "5m", (TENANT, CAMPAIGN, OUTCOME)),
)
FAILED: Final = Recording(
    metric=CALLS_COMPLETED,
    by=(TENANT, AGENT),
    operation="failed_ratio5m",
    query=lambda _: FAILURE_RATE.query(WINDOW, TENANT, AGENT, least=LEAST),
)
ACTIVE: Final = Recording(metric=ACTIVE_CALLS, by=(), operation="sum", query=lambda _: total(ACTIVE_CALLS))
ACTIVE_PEAK: Final = Recording(
    metric=ACTIVE_CALLS, by=(), operation="max1d", query=lambda _: f"max_over_time({ACTIVE.name}[1d])"
)
THROUGHPUT: Final = Recording(
    metric=CALLS_INITIATED, by=(), operation="rate1m", query=lambda _: rate(CALLS_INITIATED, "1m")
)
THROUGHPUT_PEAK: Final = Recording(
    metric=CALLS_INITIATED, by=(), operation="rate1m_max1d", query=lambda _: f"max_over_time({THROUGHPUT.name}[1d])"
)
QUEUED: Final = Recording(
    metric=QUEUED_CALLS,
    by=(TENANT, CAMPAIGN),
    operation="sum",
    query=lambda _: total(QUEUED_CALLS, (TENANT, CAMPAIGN)),
)

VOICE: Final = Recording(
    metric=CALL_VOICE_QUALITY,
    by=(TENANT, AGENT),
    operation="mean1h",
    query=lambda _: VOICE_QUALITY.query(HEARD, TENANT, AGENT, least=LEAST),
)
ACCURACY: Final = Recording(
    metric=CALL_TRANSCRIPTION_ACCURACY,
    by=(TENANT, AGENT),
    operation="mean1h",
    query=lambda _: TRANSCRIPTION_ACCURACY.query(HEARD, TENANT, AGENT, least=LEAST),
)

RECORDINGS: Final = (
    CALLS_PER_MINUTE, OUTCOMES, FAILED, ACTIVE, ACTIVE_PEAK, THROUGHPUT, THROUGHPUT_PEAK, QUEUED, VOICE, ACCURACY,
)  # fmt: skip


def group(settings: Settings) -> Group:
    """Recordings and alerts of calls."""
    return Group(DOMAIN, RECORDINGS, (_failed(settings), *_queue(settings), *_missing(), _stalled(), *_voice(settings)))


def _failed(settings: Settings) -> Alert:
    limit = settings.thresholds.agent_error_rate
    return Alert(
        name="CallsFailing",
        severity=Severity.WARNING,
        expr=f"{held(FAILED, DOMAIN)} > {number(limit)}",
        summary="Many calls of an agent fail.",
        description="{{ $value | humanizePercentage }} of the calls of agent {{ $labels.agent }} of tenant "
        f"{{{{ $labels.tenant }}}} in 5 minutes failed (limit {percent(limit)}).",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limit),
        wait=60,
        keep=120,
        by=(TENANT, AGENT),
        dashboard="calls",
        no_data=HELD,
    )


def _queue(settings: Settings) -> tuple[Alert, ...]:
    limits = settings.thresholds.queued_calls
    return tuple(
        Alert(
            name="CallQueueBacklog",
            severity=severity,
            expr=f"{held(QUEUED, DOMAIN)} > {number(limit)}",
            summary="Calls pile up in the queue.",
            description="{{ $value | humanize }} calls of campaign {{ $labels.campaign }} of tenant {{ $labels.tenant }} "
            f"are due and wait to be made (limit {limit:g}).",
            unit="calls",
            limit=f"{limit:g}",
            wait=wait,
            keep=120,
            by=(TENANT, CAMPAIGN),
            dashboard="calls",
            no_data=HELD,
        )
        for severity, limit, wait in (
            (Severity.WARNING, limits.warning, 120),
            (Severity.CRITICAL, limits.critical, 10),
        )
    )


def _missing() -> tuple[Alert, ...]:
    no_data = "Without a week of history there is no alert; while the exporter is down its own alerts speak."
    week_ago = increase_ago(CALLS_INITIATED, QUIET, "1w")
    tenant_week_ago = increase_ago(CALLS_INITIATED, QUIET, "1w", (TENANT,))
    usual = f"The same {QUIET} last week had at least {LEAST}."
    return (
        Alert(
            name="CallsMissing",
            severity=Severity.WARNING,
            expr=f"{increase(CALLS_INITIATED, QUIET, (TENANT,))} == 0 and {tenant_week_ago} >= {LEAST}",
            summary="A tenant that usually has calls now has none.",
            description=f"Tenant {{{{ $labels.tenant }}}} had no call for {QUIET}. {usual}",
            unit="calls",
            limit="0",
            wait=300,
            keep=60,
            by=(TENANT,),
            dashboard="calls",
            no_data=no_data,
        ),
        Alert(
            name="CallsMissing",
            severity=Severity.CRITICAL,
            expr=f"{increase(CALLS_INITIATED, QUIET)} == 0 and {week_ago} >= {LEAST}",
            summary="There are no calls at all although there usually are.",
            description=f"No tenant had a call for {QUIET}. {usual}",
            unit="calls",
            limit="0",
            wait=10,
            keep=60,
            dashboard="calls",
            no_data=no_data,
        ),
    )


def _stalled() -> Alert:
    labels = (TENANT, CAMPAIGN)
    on = f"on ({TENANT.name}, {CAMPAIGN.name})"
    calls = increase(CALLS_INITIATED, STALLED, labels)
    return Alert(
        name="CampaignStalled",
        severity=Severity.WARNING,
        expr=f"({QUEUED.name} > 0 and {on} ({total(CAMPAIGN_STATUS, labels)} > 0)) unless {on} ({calls} > 0)",
        summary="A running campaign makes no calls although calls are due.",
        description="Campaign {{ $labels.campaign }} of tenant {{ $labels.tenant }} runs and "
        f"{{{{ $value | humanize }}}} calls are due, but none was made for {STALLED}.",
        unit="calls",
        limit="0",
        wait=300,
        keep=120,
        by=labels,
        dashboard="calls",
        no_data="Without the campaign's status or its queue there is no alert; DomainDown speaks instead.",
    )


def _voice(settings: Settings) -> tuple[Alert, ...]:
    limits = settings.thresholds
    who = "of agent {{ $labels.agent }} of tenant {{ $labels.tenant }}"
    voice, words = limits.voice_quality, limits.transcription_accuracy
    return (
        Alert(
            name="VoiceQualityLow",
            severity=Severity.WARNING,
            expr=f"{held(VOICE, DOMAIN)} < {number(voice)}",
            summary="Voices in the calls of an agent come through badly.",
            description=f"The mean voice quality of the calls {who} in {HEARD} is {{{{ $value | humanize }}}} of 5 (limit {voice:g}).",
            unit="score",
            limit=f"{voice:g}",
            wait=300,
            keep=300,
            by=(TENANT, AGENT),
            dashboard="conversations",
            no_data=HELD,
        ),
        Alert(
            name="TranscriptionAccuracyLow",
            severity=Severity.WARNING,
            expr=f"{held(ACCURACY, DOMAIN)} < {number(words)}",
            summary="Many words in the calls of an agent are misunderstood.",
            description=f"{{{{ $value | humanizePercentage }}}} of the words in the calls {who} in {HEARD} "
            f"were understood rightly (limit {percent(words)}).",
            value="{{ $value | humanizePercentage }}",
            unit="ratio",
            limit=percent(words),
            wait=300,
            keep=300,
            by=(TENANT, AGENT),
            dashboard="conversations",
            no_data=HELD,
        ),
    )
