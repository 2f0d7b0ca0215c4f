"""The metrics of calls, counted a second time by SQL as plain as can be."""

from __future__ import annotations

from typing import Any, Final

from exporter.metrics.calls import CALL_BOUNDS
from exporter.sources.database import Session

Labels = tuple[tuple[str, str], ...]
Samples = dict[tuple[str, Labels], float]

WHO: Final = ("tenant", "agent", "agent_type")
COUNTS: Final = {
    "calls_initiated_total": ("initiated_at", (*WHO, "channel", "campaign")),
    "calls_answered_total": ("answered_at", (*WHO, "channel", "campaign")),
    "calls_completed_total": ("ended_at", (*WHO, "channel", "campaign", "outcome")),
}
RECOUNTED: Final = (*COUNTS, "call_duration_seconds", "calls_by_hour_total", "active_calls")


def recount(session: Session) -> Samples:
    """Metrics of the calls in the reference schema at the snapshot's time, by SQL as plain as can be."""
    found: Samples = {}
    params = {"now": session.moment.now}
    for name, (at, labels) in COUNTS.items():
        sql = f"SELECT {_words(labels)}, count(*) FROM call_sessions WHERE {at} <= %(now)s GROUP BY {_places(labels)}"
        for row in session.rows(sql, params, 30.0):
            found[key(name, dict(zip(labels, row, strict=False)))] = row[-1]
    buckets = ", ".join(f"count(*) FILTER (WHERE duration_seconds <= {bound})" for bound in CALL_BOUNDS)
    sql = (
        f"SELECT {_words(WHO)}, count(*), sum(duration_seconds::numeric), {buckets} FROM call_sessions"
        " WHERE ended_at <= %(now)s AND duration_seconds >= 0 GROUP BY 1, 2, 3"
    )
    for row in session.rows(sql, params, 30.0):
        who = dict(zip(WHO, row, strict=False))
        found[key("call_duration_seconds_count", who)] = row[3]
        found[key("call_duration_seconds_sum", who)] = float(row[4])
        for bound, count in zip((*map(str, CALL_BOUNDS), "+Inf"), (*row[5:], row[3]), strict=True):
            found[key("call_duration_seconds_bucket", {**who, "le": bound})] = count
    sql = (
        f"SELECT {_words(('tenant',))}, to_char(initiated_at AT TIME ZONE 'UTC', 'ID'),"
        " to_char(initiated_at AT TIME ZONE 'UTC', 'HH24'), count(*)"
        " FROM call_sessions WHERE initiated_at <= %(now)s GROUP BY 1, 2, 3"
    )
    for tenant, weekday, hour, count in session.rows(sql, params, 30.0):
        found[key("calls_by_hour_total", {"tenant": tenant, "weekday": weekday, "hour": hour})] = count
    labels = (*WHO, "channel")
    sql = (
        f"SELECT {_words(labels)}, count(*) FROM call_sessions WHERE initiated_at <= %(now)s"
        f" AND (ended_at IS NULL OR ended_at > %(now)s) GROUP BY {_places(labels)}"
    )
    for row in session.rows(sql, params, 30.0):
        found[key("active_calls", dict(zip(labels, row, strict=False)))] = row[-1]
    return found


def _words(labels: tuple[str, ...]) -> str:
    return ", ".join(f"coalesce(nullif({label}, ''), 'unknown')" for label in labels)


def _places(labels: tuple[str, ...]) -> str:
    return ", ".join(str(index + 1) for index in range(len(labels)))


def key(name: str, labels: dict[str, Any]) -> tuple[str, Labels]:
    """A series as a key."""
    return name, tuple(sorted((name, str(value)) for name, value in labels.items()))
