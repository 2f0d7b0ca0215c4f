"""Metrics of agents: their tasks, their state, and what is recommended."""

from dataclasses import replace
from typing import Final

from exporter.entities.agents import AGENT_RECORD, AGENT_TASK
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
from exporter.metric import Computed, Count, Distribution, Level, Sum

WHO: Final = (TENANT, AGENT, AGENT_TYPE)
ENDED: Final = AGENT_TASK["ended_at"]

TASKS_STARTED: Final = Count(
    base="agent_tasks_started_total",
    help="Tasks that agents began.",
    domain="agents",
    codes=("A1",),
    entity=AGENT_TASK,
    at=AGENT_TASK["started_at"],
    labels=(*WHO, TASK),
)
TASKS_ENDED: Final = Count(
    base="agent_tasks_ended_total",
    help="Tasks that ended, by how: completed, failed or timeout.",
    domain="agents",
    codes=("A1",),
    entity=AGENT_TASK,
    at=ENDED,
    labels=(*WHO, TASK, STATUS),
)
TASK_DURATION: Final = Distribution(
    base="agent_task_duration_seconds",
    help="Execution time of completed tasks.",
    domain="agents",
    codes=("A1",),
    unit="seconds",
    entity=AGENT_TASK,
    at=ENDED,
    value=AGENT_TASK["duration"],
    # A task that timed out took as long as its limit, one that failed as long as until its error: neither is a task's time.
    where=(AGENT_TASK["status"].is_in("completed"),),
    bounds=(0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 60.0, 300.0),
    labels=WHO,
)
# Agents have several kinds of task: all buckets for each kind of each agent would be five times the series.
TASK_DURATION_BY_KIND: Final = replace(
    TASK_DURATION,
    base="agent_task_duration_by_kind_seconds",
    help="Execution time of completed tasks by kind, in few buckets.",
    bounds=(2.0, 8.0, 30.0),
    labels=(*WHO, TASK),
)
TASK_TOKENS: Final = Sum(
    base="agent_task_tokens_total",
    help="Tokens that ended tasks used.",
    domain="agents",
    codes=("A1",),
    entity=AGENT_TASK,
    at=ENDED,
    value=AGENT_TASK["tokens"],
    labels=(*WHO, TASK),
)
TASKS_RUNNING: Final = Level(
    base="agent_tasks_running",
    help="Tasks in progress now.",
    domain="agents",
    codes=("A1",),
    entity=AGENT_TASK,
    opened=AGENT_TASK["started_at"],
    closed=ENDED,
    labels=WHO,
    zero=True,
)
AGENT_ACTIVE: Final = Level(
    base="agent_active",
    help="Whether an agent is in service (1) or retired (0).",
    domain="agents",
    codes=("A3",),
    entity=AGENT_RECORD,
    opened=AGENT_RECORD["created_at"],
    closed=AGENT_RECORD["retired_at"],
    labels=WHO,
    zero=True,
)
AGENT_IDLE: Final = Computed(
    base="agent_idle_seconds",
    help="Time since an agent in service last began a call or a conversation or ended a task; 30 days stand for 30 days or more.",
    domain="agents",
    codes=("A3",),
    unit="seconds",
    labels=WHO,
)
AGENT_CONFIGURED: Final = Computed(
    base="agent_configured_ratio",
    help="Share of the settings of an agent in service that are filled in.",
    domain="agents",
    codes=("A3",),
    unit="ratio",
    labels=WHO,
)
AGENT_CONFIGURATION_AGE: Final = Computed(
    base="agent_configuration_age_seconds",
    help="Time since the configuration of an agent in service was last changed.",
    domain="agents",
    codes=("A3",),
    unit="seconds",
    labels=WHO,
)
RECOMMENDATIONS: Final = Computed(
    base="recommendations",
    help="Recommendations that stand, by priority and category; 0 only where rows were looked at.",
    domain="agents",
    codes=("A2",),
    labels=(PRIORITY, CATEGORY),
)
RECOMMENDATION_CONFIDENCE: Final = Computed(
    base="recommendation_confidence_ratio",
    help="How sure a recommendation is: one series for each that stands.",
    domain="agents",
    codes=("A2",),
    unit="ratio",
    labels=(RECOMMENDATION, RULE, PRIORITY, CATEGORY, COMPONENT, TENANT, AGENT),
)
RECOMMENDATION_OBSERVED: Final = Computed(
    base="recommendation_observed",
    help="The number that a recommendation rests on, in the unit given.",
    domain="agents",
    codes=("A2",),
    labels=(RECOMMENDATION, TENANT, AGENT, UNIT),
)
RECOMMENDATION_EXPECTED: Final = Computed(
    base="recommendation_expected",
    help="What that number is compared with: a limit, what it was before, or what it can be.",
    domain="agents",
    codes=("A2",),
    labels=(RECOMMENDATION, TENANT, AGENT, UNIT),
)
RECOMMENDATION_RULE: Final = Computed(
    base="recommendation_rule_info",
    help="What the rules of recommendations say: always 1, the words are in the labels.",
    domain="agents",
    codes=("A2",),
    labels=(RULE, TITLE, ISSUE, ACTION, IMPACT),
)

METRICS: Final = (
    TASKS_STARTED, TASKS_ENDED, TASK_DURATION, TASK_DURATION_BY_KIND, TASK_TOKENS, TASKS_RUNNING, AGENT_ACTIVE, AGENT_IDLE, AGENT_CONFIGURED,
    AGENT_CONFIGURATION_AGE, RECOMMENDATIONS, RECOMMENDATION_CONFIDENCE, RECOMMENDATION_OBSERVED, RECOMMENDATION_EXPECTED,
    RECOMMENDATION_RULE,
)  # fmt: skip
