"""Alerts: what fires, how often, whether it is delivered, and whether those who watch are watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from alerts import watchers
from dashboards import panels
from dashboards.frame import UP, UP_OR_DOWN, ceiling, frame
from dashboards.query import RANGE, Query, instant, table
from provisioning.promql import RATE_INTERVAL

if TYPE_CHECKING:
    from exporter.settings import Settings

FIRING: Final = f'{watchers.ALERTS_SERIES}{{alertstate="firing"}}'
BEAT: Final = f'{watchers.ALERTS_SERIES}{{alertname="{watchers.HEARTBEAT}", alertstate="firing"}}'


def build(settings: Settings) -> Any:
    """The dashboard of the alerts themselves."""
    body = [
        *_now(),
        *panels.row("What fires", _firing()),
        *panels.row("Delivery", _delivery()),
        *panels.row("Evaluation", _evaluation(settings)),
    ]
    return frame(
        "alerts", "What fires, is it delivered, and does anybody watch the watchers?", body=body, settings=settings, sources={},
    )  # fmt: skip


def _now() -> list[Any]:
    return [
        panels.stat("Firing now", "How many alerts of each severity fire now? The one of severity none is the heartbeat.", "short",
                    [instant(f"count by (severity) ({FIRING})", "{{severity}}")], width=12),
        panels.stat("Heartbeat", "Does the alert that must always fire do so?", "short", [instant(f"count({BEAT})")], thresholds=UP,
                    mappings=({"type": "value", "options": {"1": {"text": "beats", "color": "green"}}},)),
        panels.stat("Alertmanager", "Does Prometheus reach Alertmanager?", "short", [instant(f'min({watchers.UP}{{job="alertmanager"}})')],
                    thresholds=UP, mappings=UP_OR_DOWN),
        panels.stat("Failed notifications", "How many notifications could not be delivered in the time range?", "short",
                    [instant(f"sum(increase({watchers.NOTIFICATIONS_FAILED}[{RANGE}]))")], thresholds=ceiling(1), decimals=0),
    ]  # fmt: skip


def _firing() -> list[Any]:
    return [
        panels.alertlist("Now", "What fires or is about to fire?", width=12, height=9),
        panels.table("Alerts in the time range", "Which alerts fired, and for how long?", "m",
                     [table(f"sort_desc(count_over_time({FIRING}[$__range:1m]))")], sort="Value", width=12),
        panels.timeseries("Firing alerts", "When did how many alerts fire?", "short",
                          [Query(f"count by (severity) ({FIRING})", "{{severity}}")], stack=True),
        panels.timeseries("Firing alerts by name", "Which alert fired when?", "short",
                          [Query(f"count by (alertname) ({FIRING})", "{{alertname}}")]),
    ]  # fmt: skip


def _delivery() -> list[Any]:
    def rate(name: str) -> str:
        return f"60 * sum by (integration) (rate({name}[{RATE_INTERVAL}]))"

    return [
        panels.timeseries("Notifications per minute", "Through which way do notifications go out?", "cpm",
                          [Query(rate(watchers.NOTIFICATIONS), "{{integration}}")], width=8),
        panels.timeseries("Failed notifications per minute", "Which way fails?", "cpm",
                          [Query(rate(watchers.NOTIFICATIONS_FAILED), "{{integration}}")], thresholds=((None, "green"), (0.001, "red")), width=8),
        panels.timeseries("Alerts in Alertmanager", "How many alerts does Alertmanager hold, and how many are silenced?", "short",
                          [Query(f"sum by (state) ({watchers.ALERTMANAGER_ALERTS})", "{{state}}")], width=8),
    ]  # fmt: skip


def _evaluation(settings: Settings) -> list[Any]:
    interval = settings.stack.evaluation_interval
    return [
        panels.timeseries("Duration of rule groups", "Are rules evaluated well within their interval?", "s",
                          [Query(f"max by (rule_group) ({watchers.RULE_DURATION})", "{{rule_group}}")], thresholds=ceiling(interval), width=8),
        panels.timeseries("Missed evaluations per minute", "Were evaluations left out because one took too long?", "cpm",
                          [Query(f"60 * sum by (rule_group) (rate({watchers.RULES_MISSED}[{RATE_INTERVAL}]))", "{{rule_group}}")],
                          width=8),
        panels.timeseries("Waiting notifications", "Do alerts wait for Alertmanager, or get dropped?", "short", [
            Query(f"sum({watchers.QUEUE})", "waiting"), Query(f"sum(increase({watchers.ALERTS_DROPPED}[{RATE_INTERVAL}]))", "dropped"),
        ], width=8),
        panels.timeline("Configuration", "When did a reload of the configuration fail?", "short", [
            Query(f"min({watchers.PROMETHEUS_RELOADED})", "Prometheus"), Query(f"min({watchers.ALERTMANAGER_RELOADED})", "Alertmanager"),
        ], thresholds=UP, mappings=({"type": "value", "options": {"0": {"text": "failed"}, "1": {"text": "in force"}}},), width=24),
    ]  # fmt: skip
