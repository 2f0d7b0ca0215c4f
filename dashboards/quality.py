"""Data quality: is what is shown complete, fresh and equal to the tables, what was left out, and what was done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import DAYS, SCOPES, UP, UP_OR_DOWN, ceiling, frame, rising
from dashboards.query import DAILY, DAY, Query, instant, legend
from dashboards.tables import Column, summary
from exporter import labels
from exporter.metrics import exporter as own
from exporter.metrics.calls import CALLS_INITIATED
from exporter.metrics.conversations import CONVERSATIONS_STARTED
from exporter.metrics.health import HEALTH_CHECKS
from exporter.metrics.pipeline import LLM_REQUESTS
from provisioning import promql

if TYPE_CHECKING:
    from exporter.metric import Metric
    from exporter.settings import Settings

S: Final = SCOPES["quality"]
A_DAY: Final = 86_400.0
"""The same limit as the alert ReconciliationBehind."""

WHAT: Final = f"{legend(labels.REASON)} in {legend(labels.DOMAIN)}"


def build(settings: Settings) -> Any:
    """The dashboard of the comparison of sealed totals with the tables."""
    body = [
        *_now(),
        *panels.row("Freshness and gaps", _fresh(settings)),
        *panels.row("Left out", _left_out()),
        *panels.row("Counters against tables", _found()),
        *panels.row("Work in the background", [*_work(), *_computations()]),
    ]
    return frame(
        "quality", "Is what is shown complete, fresh and equal to the database, and what was left out?", body=body, settings=settings,
        sources={labels.DOMAIN: (own.DOMAIN_UP,)}, days=True,
    )  # fmt: skip


def _each(metric: Metric) -> str:
    return promql.selector(metric, S.on(metric))


def _apart(reason: str) -> str:
    return S.total(own.DIFFERENCE, where={labels.REASON: reason})


def _now() -> list[Any]:
    return [
        panels.stat("Missing rows", "How many rows of the database do the counters miss?", "short", [instant(_apart("missing"))],
                    thresholds=ceiling(1), width=6, decimals=0),
        panels.stat("Surplus rows", "How many rows do the counters hold that changed or vanished since?", "short", [instant(_apart("surplus"))],
                    thresholds=((None, "green"), (1, "orange")), width=6, decimals=0),
        panels.stat("Retained rows", "How many rows do the counters hold that a retention job has deleted?", "short", [instant(_apart("retained"))],
                    width=6, decimals=0),
        panels.stat("Longest without comparison", "How long ago was the least recently compared part of the totals compared?", "s",
                    [instant(f"max({_each(own.RECONCILED_AGE)})")], thresholds=ceiling(A_DAY), width=6),
    ]  # fmt: skip


def _fresh(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    rows = {
        "calls": CALLS_INITIATED,
        "conversations": CONVERSATIONS_STARTED,
        "model requests": LLM_REQUESTS,
        "probes": HEALTH_CHECKS,
    }
    return [
        panels.timeseries("Age of the newest row", "Does the source still write?", "s", [Query(_each(own.NEWEST_ROW_AGE), legend(labels.DOMAIN))],
                          thresholds=rising(limits.data_age_seconds)),
        panels.timeseries("Rows per day", "Is there a day without rows?", "short",
                          [Query(S.increase(metric, window=DAILY), name) for name, metric in rows.items()],
                          bars=True, interval=DAY, time_from=DAYS),
    ]  # fmt: skip


def _nothing(expr: str, why: str) -> str:
    """A line for the table when it is known that there is nothing to list, for an empty table could also mean that nobody knows."""
    for label, words in ((labels.METRIC, "none"), (labels.REASON, why)):
        expr = f"label_replace({expr}, {promql.quote(label.name)}, {promql.quote(words)}, {promql.quote(label.name)}, {promql.quote('')})"
    return expr


def _left_out() -> list[Any]:
    every = _each(own.METRIC_MISSING)
    none = _nothing(f"0 * max({_each(own.DATABASE_UP)} == 1) unless on () {every}", "every metric can be given")
    missing = f"max by ({labels.METRIC.name}, {labels.REASON.name}) ({every}) or {none}"
    wrong = S.increase(own.REJECTED, labels.METRIC, labels.REASON)
    rejected = f"{wrong} > 0 or {_nothing(f'{S.increase(own.REJECTED)} == 0', 'every value can be right')}"
    return [
        summary("Missing metrics", "Which metrics can the mapping not give, and why?", (labels.METRIC, labels.REASON),
                (Column("Missing", "short", missing),), width=8),
        summary("Rejected values", "Which values were left out in the time range because they are negative or no number?",
                (labels.METRIC, labels.REASON), (Column("Rejected", "short", rejected),), width=8),
        panels.bargauge("Label overflow", "Which labels have more values than may have series of their own?", "short",
                        [instant(f"max by ({labels.LABEL.name}) ({_each(own.LABEL_OVERFLOW)})", legend(labels.LABEL))],
                        thresholds=ceiling(1), width=8),
    ]  # fmt: skip


def _found() -> list[Any]:
    return [
        panels.timeseries("Rows behind the horizon", "Did rows that were counted already arrive late, change, vanish, or get purged?", "short",
                          [Query(S.increase(own.RECONCILED_ROWS, labels.DOMAIN, labels.REASON, window=promql.RATE_INTERVAL), WHAT)]),
        panels.timeseries("Totals and tables apart", "By how many rows do the counters differ from the database?", "short",
                          [Query(S.total(own.DIFFERENCE, labels.DOMAIN, labels.REASON), WHAT)]),
        panels.timeline("Totals lost", "When did counters begin anew from fewer rows than they had counted?", "short",
                        [Query(f"max({_each(own.STATE_LOST)})", "lost")], thresholds=((None, "green"), (1, "red")),
                        mappings=({"type": "value", "options": {"0": {"text": "no"}, "1": {"text": "yes"}}},)),
        panels.timeseries("Longest without comparison", "Does the comparison keep up with the tables?", "s",
                          [Query(_each(own.RECONCILED_AGE), legend(labels.DOMAIN))], thresholds=ceiling(A_DAY)),
    ]  # fmt: skip


def _work() -> list[Any]:
    return [
        panels.timeseries("Slices compared per minute", "How fast does the comparison go?", "cpm",
                          [Query(f"60 * {S.rate(own.RECONCILIATIONS, labels.DOMAIN)}", legend(labels.DOMAIN))], width=8),
        panels.timeseries("Repairs per minute", "How often were counters raised to what the database holds?", "cpm",
                          [Query(f"60 * {S.rate(own.REPAIRS, labels.DOMAIN)}", legend(labels.DOMAIN))], width=8),
        panels.timeseries("Slices", "Of how many slices of time are the totals made?", "short",
                          [Query(_each(own.RECONCILED_SLICES), legend(labels.DOMAIN))], width=8),
    ]  # fmt: skip


def _computations() -> list[Any]:
    return [
        panels.timeline("Computations", "Which computation in the background failed, and when?", "short",
                        [Query(own.COMPUTATION_UP.name, legend(labels.COMPUTATION))], thresholds=UP, mappings=UP_OR_DOWN, width=8),
        panels.timeseries("Age of computed values", "How old are values that are computed in the background?", "s",
                          [Query(own.COMPUTATION_AGE.name, legend(labels.COMPUTATION))], width=8),
        panels.timeseries("Duration of computations", "Which computation is slow?", "s",
                          [Query(own.COMPUTATION_DURATION.name, legend(labels.COMPUTATION))], width=8),
    ]  # fmt: skip
