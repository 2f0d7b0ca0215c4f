"""Escalation: who is told next of a critical alert that nobody acknowledged.

Prometheus knows in ALERTS_FOR_STATE when an alert began, but forgets it in a restart when the alert waits less than ten
minutes. A recording therefore carries the beginning on from its own last value. For each critical
alert and level there is one of the same name that fires when the beginning is long enough ago. It bears the beginning as a
label: an acknowledgement, which is a silence of these, holds for one incident and not for the next.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from alerts import build
from alerts.rule import Alert, Severity
from alerts.watchers import ALERTS_SERIES
from exporter.alerting import Level
from exporter.settings import Settings, duration
from provisioning import promql
from provisioning.escalation import BEGAN, LEVEL, SINCE

ACTIVE_SINCE: Final = "ALERTS_FOR_STATE"
CRITICAL: Final = f'severity="{Severity.CRITICAL.value}",{LEVEL}=""'
FRESH: Final = 3
LEAST_FRESH: Final = 30
"""After a restart Prometheus shows the last state of an alert for five minutes. Only three evaluations are believed, or this
many seconds."""


class AlertingError(Exception):
    """What is asked for does not go with how alerts are evaluated."""


def content(settings: Settings) -> dict[str, object]:
    """The content of the rule file; empty when there is no level, or when Grafana evaluates the alerts."""
    levels = settings.alerting.escalation
    if not levels or settings.alerting.engine != "prometheus":
        return {}
    recording = {"record": BEGAN, "expr": began(settings)}
    escalated = (
        _rule(alert, group.domain, number, level, settings)
        for group in build(settings)
        for alert in group.alerts
        if alert.severity is Severity.CRITICAL
        for number, level in enumerate(levels, 1)
    )
    rules = [recording, *escalated]
    return {"groups": [{"name": "watchfloor-escalation", "rules": rules}]}


def began(settings: Settings) -> str:
    """When each critical alert that fires began. One that is known already may also wait to fire again."""
    limit = duration(settings.acknowledgement.same_incident)
    known = f"last_over_time({BEGAN}[{limit}]) and ignoring (alertstate) {_seen('', settings)}"
    new = f"{ACTIVE_SINCE}{{{CRITICAL}}} and ignoring (alertstate) {_seen('firing', settings)}"
    return f"({known}) or ({new})"


def _seen(state: str, settings: Settings) -> str:
    series = f"{ALERTS_SERIES}{{{CRITICAL}{f',alertstate={chr(34)}{state}{chr(34)}' if state else ''}}}"
    oldest = max(FRESH * settings.stack.evaluation_interval, LEAST_FRESH)
    return f"({series} and timestamp({series}) > time() - {oldest:g})"


def _rule(alert: Alert, domain: str, number: int, level: Level, settings: Settings) -> dict[str, object]:
    """An alert of the same name, so that silences and inhibitions of the first hold for it too."""
    escalated = replace(_worded(alert, level), expr=_old(alert, level), wait=0.0, keep=0.0)
    rule = escalated.rule(domain, settings)
    labels = rule["labels"]
    assert isinstance(labels, dict)
    return {**rule, "labels": {**labels, LEVEL: str(number)}}


def _old(alert: Alert, level: Level) -> str:
    """Incidents that go on for longer than the level allows, with their beginning as a label."""
    name = f"alertname={promql.quote(alert.name)}"
    return f'count_values without () ("{SINCE}", {BEGAN}{{{name}}} <= time() - {level.after:g})'


def _worded(alert: Alert, level: Level) -> Alert:
    where = ", ".join(f"{label.name} {{{{ $labels.{label.name} }}}}" for label in alert.by)
    since = f"since {{{{ $labels.{SINCE} | humanizeTimestamp }}}}"
    return replace(
        alert,
        description=f"{alert.summary.rstrip('.')}{f' ({where})' if where else ''} {since}, and nobody has acknowledged it within "
        f"{duration(level.after)}. To say that you look at it: watchfloor ack {alert.name}",
        value=since,
        unit="",
        limit=duration(level.after),
        no_data="It ends when the alert that it is about ends, or is acknowledged.",
    )
