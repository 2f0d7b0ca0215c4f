"""Escalation: who is told next of a critical alert that nobody acknowledged.

Prometheus knows in ALERTS_FOR_STATE when an alert began, but forgets it in a restart when the alert waits less than ten
minutes. A recording therefore carries the beginning on from its own last value. One alert for each level fires when the
beginning is long enough ago. It bears the beginning as a label: an acknowledgement, which is a silence of that alert, holds
for one incident and not for the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from alerts.rule import Alert, Severity
from alerts.watchers import ALERTS_SERIES
from exporter.alerting import Level
from exporter.labels import DOMAIN
from exporter.settings import Settings, duration
from provisioning.escalation import BEGAN, INCIDENT, LEVEL, SINCE, UNACKNOWLEDGED

ACTIVE_SINCE: Final = "ALERTS_FOR_STATE"
CRITICAL: Final = f'severity="{Severity.CRITICAL.value}",{LEVEL}=""'
FRESH: Final = 3
"""After a restart Prometheus shows the last state of an alert for five minutes; only this many evaluations are believed."""


class AlertingError(Exception):
    """What is asked for does not go with how alerts are evaluated."""


def content(settings: Settings) -> dict[str, object]:
    """The content of the rule file; empty when there is no level, or when Grafana evaluates the alerts."""
    levels = settings.alerting.escalation
    if not levels or settings.alerting.engine != "prometheus":
        return {}
    recording = {"record": BEGAN, "expr": began(settings)}
    rules = [recording, *(_rule(number, level, settings) for number, level in enumerate(levels, 1))]
    return {"groups": [{"name": "watchfloor-escalation", "rules": rules}]}


def began(settings: Settings) -> str:
    """When each critical alert that fires began. One that is known already may also wait to fire again."""
    limit = duration(settings.acknowledgement.same_incident)
    known = f"last_over_time({BEGAN}[{limit}]) and ignoring (alertstate) {_seen('', settings)}"
    new = f"{ACTIVE_SINCE}{{{CRITICAL}}} and ignoring (alertstate) {_seen('firing', settings)}"
    return f"({known}) or ({new})"


def _seen(state: str, settings: Settings) -> str:
    series = f"{ALERTS_SERIES}{{{CRITICAL}{f',alertstate={chr(34)}{state}{chr(34)}' if state else ''}}}"
    oldest = FRESH * settings.stack.evaluation_interval
    return f"({series} and timestamp({series}) > time() - {oldest:g})"


def _rule(number: int, level: Level, settings: Settings) -> dict[str, object]:
    alert = Alert(
        name=UNACKNOWLEDGED,
        severity=Severity.CRITICAL,
        expr=_old(level),
        summary="Nobody has acknowledged a critical alert.",
        description=f"{{{{ $labels.{INCIDENT} }}}}{_where()} goes on since {{{{ $labels.{SINCE} | humanizeTimestamp }}}} and nobody has "
        f"acknowledged it within {duration(level.after)}. To acknowledge it: watchfloor ack {{{{ $labels.{INCIDENT} }}}}",
        value=f"{{{{ $labels.{SINCE} | humanizeTimestamp }}}}",
        limit=duration(level.after),
        by=(DOMAIN,),
        dashboard="alerts",
        no_data="It ends when the alert that it is about ends, or is acknowledged.",
    )
    rule = alert.rule("escalation", settings)
    labels, said = rule["labels"], rule["annotations"]
    assert isinstance(labels, dict)
    assert isinstance(said, dict)
    labels[LEVEL] = str(number)
    runbooks = str(said["runbook_url"]).rpartition("/")[0]
    said["runbook_url"] = f"{runbooks}/{{{{ $labels.{DOMAIN.name} }}}}.md#{{{{ $labels.{INCIDENT} | toLower }}}}"
    return rule


def _old(level: Level) -> str:
    """The incidents that go on for longer than the level allows, with name and beginning as labels."""
    named = f'label_replace({BEGAN} <= time() - {level.after:g}, "{INCIDENT}", "$1", "alertname", "(.+)")'
    return f'count_values without () ("{SINCE}", {named})'


def _where() -> str:
    return "".join(f"{{{{ with $labels.{name} }}}} ({name} {{{{ . }}}}){{{{ end }}}}" for name in _places())


def _places() -> Iterator[str]:
    yield from ("tenant", "agent", "campaign", "component", "queue", "model")
