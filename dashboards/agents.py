"""Agents: how well they do their tasks, how they compare, what should be done about them, and the history of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import SCOPES, ceiling, drill, floor, frame, rising
from dashboards.query import RANGE, WEEKLY, Query, Sql, buckets, instant, legend
from dashboards.query import table as query
from dashboards.tables import Column, summary
from exporter.entities.agents import AGENT_RECORD
from exporter.labels import (
    ACTION,
    AGENT,
    AGENT_TYPE,
    CATEGORY,
    COMPONENT,
    IMPACT,
    ISSUE,
    PRIORITY,
    RECOMMENDATION,
    RULE,
    STATUS,
    TASK,
    TENANT,
    TITLE,
    UNIT,
)
from exporter.metrics.agents import (
    AGENT_ACTIVE,
    AGENT_CONFIGURATION_AGE,
    AGENT_IDLE,
    RECOMMENDATION_CONFIDENCE,
    RECOMMENDATION_EXPECTED,
    RECOMMENDATION_OBSERVED,
    RECOMMENDATION_RULE,
    RECOMMENDATIONS,
    TASK_DURATION,
    TASKS_ENDED,
    TASKS_RUNNING,
    TASKS_STARTED,
)
from exporter.metrics.cost import LLM_COST
from exporter.metrics.pipeline import TURN_LATENCY
from provisioning.kpis.agents import (
    AGENTS_IN_SERVICE,
    CONFIGURATION,
    OPEN_RECOMMENDATIONS,
    TASK_ERRORS,
    TASK_GROWTH,
    TASK_TIME,
    TASK_TIME_BY_KIND,
    TASK_TIMEOUTS,
    TOKENS_PER_TASK,
)
from provisioning.promql import RATE_INTERVAL

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["agents"]
WHO: Final = (TENANT, AGENT)
"""Growth from hour to hour says what time of day it is."""


def build(settings: Settings) -> Any:
    """The dashboard of agents."""
    body = [
        *_now(settings),
        *panels.row("What should be done", _advice()),
        *panels.row("Comparison of agents", _comparison(settings)),
        *panels.row("Tasks", _tasks()),
        *panels.row("History", _history(settings)),
        *panels.row("State of agents", _state(settings)),
    ]
    return frame(
        "agents", "Do agents do their tasks, which one does not, and what should be done?", body=body, settings=settings,
        sources={TENANT: (TASKS_ENDED, AGENT_ACTIVE), AGENT: (TASKS_ENDED, AGENT_ACTIVE), AGENT_TYPE: (TASKS_ENDED, AGENT_ACTIVE)},
    )  # fmt: skip


def _now(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    idle = S.total(AGENT_IDLE, TENANT, AGENT)
    limit = limits.agent_idle_seconds
    inactive = f"count({idle} > {limit:g}) or 0 * count({idle})"
    return [
        panels.stat("Task error rate", "Which share of tasks failed or timed out?", "percentunit",
                    [instant(S.kpi(TASK_ERRORS))], thresholds=ceiling(limits.agent_error_rate)),
        panels.stat("Tasks ended", "How many tasks ended in the time range?", "short", [instant(S.increase(TASKS_ENDED))], decimals=0),
        panels.stat("Execution time", "How long does a completed task take on average?", "s", [instant(S.kpi(TASK_TIME))]),
        panels.stat("Growth of tasks", "How many more tasks ended in the last 7 days than in the 7 days before?", "percentunit",
                    [instant(S.kpi(TASK_GROWTH, window=WEEKLY))]),
        panels.stat("Agents in service", "How many agents are in service?", "short", [instant(S.kpi(AGENTS_IN_SERVICE))], decimals=0),
        panels.stat("Inactive agents", "How many agents in service did nothing for longer than the limit?", "short",
                    [instant(inactive)], thresholds=ceiling(1), decimals=0),
    ]  # fmt: skip


def _advice() -> list[Any]:
    by_priority = S.kpi(OPEN_RECOMMENDATIONS, PRIORITY)
    by_category = S.kpi(OPEN_RECOMMENDATIONS, CATEGORY)
    words = ", ".join(label.name for label in (TITLE, ISSUE, ACTION, IMPACT))
    about = (RECOMMENDATION, RULE, PRIORITY, CATEGORY, COMPONENT, TENANT, AGENT)
    join = f"* on ({RULE.name}) group_left ({words}) max by ({RULE.name}, {words}) ({RECOMMENDATION_RULE.name})"
    confidence = f"100 * {S.total(RECOMMENDATION_CONFIDENCE, *about)} {join}"
    numbers = [S.total(metric, RECOMMENDATION, UNIT) for metric in (RECOMMENDATION_OBSERVED, RECOMMENDATION_EXPECTED)]
    return [
        panels.bargauge("Recommendations by priority", "How much is there to do, and how urgent is it?", "short",
                        [instant(by_priority, legend(PRIORITY))], width=6, height=6, decimals=0),
        panels.pie("Recommendations by category", "What kind of advice is there?", "short",
                   [instant(by_category, legend(CATEGORY))], width=6, height=6),
        panels.timeseries("Recommendations over time", "Does the list become shorter?", "short",
                          [Query(S.total(RECOMMENDATIONS, PRIORITY), legend(PRIORITY))], stack=True, height=6),
        _recommendations(confidence, numbers),
    ]  # fmt: skip


def _recommendations(confidence: str, numbers: list[str]) -> Any:
    """One row for each recommendation, the words of its rule joined to it."""
    order = (PRIORITY, TITLE, TENANT, AGENT, COMPONENT, CATEGORY, ISSUE, ACTION, IMPACT, UNIT, RECOMMENDATION)
    names = {label.name: index for index, label in enumerate(order)}
    values = {"Value #A": "confidence %", "Value #B": "observed", "Value #C": "expected"}
    index = names | {name: len(order) + place for place, name in enumerate(values)}
    rename = {**values, RECOMMENDATION.name: "id", ISSUE.name: "predicted issue"}
    hidden = {"Time": True, RULE.name: True}
    return panels.table(
        "Recommendations", "What should be done, how urgent and how sure is it, and which numbers does it rest on? The command "
        "`watchfloor recommend` gives the reasons in words. Advice that concerns everybody has tenant and agent `all`.", "none",
        [query(confidence), *map(query, numbers)], sort="confidence %", height=11, decimals=2,
        transformations=[
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": hidden, "indexByName": index, "renameByName": rename}},
        ],
        links=[drill("agents", "agents", "Only this agent", AGENT, row=True)],
    )  # fmt: skip


def _comparison(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    only = drill("agents", "agents", "History of this agent", AGENT, row=True)
    columns = (
        Column("Tasks", "short", S.increase(TASKS_ENDED, *WHO)),
        Column("Errors", "percentunit", S.kpi(TASK_ERRORS, *WHO), ceiling(limits.agent_error_rate)),
        Column("Timeouts", "percentunit", S.kpi(TASK_TIMEOUTS, *WHO)),
        Column("Execution time", "s", S.kpi(TASK_TIME, *WHO)),
        Column("Execution time p95", "s", S.quantile(0.95, TASK_DURATION, *WHO, window=RANGE)),
        Column("Tokens per task", "short", S.kpi(TOKENS_PER_TASK, *WHO)),
        Column("Response time p95", "s", S.quantile(0.95, TURN_LATENCY, *WHO, window=RANGE), rising(limits.response_time_seconds)),
        Column("Model cost", "currencyUSD", S.increase(LLM_COST, *WHO)),
    )  # fmt: skip
    link = drill("agents", "agents", "History of this agent", AGENT)
    return [
        summary("Agents compared", "Which agent does most, fails most, takes longest and costs most?", WHO, columns, links=[only]),
        panels.bargauge("Highest error rates", "Which agents fail most of their tasks?", "percentunit",
                        [instant(f"topk(10, {S.kpi(TASK_ERRORS, *WHO)})", legend(AGENT))],
                        thresholds=ceiling(limits.agent_error_rate), links=[link], width=12),
        panels.bargauge("Longest execution times", "Which agents take longest for a task?", "s",
                        [instant(f"topk(10, {S.kpi(TASK_TIME, *WHO)})", legend(AGENT))], links=[link], width=12),
    ]  # fmt: skip


def _tasks() -> list[Any]:
    columns = (
        Column("Tasks", "short", S.increase(TASKS_ENDED, TASK)),
        Column("Errors", "percentunit", S.kpi(TASK_ERRORS, TASK)),
        Column("Execution time", "s", S.kpi(TASK_TIME_BY_KIND, TASK)),
        Column("Tokens per task", "short", S.kpi(TOKENS_PER_TASK, TASK)),
    )
    return [
        summary("Tasks by kind", "Which kind of task fails or takes long?", (TASK,), columns, width=12, height=8),
        panels.timeseries("Tasks in progress", "How many tasks run at once?", "short",
                          [Query(S.total(TASKS_RUNNING), "running")]),
    ]  # fmt: skip


def _history(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    time = [Query(f"{S.quantile(q, TASK_DURATION)}", f"p{q * 100:g}") for q in (0.5, 0.95)]
    return [
        panels.timeseries("Tasks per minute by status", "When do tasks end, and how? Choose one agent above to see its history.", "cpm", [
            Query(f"60 * {S.rate(TASKS_ENDED, STATUS)}", legend(STATUS)), Query(f"60 * {S.rate(TASKS_STARTED)}", "started"),
        ], width=8),
        panels.timeseries("Error rate over time", "When did agents fail more of their tasks?", "percentunit",
                          [Query(S.kpi(TASK_ERRORS, window=RATE_INTERVAL), "failed or timed out"),
                           Query(S.kpi(TASK_TIMEOUTS, window=RATE_INTERVAL), "timed out")],
                          thresholds=ceiling(limits.agent_error_rate), width=8),
        panels.timeseries("Execution time over time", "When did tasks take longer?", "s",
                          [*time, Query(S.kpi(TASK_TIME, window=RATE_INTERVAL), "average")], width=8),
        panels.heatmap("Spread of execution times", "Is there a slow group behind a good average?", "s",
                       [buckets(TASK_DURATION, S.on(TASK_DURATION))], width=24, height=7),
    ]  # fmt: skip


def _state(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    idle = f"topk(10, {S.total(AGENT_IDLE, *WHO)})"
    age = f"topk(10, {S.total(AGENT_CONFIGURATION_AGE, *WHO)})"
    return [
        panels.gauge("Configuration completeness", "Which share of their settings have agents filled in?", "percentunit",
                     [instant(S.kpi(CONFIGURATION))], thresholds=floor(limits.agent_configured), height=8),
        panels.bargauge("Least complete agents", "Which agents lack most of their settings?", "percentunit",
                        [instant(f"bottomk(10, {S.kpi(CONFIGURATION, *WHO)})", legend(AGENT))],
                        thresholds=floor(limits.agent_configured), maximum=1, width=6),
        panels.bargauge("Longest idle", "How fresh is the data of each agent: which did nothing for longest?", "s",
                        [instant(idle, legend(AGENT))], thresholds=ceiling(limits.agent_idle_seconds), width=6),
        panels.bargauge("Oldest configurations", "Whose configuration was not touched for longest?", "s",
                        [instant(age, legend(AGENT))], thresholds=ceiling(limits.agent_configuration_age_seconds), width=6),
        panels.timeline("In service over time", "Since when is each agent in service, and when was it retired?", "none",
                        [Query(S.total(AGENT_ACTIVE, AGENT), legend(AGENT))], thresholds=((None, "red"), (1, "green")),
                        mappings=({"type": "value", "options": {"0": {"text": "retired", "color": "red"},
                                                                "1": {"text": "in service", "color": "green"}}},)),
        _records(),
    ]  # fmt: skip


def _records() -> Any:
    """Every agent as it is set up, from the view of its entity."""
    statement = (
        "SELECT tenant, agent, agent_type, model, CASE WHEN retired_at <= now() THEN 'retired' ELSE 'in service' END AS state, status, "
        f'round((100 * configured)::numeric) AS "configured %", created_at, updated_at, retired_at FROM {AGENT_RECORD.view} '
        f"WHERE {S.where(AGENT_RECORD)} ORDER BY retired_at IS NOT NULL, tenant, agent"
    )
    return panels.table(
        "Agents on record",
        "How is each agent set up, and when was it last changed?",
        "none",
        [Sql(statement)],
        width=12,
        height=8,
    )
