"""Rules by which Grafana watches Prometheus, Alertmanager and the exporter, and tells people through its own contact points.

They are evaluated by Grafana whatever the engine of the others is: they speak when the usual way cannot. What both ways see
is told twice on purpose, under two names; those of Grafana wait longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from exporter.settings import Settings
from provisioning.grafana_rules import Failure, GrafanaGroup, GrafanaRule, uid
from provisioning.prometheus import JOB

FOLDER: Final = "Watchfloor watch"
WAIT: Final = 30.0
STANDSTILL: Final = 60
"""Seconds without any evaluation after which rules stand still."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What Grafana watches. `runbook` is the alert whose runbook holds; `unseen` is what a query that fails means."""

    name: str
    expr: str
    summary: str
    description: str
    runbook: str
    unseen: Failure = Failure.KEEP_LAST


def _unreachable(job: str) -> str:
    """Of several one is enough; none that is known is as bad as none that answers."""
    return f'(max(up{{job="{job}"}}) or vector(0)) == 0'


WATCHES: Final = (
    Watch(
        "PrometheusUnreachable",
        # Gives no series as long as Prometheus answers; that it does not is the failure of the query.
        "vector(0) == 1",
        "Grafana cannot ask Prometheus.",
        "No rule is evaluated and no alert is made until Prometheus answers again.",
        "Watchdog",
        Failure.ALERTING,
    ),
    Watch(
        "AlertmanagerUnreachable",
        _unreachable("alertmanager"),
        "Prometheus cannot reach Alertmanager.",
        "Alerts of Prometheus reach nobody as long as no Alertmanager takes them.",
        "AlertmanagerDown",
    ),
    Watch(
        "ExporterUnreachable",
        _unreachable(JOB),
        "Prometheus cannot read the exporter.",
        "Nothing is seen of the agents since then.",
        "ExporterDown",
    ),
    Watch(
        "RulesStandStill",
        f"time() - max(prometheus_rule_group_last_evaluation_timestamp_seconds) > {STANDSTILL}",
        "Prometheus answers but evaluates no rules.",
        f"The last rule was evaluated more than {STANDSTILL} seconds ago, so no alert begins or ends.",
        "RulesMissed",
    ),
)
KEYS: Final = tuple(("grafana", watch.name) for watch in WATCHES)
"""What names each rule in the lock file."""


def groups(settings: Settings) -> tuple[GrafanaGroup, ...]:
    """The group of these rules."""
    rules = tuple(_rule(watch, settings) for watch in WATCHES)
    return (GrafanaGroup(name="watchfloor-watch", folder=FOLDER, rules=rules),)


def _rule(watch: Watch, settings: Settings) -> GrafanaRule:
    runbooks = (settings.alerting.runbook_url or "alerts/runbooks").rstrip("/")
    return GrafanaRule(
        uid=uid("grafana", watch.name),
        title=watch.name,
        expr=watch.expr,
        labels={"severity": "critical", "domain": "exporter"},
        annotations={
            "summary": watch.summary,
            "description": watch.description,
            "runbook_url": f"{runbooks}/exporter.md#{watch.runbook.lower()}",
        },
        wait=WAIT,
        failure=watch.unseen,
    )
