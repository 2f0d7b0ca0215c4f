"""Alerts about Prometheus, Alertmanager and the dead man's switch, and the heartbeat that proves that alerts get through."""

from __future__ import annotations

from typing import Final

from alerts.query import number, percent
from alerts.rule import Alert, Severity
from exporter.metrics.exporter import DATABASE_UP, SCRAPES

UP: Final = "up"
NOTIFICATIONS_FAILED: Final = "alertmanager_notifications_failed_total"
ALERTMANAGER_RELOADED: Final = "alertmanager_config_last_reload_successful"
RULES_FAILED: Final = "prometheus_rule_evaluation_failures_total"
PROMETHEUS_RELOADED: Final = "prometheus_config_last_reload_successful"
ALERTS_DROPPED: Final = "prometheus_notifications_dropped_total"
RULES_MISSED: Final = "prometheus_rule_group_iterations_missed_total"
CLUSTER_MEMBERS: Final = "alertmanager_cluster_members"
CONFIG_HASH: Final = "alertmanager_config_hash"
SENT_LOG_ERRORS: Final = "alertmanager_nflog_maintenance_errors_total"
SILENCE_ERRORS: Final = "alertmanager_silences_maintenance_errors_total"
WRITES_FAILED: Final = "prometheus_tsdb_wal_writes_failed_total"
COMPACTIONS_FAILED: Final = "prometheus_tsdb_compactions_failed_total"
FOREIGN: Final = (
    UP, NOTIFICATIONS_FAILED, ALERTMANAGER_RELOADED, RULES_FAILED, PROMETHEUS_RELOADED, ALERTS_DROPPED, RULES_MISSED, CLUSTER_MEMBERS,
    CONFIG_HASH, SENT_LOG_ERRORS, SILENCE_ERRORS, WRITES_FAILED, COMPACTIONS_FAILED,
)  # fmt: skip
"""Metrics of others that rules may use."""

ALERTS_SERIES: Final = "ALERTS"
NOTIFICATIONS: Final = "alertmanager_notifications_total"
ALERTMANAGER_ALERTS: Final = "alertmanager_alerts"
RULE_DURATION: Final = "prometheus_rule_group_last_duration_seconds"
QUEUE: Final = "prometheus_notifications_queue_length"
SHOWN: Final = (
    *FOREIGN, ALERTS_SERIES, NOTIFICATIONS, ALERTMANAGER_ALERTS, RULE_DURATION, QUEUE,
)  # fmt: skip
"""Metrics of others that panels may show."""

HEARTBEAT: Final = "Watchdog"
EXPORTER: Final = f'{UP}{{job="watchfloor"}}'
KEPT: Final = 0.8
"""Share of scrapes that must succeed; with fewer, increases and rates of the window are guesses."""
ENDS: Final = "When the process is gone the alert ends; the heartbeat then stops, or AlertmanagerDown speaks."


def _alert(name: str, severity: Severity, expr: str, summary: str, description: str, *, wait: float = 0) -> Alert:
    return Alert(
        name=name,
        severity=severity,
        expr=expr,
        summary=summary,
        description=description,
        wait=wait,
        keep=60,
        dashboard="exporter",
        no_data=ENDS,
    )


def gaps() -> tuple[Alert, ...]:
    """What is seen has holes, or stands still, although the exporter is up now and then."""
    return (
        _alert(
            "ScrapeGaps", Severity.WARNING, f"avg_over_time({EXPORTER}[5m]) < {number(KEPT)} and {EXPORTER} == 1",
            "Scrapes of the exporter are missing.",
            f"Only {{{{ $value | humanizePercentage }}}} of the scrapes of the last 5m succeeded (at least {percent(KEPT)} should have); "
            "rates over that time are guesses.",
        ),
        _alert(
            "ExporterStale", Severity.CRITICAL, f"increase({SCRAPES.name}[1m]) == 0 unless on () {DATABASE_UP.name} == 0",
            "The exporter answers without reading the database.",
            "The exporter is scraped but has not read the database for 1m, so every figure stands still.", wait=10,
        ),
    )  # fmt: skip


ALERTS: Final = (
    _alert(
        "RuleEvaluationFailing", Severity.CRITICAL, f"increase({RULES_FAILED}[5m]) > 0", "Rules cannot be evaluated.",
        "Prometheus failed to evaluate rules of group {{ $labels.rule_group }}; their alerts are blind.",
    ),
    _alert(
        "NotificationsFailing", Severity.CRITICAL, f"increase({NOTIFICATIONS_FAILED}[5m]) > 0", "Alerts are not delivered.",
        "Alertmanager could not send {{ $value | humanize }} notifications through {{ $labels.integration }} in 5m.",
    ),
    _alert(
        "AlertsDropped", Severity.CRITICAL, f"increase({ALERTS_DROPPED}[5m]) > 0", "Alerts do not reach Alertmanager.",
        "Prometheus dropped {{ $value | humanize }} alerts in 5m because Alertmanager did not take them.",
    ),
    _alert(
        "AlertmanagerDown", Severity.CRITICAL, f'{UP}{{job="alertmanager"}} == 0 or absent({UP}{{job="alertmanager"}})',
        "Prometheus cannot reach Alertmanager.", "Without Alertmanager no alert is delivered.", wait=10,
    ),
    _alert(
        "PrometheusReloadFailed", Severity.WARNING, f"{PROMETHEUS_RELOADED} == 0", "Prometheus runs on an old configuration.",
        "The last reload of Prometheus' configuration failed; new rules are not in force.", wait=30,
    ),
    _alert(
        "AlertmanagerReloadFailed", Severity.WARNING, f"{ALERTMANAGER_RELOADED} == 0", "Alertmanager runs on an old configuration.",
        "The last reload of Alertmanager's configuration failed; new routes are not in force.", wait=30,
    ),
    _alert(
        "RulesMissed", Severity.WARNING, f"increase({RULES_MISSED}[5m]) > 0", "Rules are evaluated too seldom.",
        "Prometheus skipped {{ $value | humanize }} evaluations of group {{ $labels.rule_group }} in 5m, so its alerts come late.",
    ),
    _alert(
        "AlertmanagersSplit", Severity.WARNING, f'{CLUSTER_MEMBERS} < on () group_left () count({UP}{{job="alertmanager"}})',
        "The two Alertmanagers do not see each other.",
        "Each sends every message, so people get it twice, and a silence holds in one of them only.", wait=60,
    ),
    _alert(
        "AlertmanagersDiffer", Severity.WARNING, f"stddev({CONFIG_HASH}) > 0", "The two Alertmanagers have different configurations.",
        "What people are told depends on which of them sends it.", wait=60,
    ),
    _alert(
        "AlertmanagerNotSaving", Severity.WARNING, f"increase({SENT_LOG_ERRORS}[5m]) > 0 or increase({SILENCE_ERRORS}[5m]) > 0",
        "Alertmanager cannot write to its disk.", "When it restarts it forgets silences, and sends again what it has sent.",
    ),
    _alert(
        "PrometheusNotSaving", Severity.WARNING, f"increase({WRITES_FAILED}[5m]) > 0 or increase({COMPACTIONS_FAILED}[1h]) > 0",
        "Prometheus cannot write to its disk.", "Samples are lost, or will be when it restarts.",
    ),
    _alert(
        "DeadmanDown", Severity.WARNING, f'{UP}{{job="deadman"}} == 0', "Nobody watches the alert system.",
        "The dead man's switch does not answer, so nobody would tell that alerts are no longer delivered.", wait=30,
    ),
    Alert(
        name=HEARTBEAT,
        severity=Severity.NONE,
        expr="vector(1)",
        summary="Alerts get through.",
        description="This alert always fires. Whoever receives it raises the alarm when it stops.",
        dashboard="exporter",
        no_data="When it stops, Prometheus or Alertmanager is gone.",
    ),
)  # fmt: skip
