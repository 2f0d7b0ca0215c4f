"""Rules for the pipeline: failing steps, slow answers, queues and usage without a price."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alerts.query import HELD, LEAST, busy_quantile, enough, held, number, percent
from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import AGENT, AGENT_TYPE, COMPONENT, MODEL, QUEUE, STATUS, TENANT, TYPE, Label
from exporter.metric import Count, Distribution
from exporter.metrics.pipeline import (
    ERRORS,
    LLM_DURATION,
    LLM_REQUESTS,
    QUEUE_DEPTH,
    STT_DURATION,
    STT_REQUESTS,
    TOOL_CALLS,
    TOOL_DURATION,
    TTS_DURATION,
    TTS_REQUESTS,
    TURN_LATENCY,
)
from exporter.settings import Settings, Threshold
from provisioning.promql import increase, rate, share_above, share_of

DOMAIN: Final = "pipeline"
STEP_LABELS: Final = (TENANT, AGENT, AGENT_TYPE, STATUS)
COMPONENTS: Final = {"llm": LLM_REQUESTS, "stt": STT_REQUESTS, "tts": TTS_REQUESTS, "tool": TOOL_CALLS}


def _steps(component: str, metric: Count) -> Recording:
    return Recording(
        metric=metric,
        subject="steps",
        by=(*STEP_LABELS, COMPONENT),
        operation="increase5m",
        constant={COMPONENT: component},
        query=lambda _: increase(metric, "5m", STEP_LABELS),
    )


def _p95(metric: Distribution, *labels: Label) -> Recording:
    return Recording(metric=metric, by=labels, operation="p95_5m", query=lambda _: busy_quantile(0.95, metric, labels))


STEPS: Final = tuple(_steps(component, metric) for component, metric in COMPONENTS.items())


def _failed(*labels: Label) -> Callable[..., str]:
    """Share of steps that failed, by labels of the recorded steps."""
    group = f"sum by ({', '.join(label.name for label in labels)})"
    steps = STEPS[0]
    return lambda _: share_of(f'{group} ({steps.name}{{{STATUS.name}="error"}})', f"{group} ({steps.name})", LEAST)


STEP_ERRORS: Final = Recording(
    metric=ERRORS,
    subject="steps",
    by=(AGENT_TYPE, COMPONENT),
    operation="error_ratio5m",
    query=_failed(AGENT_TYPE, COMPONENT),
)
AGENT_ERRORS: Final = Recording(
    metric=LLM_REQUESTS, subject="steps", by=(TENANT, AGENT), operation="error_ratio5m", query=_failed(TENANT, AGENT)
)
TYPE_ERRORS: Final = Recording(
    metric=LLM_REQUESTS, subject="steps", by=(AGENT_TYPE,), operation="error_ratio5m", query=_failed(AGENT_TYPE)
)
ERROR_RATE: Final = Recording(
    metric=ERRORS, by=(COMPONENT, TYPE), operation="rate5m", query=lambda _: rate(ERRORS, "5m", (COMPONENT, TYPE))
)
TURN_P95: Final = _p95(TURN_LATENCY, TENANT, AGENT_TYPE)
LLM_P95: Final = _p95(LLM_DURATION, MODEL)
STT_P95: Final = _p95(STT_DURATION, AGENT_TYPE)
TTS_P95: Final = _p95(TTS_DURATION, AGENT_TYPE)
TOOL_P95: Final = _p95(TOOL_DURATION, AGENT_TYPE)
SLOW: Final = Recording(
    metric=TURN_LATENCY,
    by=(TENANT, AGENT_TYPE),
    operation="slow_ratio5m",
    query=lambda limits: (
        f"({share_above(TURN_LATENCY, limits.slow_response_seconds, '5m', (TENANT, AGENT_TYPE))})"
        f" and {enough(TURN_LATENCY, (TENANT, AGENT_TYPE), '5m')}"
    ),
)

RECORDINGS: Final = (
    *STEPS, STEP_ERRORS, AGENT_ERRORS, TYPE_ERRORS, ERROR_RATE, TURN_P95, LLM_P95, STT_P95, TTS_P95, TOOL_P95, SLOW,
)  # fmt: skip


def group(settings: Settings) -> Group:
    """Recordings and alerts of the pipeline."""
    limits = settings.thresholds
    alerts = (
        *_both(_step_errors, limits.error_rate),
        _agent_errors(limits.agent_error_rate),
        *_both(_turn_slow, limits.response_time_seconds),
        _model_slow(limits.response_time_seconds.warning),
        _slow(limits.slow_response_seconds, limits.error_rate.warning),
        *_both(_queue, limits.queued_calls),
    )
    return Group(DOMAIN, RECORDINGS, alerts)


def _both(make: Callable[[Severity, float, float], Alert], limit: Threshold) -> tuple[Alert, ...]:
    """The warning waits a minute, the critical one as long as it may."""
    return (make(Severity.WARNING, limit.warning, 60), make(Severity.CRITICAL, limit.critical, 10))


def _step_errors(severity: Severity, limit: float, wait: float) -> Alert:
    return Alert(
        name="ErrorRateHigh",
        severity=severity,
        expr=f"{held(STEP_ERRORS, DOMAIN)} > {number(limit)}",
        summary="Many steps of one component fail.",
        description="{{ $value | humanizePercentage }} of the {{ $labels.component }} steps of {{ $labels.agent_type }} agents "
        f"failed in 5 minutes (limit {percent(limit)}).",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limit),
        wait=wait,
        keep=120,
        by=(COMPONENT, AGENT_TYPE),
        dashboard="pipeline",
        no_data=HELD,
    )


def _agent_errors(limit: float) -> Alert:
    return Alert(
        name="AgentErrorRateHigh",
        severity=Severity.WARNING,
        expr=f"{held(AGENT_ERRORS, DOMAIN)} > {number(limit)}",
        summary="Many steps of one agent fail.",
        description="{{ $value | humanizePercentage }} of the steps of agent {{ $labels.agent }} of tenant "
        f"{{{{ $labels.tenant }}}} failed in 5 minutes (limit {percent(limit)}).",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limit),
        wait=60,
        keep=120,
        by=(TENANT, AGENT),
        dashboard="pipeline",
        no_data=HELD,
    )


def _turn_slow(severity: Severity, limit: float, wait: float) -> Alert:
    return Alert(
        name="ResponseTimeHigh",
        severity=severity,
        expr=f"{held(TURN_P95, DOMAIN)} > {number(limit)}",
        summary="People wait too long for answers.",
        description="95% of the answers of {{ $labels.agent_type }} agents of tenant {{ $labels.tenant }} take up to "
        f"{{{{ $value | humanizeDuration }}}} (limit {limit:g} s).",
        value="{{ $value | humanizeDuration }}",
        unit="seconds",
        limit=f"{limit:g}s",
        wait=wait,
        keep=120,
        by=(TENANT, AGENT_TYPE),
        dashboard="pipeline",
        no_data=HELD,
    )


def _model_slow(limit: float) -> Alert:
    # No critical level: a model's wall time is not what people hear, that is the latency of turns.
    return Alert(
        name="ModelResponseTimeHigh",
        severity=Severity.WARNING,
        expr=f"{held(LLM_P95, DOMAIN)} > {number(limit)}",
        summary="A language model answers slowly.",
        description="95% of the requests to model {{ $labels.model }} take up to {{ $value | humanizeDuration }} "
        f"(limit {limit:g} s).",
        value="{{ $value | humanizeDuration }}",
        unit="seconds",
        limit=f"{limit:g}s",
        wait=60,
        keep=120,
        by=(MODEL,),
        dashboard="pipeline",
        no_data=HELD,
    )


def _slow(bound: float, limit: float) -> Alert:
    return Alert(
        name="SlowResponses",
        severity=Severity.WARNING,
        expr=f"{held(SLOW, DOMAIN)} > {number(limit)}",
        summary="Some people wait very long for an answer.",
        description="{{ $value | humanizePercentage }} of the answers of {{ $labels.agent_type }} agents of tenant "
        f"{{{{ $labels.tenant }}}} took longer than {bound:g} s in 5 minutes (limit {percent(limit)}).",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limit),
        wait=60,
        keep=120,
        by=(TENANT, AGENT_TYPE),
        dashboard="pipeline",
        no_data=HELD,
    )


def _queue(severity: Severity, limit: float, wait: float) -> Alert:
    return Alert(
        name="QueueDepthHigh",
        severity=severity,
        expr=f"{QUEUE_DEPTH.name} > {number(limit)}",
        summary="Work piles up in a queue.",
        description=f"{{{{ $value | humanize }}}} messages or jobs wait in queue {{{{ $labels.queue }}}} (limit {limit:g}).",
        unit="messages",
        limit=f"{limit:g}",
        wait=wait,
        keep=120,
        by=(QUEUE,),
        dashboard="pipeline",
        no_data="When the queue cannot be read the alert ends and StateSourceDown speaks instead.",
    )
