"""Formulas of agents."""

from dataclasses import replace
from typing import Final

from exporter.labels import STATUS
from exporter.metrics.agents import (
    AGENT_ACTIVE,
    AGENT_CONFIGURED,
    RECOMMENDATION_CONFIDENCE,
    TASK_DURATION,
    TASK_DURATION_BY_KIND,
    TASK_TOKENS,
    TASKS_ENDED,
)
from provisioning import promql
from provisioning.kpi import Asked, Kpi

FAILED: Final = "failed|timeout"


def _growth(asked: Asked) -> str:
    now, before = asked.increase(TASKS_ENDED), asked.before(TASKS_ENDED)
    return f"{now} / ({before} > 0) - 1"


def _configured(asked: Asked) -> str:
    group = promql.by(AGENT_CONFIGURED, asked.by)
    return f"avg{group} ({promql.selector(AGENT_CONFIGURED, asked.of(AGENT_CONFIGURED))})"


def _recommended(asked: Asked) -> str:
    group = promql.by(RECOMMENDATION_CONFIDENCE, asked.by)
    return f"count{group} ({promql.selector(RECOMMENDATION_CONFIDENCE, asked.of(RECOMMENDATION_CONFIDENCE))})"


TASK_SUCCESS: Final = Kpi(
    name="task_success_rate",
    title="Task success rate",
    meaning="Share of ended tasks that were completed.",
    unit="ratio",
    formula="tasks completed / tasks ended whose status is known",
    unknown="No answer when no task ended in the time range, or none has a status.",
    domain="agents",
    codes=("A1",),
    metrics=(TASKS_ENDED,),
    expression=lambda asked: asked.known(TASKS_ENDED, STATUS, "completed"),
)
TASK_ERRORS: Final = Kpi(
    name="task_error_rate",
    title="Task error rate",
    meaning="Share of ended tasks that failed or timed out.",
    unit="ratio",
    formula="tasks failed or timed out / tasks ended whose status is known",
    unknown="No answer when no task ended in the time range, or none has a status.",
    domain="agents",
    codes=("A1",),
    metrics=(TASKS_ENDED,),
    expression=lambda asked: asked.known(TASKS_ENDED, STATUS, f"=~{FAILED}"),
)
TASK_TIMEOUTS: Final = Kpi(
    name="task_timeout_rate",
    title="Task timeout rate",
    meaning="Share of ended tasks that timed out.",
    unit="ratio",
    formula="tasks timed out / tasks ended whose status is known",
    unknown="No answer when no task ended in the time range, or none has a status.",
    domain="agents",
    codes=("A1",),
    metrics=(TASKS_ENDED,),
    expression=lambda asked: asked.known(TASKS_ENDED, STATUS, "timeout"),
)
TASK_TIME: Final = Kpi(
    name="task_execution_time",
    title="Execution time",
    meaning="Mean time that completed tasks took.",
    unit="seconds",
    formula="sum of the durations of completed tasks / completed tasks with a duration",
    unknown="No answer when no task with a duration was completed in the time range.",
    domain="agents",
    codes=("A1",),
    metrics=(TASK_DURATION,),
    expression=lambda asked: asked.mean(TASK_DURATION),
)
TASK_TIME_BY_KIND: Final = replace(
    TASK_TIME,
    name="task_execution_time_by_kind",
    title="Execution time by kind",
    meaning="Mean time that completed tasks of each kind took.",
    metrics=(TASK_DURATION_BY_KIND,),
    expression=lambda asked: asked.mean(TASK_DURATION_BY_KIND),
)
TASK_GROWTH: Final = Kpi(
    name="task_growth",
    title="Growth of tasks",
    meaning="How many more tasks ended than in a time of the same length before.",
    unit="ratio",
    formula="tasks ended / tasks ended in the time range before - 1",
    unknown="No answer when no task ended in the time range before.",
    domain="agents",
    codes=("A1",),
    metrics=(TASKS_ENDED,),
    expression=_growth,
)
TOKENS_PER_TASK: Final = Kpi(
    name="tokens_per_task",
    title="Tokens per task",
    meaning="Tokens that an ended task used on average.",
    unit="tokens",
    formula="tokens of ended tasks / ended tasks",
    unknown="No answer when no task ended in the time range, or the source records no tokens.",
    domain="agents",
    codes=("A1",),
    metrics=(TASK_TOKENS, TASKS_ENDED),
    # Without `ratio`'s 0 for a missing part: tokens that are not recorded are not 0.
    expression=lambda asked: promql.ratio(asked.increase(TASK_TOKENS), asked.increase(TASKS_ENDED)),
)
AGENTS_IN_SERVICE: Final = Kpi(
    name="agents_in_service",
    title="Agents in service",
    meaning="Agents that were made and are not retired.",
    unit="agents",
    formula="agents with created_at in the past and no retired_at in the past",
    unknown="No answer when no agent is on record.",
    domain="agents",
    codes=("A3",),
    metrics=(AGENT_ACTIVE,),
    expression=lambda asked: asked.total(AGENT_ACTIVE),
)
CONFIGURATION: Final = Kpi(
    name="configuration_completeness",
    title="Configuration completeness",
    meaning="Share of their settings that agents in service have filled in, on average.",
    unit="ratio",
    formula="mean of the share filled in over agents in service",
    unknown="No answer when no agent in service says how complete it is.",
    domain="agents",
    codes=("A3",),
    metrics=(AGENT_CONFIGURED,),
    expression=_configured,
)
OPEN_RECOMMENDATIONS: Final = Kpi(
    name="open_recommendations",
    title="Recommendations",
    meaning="Recommendations that stand now.",
    unit="recommendations",
    formula="number of recommendations that the rules make of the rows of the last days",
    unknown="No answer when there is none for the chosen tenants and agents, or there were no rows to look at.",
    domain="agents",
    codes=("A2",),
    metrics=(RECOMMENDATION_CONFIDENCE,),
    expression=_recommended,
)

KPIS: Final[tuple[Kpi, ...]] = (
    TASK_SUCCESS, TASK_ERRORS, TASK_TIMEOUTS, TASK_TIME, TASK_TIME_BY_KIND, TASK_GROWTH, TOKENS_PER_TASK, AGENTS_IN_SERVICE, CONFIGURATION,
    OPEN_RECOMMENDATIONS,
)  # fmt: skip
