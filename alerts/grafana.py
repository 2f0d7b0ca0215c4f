"""The alerts of the catalogue as rules that Grafana evaluates, when `alerting.engine` says so.

Grafana keeps a rule that its file lacks. The lock file names every rule that was ever generated, so that each one that is not
wanted any more, or that Prometheus evaluates, is deleted by its uid.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from alerts import build
from alerts.rule import Alert, Severity
from exporter.settings import Settings
from provisioning.grafana_rules import GrafanaGroup, content, converted, uid

FOLDER: Final = "Watchfloor alerts"
"""Not the folder of the dashboards: Grafana makes the folder of alerts first, with a uid of its own (grafana#125079)."""

LOCK: Final = Path(__file__).with_name("grafana_rules.json")
Key = tuple[str, ...]


def file(settings: Settings, more: Iterable[GrafanaGroup] = ()) -> dict[str, object]:
    """The content of the rules' provisioning file; `more` are groups that Grafana evaluates whatever the engine."""
    own = groups(settings) if settings.alerting.engine == "grafana" else ()
    return content((*more, *own), (uid(*key) for key in locked()))


def groups(settings: Settings) -> tuple[GrafanaGroup, ...]:
    """A group for each domain and severity; a folder for each severity, since a title is unique in its folder."""
    return tuple(
        GrafanaGroup(
            name=f"watchfloor-{group.domain}",
            folder=f"{FOLDER}, {severity.value}",
            interval=settings.stack.evaluation_interval,
            rules=tuple(
                converted(alert.rule(group.domain, settings), key=_key(alert))
                for alert in group.alerts
                if alert.severity is severity
            ),
        )
        for group in build(settings)
        for severity in Severity
        if any(alert.severity is severity for alert in group.alerts)
    )


def keys(settings: Settings) -> Iterator[Key]:
    """What names each rule that these settings give."""
    for group in build(settings):
        yield from (_key(alert) for alert in group.alerts)


def locked() -> tuple[Key, ...]:
    """Every rule that was ever generated."""
    return tuple(tuple(key) for key in json.loads(LOCK.read_text(encoding="utf-8")))


def _key(alert: Alert) -> Key:
    return (alert.name, alert.severity.value)
