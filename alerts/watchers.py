"""Alerts about Prometheus and Alertmanager themselves, and the heartbeat that proves that alerts get through."""

from __future__ import annotations

from typing import Final

from alerts.rule import Alert, Severity

UP: Final = "up"
NOTIFICATIONS_FAILED: Final = "alertmanager_notifications_failed_total"
ALERTMANAGER_RELOADED: Final = "alertmanager_config_last_reload_successful"
RULES_FAILED: Final = "prometheus_rule_evaluation_failures_total"
PROMETHEUS_RELOADED: Final = "prometheus_config_last_reload_successful"
ALERTS_DROPPED: Final = "prometheus_notifications_dropped_total"
FOREIGN: Final = (UP, NOTIFICATIONS_FAILED, ALERTMANAGER_RELOADED, RULES_FAILED, PROMETHEUS_RELOADED, ALERTS_DROPPED)
"""Metrics of others that rules may use."""

ALERTS_SERIES: Final = "ALERTS"
NOTIFICATIONS: Final = "alertmanager_notifications_total"
ALERTMANAGER_ALERTS: Final = "alertmanager_alerts"
RULE_DURATION: Final = "prometheus_rule_group_last_duration_seconds"
RULES_MISSED: Final = "prometheus_rule_group_iterations_missed_total"
QUEUE: Final = "prometheus_notifications_queue_length"
SHOWN: Final = (
    *FOREIGN, ALERTS_SERIES, NOTIFICATIONS, ALERTMANAGER_ALERTS, RULE_DURATION, RULES_MISSED, QUEUE,
)  # fmt: skip
"""Metrics of others that panels may show."""

HEARTBEAT: Final = "Watchdog"
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
