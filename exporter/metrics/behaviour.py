"""Metrics of behaviour."""

from typing import Final

from exporter.entities.behaviour import USAGE_EVENT
from exporter.labels import AGE, COHORT, EVENT, FEATURE, HOUR, KIND, PERIOD, PLAN, TENANT, WEEKDAY
from exporter.metric import Computed, Count, Distribution, Metric

WHO: Final = (TENANT, PLAN)
AT: Final = USAGE_EVENT["occurred_at"]

USAGE_EVENTS: Final = Count(
    base="usage_events_total",
    help="Uses of the product's features.",
    domain="behaviour",
    codes=("B1",),
    entity=USAGE_EVENT,
    at=AT,
    labels=(*WHO, FEATURE, EVENT),
)
FEATURE_DURATION: Final = Distribution(
    base="feature_use_duration_seconds",
    help="How long a feature is used at a time.",
    domain="behaviour",
    codes=("B1",),
    unit="seconds",
    entity=USAGE_EVENT,
    at=AT,
    value=USAGE_EVENT["duration"],
    bounds=(1.0, 5.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1800.0),
    labels=(*WHO, FEATURE),
)
USAGE_BY_HOUR: Final = Count(
    base="usage_by_hour_total",
    help="Uses of the product's features, by weekday and hour in the configured time zone.",
    domain="behaviour",
    codes=("B1",),
    entity=USAGE_EVENT,
    at=AT,
    labels=(TENANT, WEEKDAY, HOUR),
)
ACTIVE_USERS: Final = Computed(
    base="usage_active_users",
    help="People who used the product in the last day, week (7 days) or month (30 days).",
    domain="behaviour",
    codes=("B1", "Q2"),
    labels=(TENANT, PERIOD),
)
RETURNED_USERS: Final = Computed(
    base="usage_returned_users",
    help="People who used the product in the last day, week or month and also in the same length of time before it.",
    domain="behaviour",
    codes=("B1", "Q2"),
    labels=(TENANT, PERIOD),
)
FORMER_USERS: Final = Computed(
    base="usage_former_users",
    help="People who used the product in the day, week or month before the last one.",
    domain="behaviour",
    codes=("B1", "Q2"),
    labels=(TENANT, PERIOD),
)
FEATURE_USERS: Final = Computed(
    base="usage_feature_users",
    help="People who used a feature in the last month (30 days).",
    domain="behaviour",
    codes=("B1", "Q2"),
    labels=(TENANT, FEATURE),
)
SESSIONS: Final = Computed(
    base="usage_sessions",
    help="Visits that ended or went on in the last day, week or month.",
    domain="behaviour",
    codes=("B1",),
    labels=(TENANT, PERIOD),
)
ENGAGED_SESSIONS: Final = Computed(
    base="usage_engaged_sessions",
    help="Visits in which somebody used at least two features, or did more than look at a page.",
    domain="behaviour",
    codes=("B1",),
    labels=(TENANT, PERIOD),
)
SESSION_SECONDS: Final = Computed(
    base="usage_session_seconds",
    help="Length of all visits of the last day, week or month together, from the first use to the end of the last.",
    domain="behaviour",
    codes=("B1",),
    unit="seconds",
    labels=(TENANT, PERIOD),
)
COHORT_USERS: Final = Computed(
    base="usage_cohort_users",
    help="People by the month of their first use and by whole months since, who used the product in that later month.",
    domain="behaviour",
    codes=("B1", "Q2"),
    labels=(TENANT, COHORT, AGE),
)
PLAN_USED: Final = Computed(
    base="plan_used",
    help="What a tenant used in this calendar month of what its plan limits: calls, conversations, seats.",
    domain="behaviour",
    codes=("B1", "N1", "N2"),
    labels=(TENANT, PLAN, KIND),
)
PLAN_LIMIT: Final = Computed(
    base="plan_limit",
    help="What a tenant's plan allows in a calendar month: calls, conversations, seats.",
    domain="behaviour",
    codes=("B1", "N1", "N2"),
    labels=(TENANT, PLAN, KIND),
)

METRICS: Final[tuple[Metric, ...]] = (
    USAGE_EVENTS, FEATURE_DURATION, USAGE_BY_HOUR, ACTIVE_USERS, RETURNED_USERS, FORMER_USERS, FEATURE_USERS, SESSIONS,
    ENGAGED_SESSIONS, SESSION_SECONDS, COHORT_USERS, PLAN_USED, PLAN_LIMIT,
)  # fmt: skip
