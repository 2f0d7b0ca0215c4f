"""Rules that watch the exporter: that it sees, that what it sees is fresh, and that nothing is left out unseen."""

from __future__ import annotations

from typing import Final

from alerts.query import number
from alerts.rule import Alert, Group, Severity
from alerts.watchers import ALERTS as WATCHERS
from alerts.watchers import UP, gaps
from exporter.labels import DOMAIN as DOMAIN_LABEL
from exporter.labels import METRIC, REASON
from exporter.metric import Own
from exporter.metrics.exporter import (
    CLOCK_JUMPS,
    COMPUTATION_UP,
    DATABASE_UP,
    DIFFERENCE,
    DOMAIN_UP,
    FUTURE_ROWS,
    HORIZON_CAPPED,
    HORIZON_LAG,
    LABEL_OVERFLOW,
    NEWEST_ROW_AGE,
    RECONCILED_AGE,
    RECONCILED_ROWS,
    REJECTED,
    SCRAPE_DURATION,
    STATE_LOST,
    STATE_SAVE_ERRORS,
    STATE_UP,
)  # fmt: skip
from exporter.settings import Settings, duration
from provisioning import promql

DOMAIN: Final = "exporter"
JOB: Final = "watchfloor"
GONE: Final = "When the exporter itself is gone the alert ends and ExporterDown speaks instead."
DAY: Final = 86_400.0
SECONDS: Final = "{{ $value | humanizeDuration }}"


def group(settings: Settings) -> Group:
    """Alerts about the exporter and about the processes that evaluate and deliver alerts."""
    alerts = (
        *_gone(), *_sight(), *_lag(settings), *_age(settings), _slow(settings), *_state(), *_clock(), *_values(), *_truth(), *gaps(), *WATCHERS,
    )  # fmt: skip
    return Group(DOMAIN, (), alerts)


def _gone() -> tuple[Alert, ...]:
    target = f'{UP}{{job="{JOB}"}}'
    return (
        Alert(
            name="ExporterDown",
            severity=Severity.CRITICAL,
            expr=f"{target} == 0",
            summary="Prometheus cannot read the exporter.",
            description="Nothing is seen of the agents since then; all other alerts rest on their last known values.",
            wait=5,
            keep=60,
            dashboard="exporter",
            no_data="When Prometheus no longer knows the exporter at all, ExporterMissing speaks.",
        ),
        Alert(
            name="ExporterMissing",
            severity=Severity.CRITICAL,
            expr=f"absent({target})",
            summary="Prometheus does not know the exporter.",
            description="There is no target of this job in Prometheus' configuration, so nothing is seen of the agents.",
            wait=10,
            keep=60,
            dashboard="exporter",
            no_data="This alert fires because data is missing.",
        ),
    )


def _sight() -> tuple[Alert, ...]:
    return (
        Alert(
            name="DatabaseDown",
            severity=Severity.CRITICAL,
            expr=f"{DATABASE_UP.name} == 0",
            summary="The exporter cannot reach the database.",
            description="No metric of any domain is given until the database answers again.",
            wait=10,
            keep=60,
            dashboard="exporter",
            no_data=GONE,
        ),
        Alert(
            name="DomainDown",
            severity=Severity.CRITICAL,
            expr=f"{DOMAIN_UP.name} == 0",
            summary="A domain cannot be read.",
            description="The exporter cannot give the metrics of domain {{ $labels.domain }}; the other domains are not touched.",
            wait=10,
            keep=60,
            by=(DOMAIN_LABEL,),
            dashboard="exporter",
            no_data=GONE,
        ),
    )


def _lag(settings: Settings) -> tuple[Alert, ...]:
    limits = settings.thresholds.horizon_lag_seconds
    levels = ((Severity.WARNING, limits.warning, 60), (Severity.CRITICAL, limits.critical, 10))
    lag = tuple(
        Alert(
            name="HorizonLagging",
            severity=severity,
            expr=f"{HORIZON_LAG.name} > {number(limit)}",
            summary="An open transaction holds totals back.",
            description=f"Totals are sealed only up to {SECONDS} ago, so each scrape reads more rows (limit {duration(limit)}).",
            value=SECONDS,
            unit="seconds",
            limit=duration(limit),
            wait=wait,
            keep=60,
            dashboard="exporter",
            no_data=GONE,
        )
        for severity, limit, wait in levels
    )
    return (*lag, _flag("HorizonCapped", HORIZON_CAPPED.name + " == 1", "Totals were sealed although a transaction was open.",
                        "A transaction was open for longer than the cap; rows that it commits now may be missed until the next "
                        "reconciliation."))  # fmt: skip


def _age(settings: Settings) -> tuple[Alert, ...]:
    limits = settings.thresholds.data_age_seconds
    levels = ((Severity.WARNING, limits.warning, 60), (Severity.CRITICAL, limits.critical, 10))
    return tuple(
        Alert(
            name="DataStale",
            severity=severity,
            expr=f"{NEWEST_ROW_AGE.name} > {number(limit)}",
            summary="No new rows arrive.",
            description=f"The newest row of domain {{{{ $labels.domain }}}} is {SECONDS} old (limit {duration(limit)}); "
            "figures that stand still may mean that nothing is written.",
            value=SECONDS,
            unit="seconds",
            limit=duration(limit),
            wait=wait,
            keep=60,
            by=(DOMAIN_LABEL,),
            dashboard="exporter",
            no_data="A domain without any row has no age and no alert; when the exporter is gone ExporterDown speaks.",
        )
        for severity, limit, wait in levels
    )


def _slow(settings: Settings) -> Alert:
    limit = 0.8 * settings.stack.scrape_timeout
    return Alert(
        name="ScrapeSlow",
        severity=Severity.WARNING,
        expr=f"{SCRAPE_DURATION.name} > {number(limit)}",
        summary="Reading the database takes nearly as long as Prometheus waits.",
        description=f"The last scrape took {SECONDS}; Prometheus gives up after {settings.stack.scrape_timeout:g} s.",
        value=SECONDS,
        unit="seconds",
        limit=f"{limit:g}s",
        wait=60,
        keep=60,
        dashboard="exporter",
        no_data=GONE,
    )


def _state() -> tuple[Alert, ...]:
    return (
        _flag(
            "StateNotSaved", f"{_recent(STATE_SAVE_ERRORS, '5m')} > 0", "Sealed totals cannot be written to disk.",
            "The state file could not be written; a restart would read all rows again.", limit="0",
        ),
        _flag(
            "StateSourceDown", f"{STATE_UP.name} == 0", "A state source does not answer.",
            "Metric {{ $labels.metric }} is absent because its Redis or HTTP source does not answer.", wait=30,
        ),
    )  # fmt: skip


def _clock() -> tuple[Alert, ...]:
    return (
        _flag(
            "ClockJumped", f"{_recent(CLOCK_JUMPS, '15m')} > 0", "The database's clock went back.",
            "Rows written around the jump may carry a wrong time; check time synchronisation.", limit="0",
        ),
        _flag(
            "RowsFromTheFuture", f"{FUTURE_ROWS.name} > 0", "Rows carry a time in the future.",
            "{{ $value | humanize }} rows of domain {{ $labels.domain }} have an event time in the future and count when it comes.",
            wait=300, limit="0", own_domain=True,
        ),
    )  # fmt: skip


def _values() -> tuple[Alert, ...]:
    return (
        _flag(
            "LabelOverflow", f"{LABEL_OVERFLOW.name} > 0", "A label has more values than it may.",
            "{{ $value | humanize }} values of label {{ $labels.label }} are counted under 'other'; raise its cap or map it coarser.",
            wait=300, limit="0",
        ),
        _flag(
            "ValuesRejected", f"sum by ({METRIC.name}, {REASON.name}) ({_recent(REJECTED, '15m')}) > 0",
            "Values are left out because they cannot be right.",
            "{{ $value | humanize }} values of {{ $labels.metric }} were left out in 15m: {{ $labels.reason }}.", limit="0",
        ),
        _flag(
            "ComputationFailing", f"{COMPUTATION_UP.name} == 0", "Values cannot be computed from the rows.",
            "Computation {{ $labels.computation }} fails; its metrics are absent once their last values are too old.",
            wait=120, limit="0",
        ),
    )  # fmt: skip


def _truth() -> tuple[Alert, ...]:
    """What the comparison of sealed totals with the table finds."""
    behind = promql.increase(RECONCILED_ROWS, "1h", (DOMAIN_LABEL, REASON), {REASON: "!=purged"})
    missing = promql.selector(DIFFERENCE, {REASON: "missing"})
    return (
        _flag(
            "RowsBehindHorizon", f"{behind} > 0", "Rows changed after they were counted.",
            "{{ $value | humanize }} rows of domain {{ $labels.domain }} that were counted already were found {{ $labels.reason }} in 1h.",
            limit="0", own_domain=True, dashboard="quality",
        ),
        _flag(
            "TotalsIncomplete", f"{missing} > 0", "Counters miss rows that the database has.",
            "{{ $value | humanize }} rows of domain {{ $labels.domain }} are not in the counters, and are not repaired.",
            wait=60, limit="0", own_domain=True, dashboard="quality",
        ),
        _flag(
            "ReconciliationBehind", f"{RECONCILED_AGE.name} > {number(DAY)}", "Totals have not been compared with the table for a day.",
            f"A part of the totals of domain {{{{ $labels.domain }}}} was last compared {SECONDS} ago.",
            limit=duration(DAY), own_domain=True, dashboard="quality",
        ),
        _flag(
            "TotalsLost", f"{STATE_LOST.name} == 1", "Counters began anew from fewer rows than they had counted.",
            "Rows were deleted from the database, and the totals that had counted them were lost; increases over that time are too high.",
            dashboard="quality",
        ),
    )  # fmt: skip


def _flag(
    name: str,
    expr: str,
    summary: str,
    description: str,
    *,
    wait: float = 0,
    limit: str = "",
    own_domain: bool = False,
    dashboard: str = "exporter",
) -> Alert:
    """A warning without a limit of its own in the settings."""
    return Alert(
        name=name,
        severity=Severity.WARNING,
        expr=expr,
        summary=summary,
        description=description,
        limit=limit,
        wait=wait,
        keep=60,
        by=(DOMAIN_LABEL,) if own_domain else (),
        dashboard=dashboard,
        no_data=GONE,
    )


def _recent(metric: Own, window: str) -> str:
    """How often a thing that should not happen happened in a window."""
    return f"increase({metric.name}[{window}])"
