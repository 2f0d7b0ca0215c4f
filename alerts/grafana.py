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
from alerts.rule import Alert, RuleError, Severity
from exporter.alerting import Level
from exporter.metrics.pipeline import TURNS, TURNS_INTERRUPTED
from exporter.settings import Settings, duration
from provisioning import grafana_watch
from provisioning.escalation import LEVEL
from provisioning.grafana_rules import GrafanaGroup, content, converted, uid

FOLDER: Final = "Watchfloor alerts"
"""Not the folder of the dashboards: Grafana makes the folder of alerts first, with a uid of its own (grafana#125079)."""

LEVELS: Final = 5
"""Most levels of escalation; all of them are in the lock file."""

ANY_SLO: Final = {"name": "any", "objective": 99, "metric": TURNS.base, "bad_metric": TURNS_INTERRUPTED.base}
"""All objectives share their alerts, so one of them gives every name."""

LOCK: Final = Path(__file__).with_name("grafana_rules.json")
Key = tuple[str, ...]


def file(settings: Settings, more: Iterable[GrafanaGroup] = ()) -> dict[str, object]:
    """The content of the rules' provisioning file; `more` are groups that Grafana evaluates whatever the engine."""
    own = groups(settings) if settings.alerting.engine == "grafana" else ()
    return content((*more, *own), (uid(*key) for key in locked()))


def groups(settings: Settings) -> tuple[GrafanaGroup, ...]:
    """A group for each domain and severity; a folder for each severity, since a title is unique in its folder."""
    return (*_first(settings), *_escalated(settings))


def keys(settings: Settings) -> Iterator[Key]:
    """What names each rule that these settings give, whoever evaluates it."""
    for group in build(settings):
        for alert in group.alerts:
            yield _key(alert)
            if alert.severity is Severity.CRITICAL:
                yield from (_key(alert, number) for number, _ in enumerate(settings.alerting.escalation, 1))


def _first(settings: Settings) -> Iterator[GrafanaGroup]:
    yield from (
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


def possible() -> tuple[Key, ...]:
    """What names each rule that any settings give: what belongs into the lock file, beside what was in it before."""
    levels = [{"after": number, "notify": ["email"]} for number in range(1, LEVELS + 1)]
    settings = Settings.model_validate({"alerting": {"escalation": levels}, "slos": [ANY_SLO]})
    return (*keys(settings), *grafana_watch.KEYS)


def locked() -> tuple[Key, ...]:
    """Every rule that was ever generated."""
    return tuple(tuple(key) for key in json.loads(LOCK.read_text(encoding="utf-8")))


def _escalated(settings: Settings) -> Iterator[GrafanaGroup]:
    """Each critical alert once more for each level, with a longer wait: Grafana has no ALERTS_FOR_STATE."""
    for number, level in enumerate(settings.alerting.escalation, 1):
        if number > LEVELS:
            raise RuleError(f"alerting.escalation: Grafana evaluates at most {LEVELS} levels; take some out")
        for group in build(settings):
            rules = tuple(
                converted(_later(alert, group.domain, number, level, settings), key=_key(alert, number))
                for alert in group.alerts
                if alert.severity is Severity.CRITICAL
            )
            folder = f"{FOLDER}, level {number}"
            interval = settings.stack.evaluation_interval
            yield GrafanaGroup(name=f"watchfloor-{group.domain}", folder=folder, interval=interval, rules=rules)


def _later(alert: Alert, domain: str, number: int, level: Level, settings: Settings) -> dict[str, object]:
    rule = alert.rule(domain, settings)
    labels, said = rule["labels"], rule["annotations"]
    assert isinstance(labels, dict)
    assert isinstance(said, dict)
    words = f"{said['description']} This goes on for {duration(level.after)}, and nobody has acknowledged it by a silence of {LEVEL}=~.+"
    return {
        **rule,
        "for": duration(alert.wait + level.after),
        "labels": {**labels, LEVEL: str(number)},
        "annotations": {**said, "description": words},
    }


def _key(alert: Alert, level: int = 0) -> Key:
    key = (alert.name, alert.severity.value)
    return (*key, f"{LEVEL}-{level}") if level else key


if __name__ == "__main__":
    LOCK.write_text(
        "[\n" + ",\n".join(f"  {json.dumps(key)}" for key in sorted({*locked(), *possible()})) + "\n]\n",
        encoding="utf-8",
    )
