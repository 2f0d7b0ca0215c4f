"""Rules for agents: tasks that fail, agents that do nothing or are not looked after, advice that cannot wait."""

from __future__ import annotations

from typing import Final

from alerts.query import HELD, LEAST, held, number, percent
from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import AGENT, PRIORITY, TENANT
from exporter.labels import DOMAIN as DOMAIN_LABEL
from exporter.metric import Metric
from exporter.metrics.agents import (
    AGENT_CONFIGURATION_AGE,
    AGENT_CONFIGURED,
    AGENT_IDLE,
    RECOMMENDATION_CONFIDENCE,
    TASK_DURATION,
    TASKS_ENDED,
)
from exporter.metrics.exporter import DOMAIN_UP
from exporter.settings import Settings, duration
from provisioning import promql
from provisioning.kpis.agents import TASK_ERRORS, TASK_TIME

DOMAIN: Final = "agents"
WHO: Final = (TENANT, AGENT)
WINDOW: Final = "1h"
"""Tasks are fewer than steps: an hour gives most agents enough of them for a share."""

COMPUTED: Final = "While the domain cannot be read the last known value stands for 1h; when only the computation fails, ComputationFailing speaks."


def _newest(metric: Metric, operation: str) -> Recording:
    """A computed value for each agent; the largest if there are several."""
    return Recording(
        metric=metric,
        by=WHO,
        operation=operation,
        query=lambda _: f"{operation}{promql.by(metric, WHO)} ({promql.selector(metric)})",
    )


ERRORS: Final = Recording(
    metric=TASKS_ENDED,
    by=WHO,
    operation="error_ratio1h",
    query=lambda _: TASK_ERRORS.query(WINDOW, *WHO, least=LEAST),
)
TIME: Final = Recording(metric=TASK_DURATION, by=WHO, operation="mean1h", query=lambda _: TASK_TIME.query(WINDOW, *WHO))
IDLE: Final = _newest(AGENT_IDLE, "max")
AGE: Final = _newest(AGENT_CONFIGURATION_AGE, "max")
CONFIGURED: Final = _newest(AGENT_CONFIGURED, "min")
ADVICE: Final = Recording(
    metric=RECOMMENDATION_CONFIDENCE,
    subject="recommendations",
    by=(PRIORITY, *WHO),
    operation="count",
    query=lambda _: (
        f"count{promql.by(RECOMMENDATION_CONFIDENCE, (PRIORITY, *WHO))} ({promql.selector(RECOMMENDATION_CONFIDENCE)})"
    ),
)

RECORDINGS: Final[tuple[Recording, ...]] = (ERRORS, TIME, IDLE, AGE, CONFIGURED, ADVICE)


def group(settings: Settings) -> Group:
    """Recordings and alerts of agents."""
    limits = settings.thresholds
    alerts = (
        _failing(limits.agent_error_rate),
        _idle(limits.agent_idle_seconds),
        _incomplete(limits.agent_configured),
        _stale(limits.agent_configuration_age_seconds),
        _advice(),
    )
    return Group(DOMAIN, RECORDINGS, alerts)


def _failing(limit: float) -> Alert:
    return Alert(
        name="AgentTasksFailing",
        severity=Severity.WARNING,
        expr=f"{held(ERRORS, DOMAIN)} > {number(limit)}",
        summary="An agent fails many of its tasks.",
        description="{{ $value | humanizePercentage }} of the tasks of agent {{ $labels.agent }} of tenant {{ $labels.tenant }} "
        f"failed or timed out in {WINDOW} (limit {percent(limit)}).",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limit),
        wait=60,
        keep=300,
        by=WHO,
        dashboard="agents",
        no_data=HELD,
    )


def _idle(limit: float) -> Alert:
    return Alert(
        name="AgentInactive",
        severity=Severity.WARNING,
        expr=f"{held(IDLE, DOMAIN)} > {number(limit)}",
        summary="An agent in service does nothing.",
        description="Agent {{ $labels.agent }} of tenant {{ $labels.tenant }} is in service and did nothing for "
        f"{{{{ $value | humanizeDuration }}}} (limit {duration(limit)}).",
        value="{{ $value | humanizeDuration }}",
        unit="seconds",
        limit=duration(limit),
        wait=300,
        keep=60,
        by=WHO,
        dashboard="agents",
        no_data=COMPUTED,
    )


def _incomplete(limit: float) -> Alert:
    return Alert(
        name="AgentConfigurationIncomplete",
        severity=Severity.INFO,
        expr=f"{held(CONFIGURED, DOMAIN)} < {number(limit)}",
        summary="An agent is not fully set up.",
        description="{{ $value | humanizePercentage }} of the settings of agent {{ $labels.agent }} of tenant {{ $labels.tenant }} "
        f"are filled in (at least {percent(limit)} should be).",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit=percent(limit),
        wait=300,
        by=WHO,
        dashboard="agents",
        no_data=COMPUTED,
    )


def _stale(limit: float) -> Alert:
    return Alert(
        name="AgentConfigurationStale",
        severity=Severity.INFO,
        expr=f"{held(AGE, DOMAIN)} > {number(limit)}",
        summary="An agent's configuration was not touched for long.",
        description="The configuration of agent {{ $labels.agent }} of tenant {{ $labels.tenant }} was last changed "
        f"{{{{ $value | humanizeDuration }}}} ago (limit {duration(limit)}).",
        value="{{ $value | humanizeDuration }}",
        unit="seconds",
        limit=duration(limit),
        wait=300,
        by=WHO,
        dashboard="agents",
        no_data=COMPUTED,
    )


def _advice() -> Alert:
    critical = ADVICE.name + f'{{{PRIORITY.name}="critical"}}'
    gone = f"last_over_time({critical}[1h]) unless on () ({promql.selector(DOMAIN_UP, {DOMAIN_LABEL: DOMAIN})} == 1)"
    return Alert(
        name="RecommendationCritical",
        severity=Severity.INFO,
        expr=f"({critical} or ({gone})) > 0",
        summary="There is advice that should not wait.",
        description="{{ $value | humanize }} critical recommendations concern agent {{ $labels.agent }} of tenant {{ $labels.tenant }}; "
        "the agents dashboard and `watchfloor recommend` say what to do.",
        limit="0",
        wait=60,
        keep=600,
        by=WHO,
        dashboard="agents",
        no_data=COMPUTED,
    )
