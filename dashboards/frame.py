"""What all dashboards share: their names, variables, annotations, links between them and colours of limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from alerts.slos import SLO
from dashboards import panels
from dashboards.panels import Json, Step
from dashboards.query import ALL, Scope
from exporter.entities.health import DEPLOYMENT, INCIDENT
from exporter.labels import (
    AGENT,
    AGENT_TYPE,
    CAMPAIGN,
    CHANNEL,
    DOMAIN,
    EXPERIMENT,
    FEATURE,
    MODEL,
    PART,
    PLAN,
    TENANT,
    Label,
)
from exporter.metric import Metric
from provisioning.promql import quote, selector

if TYPE_CHECKING:
    from exporter.settings import Settings, Threshold

PROMETHEUS: Final = "watchfloor-prometheus"
TAG: Final = "watchfloor"
DAYS: Final = "$days"
"""Time range of the panels that show whole days."""

TITLES: Final = {TENANT: "Tenant", AGENT: "Agent", AGENT_TYPE: "Agent type", CHANNEL: "Channel", CAMPAIGN: "Campaign",
                 MODEL: "Model", DOMAIN: "Domain", PLAN: "Plan", FEATURE: "Feature", EXPERIMENT: "Experiment", PART: "Part", SLO: "Objective"}  # fmt: skip
SCOPES: Final = {
    "executive": Scope((TENANT, PLAN)),
    "operations": Scope((TENANT, AGENT, AGENT_TYPE, CHANNEL)),
    "client": Scope((TENANT,)),
    "agents": Scope((TENANT, AGENT, AGENT_TYPE)),
    "cost": Scope((TENANT, AGENT, AGENT_TYPE, MODEL)),
    "revenue": Scope((TENANT, PLAN)),
    "roi": Scope((TENANT,)),
    "satisfaction": Scope((TENANT, AGENT, AGENT_TYPE, CHANNEL)),
    "content": Scope((TENANT, AGENT)),
    "leads": Scope((TENANT, CAMPAIGN, CHANNEL)),
    "behaviour": Scope((TENANT, PLAN, FEATURE)),
    "experiments": Scope((TENANT, EXPERIMENT)),
    "conversation": Scope((TENANT, AGENT, CHANNEL)),
    "health": Scope((PART,)),
    "alerts": Scope(()),
    "overview": Scope((TENANT, AGENT, AGENT_TYPE)),
    "calls": Scope((TENANT, AGENT, AGENT_TYPE, CHANNEL, CAMPAIGN)),
    "conversations": Scope((TENANT, AGENT, AGENT_TYPE, CHANNEL)),
    "pipeline": Scope((TENANT, AGENT, AGENT_TYPE, MODEL)),
    "exporter": Scope((DOMAIN,)),
    "quality": Scope((DOMAIN,)),
    "slos": Scope((SLO,)),
}


ROLES: Final = frozenset({"overview", "executive", "operations", "client", "alerts"})
"""Dashboards over all domains."""

NAMES: Final = {"quality": "Data quality", "slos": "Objectives"}
"""Titles that are not the name itself."""


def rising(limit: Threshold) -> Sequence[Step]:
    """Green, orange from the warning and red from the critical value on."""
    return ((None, "green"), (limit.warning, "orange"), (limit.critical, "red"))


def falling(limit: Threshold) -> Sequence[Step]:
    """Red below the critical and orange below the warning value."""
    return ((None, "red"), (limit.critical, "orange"), (limit.warning, "green"))


def ceiling(value: float) -> Sequence[Step]:
    """Red from this value on."""
    return ((None, "green"), (value, "red"))


def floor(value: float) -> Sequence[Step]:
    """Red below this value."""
    return ((None, "red"), (value, "green"))


UP: Final[Sequence[Step]] = ((None, "red"), (1, "green"))
UP_OR_DOWN: Final[Sequence[Json]] = (
    {"type": "value", "options": {"0": {"text": "down", "color": "red"}, "1": {"text": "up", "color": "green"}}},
)


def uid(name: str) -> str:
    """The identity of a dashboard, which its address contains."""
    return f"{TAG}-{name}"


def drill(source: str, target: str, title: str, label: Label | None = None, *, row: bool = False) -> Json:
    """A link from a value to another dashboard, with the time range, the filters and the label that was clicked.

    With `row`, the label is a column of the table instead of a label of the series.
    """
    if label is not None and label not in SCOPES[target].labels:
        raise ValueError(
            f"dashboard {target} has no filter {label.name}; it has {', '.join(x.name for x in SCOPES[target].labels)}"
        )
    parts = ["${datasource:queryparam}"]
    parts += [
        f"${{{one.name}:queryparam}}"
        for one in SCOPES[source].labels
        if one in SCOPES[target].labels and one is not label
    ]
    if label is not None:
        parts.append(
            f"var-{label.name}=${{__data.fields.{label.name}}}"
            if row
            else f"var-{label.name}=${{__field.labels.{label.name}}}"
        )
    return {"title": title, "url": f"/d/{uid(target)}?${{__url_time_range}}&{'&'.join(parts)}"}


def any_of(metrics: Sequence[Metric], matchers: Mapping[Label, str]) -> str:
    """A selector for several metrics at once."""
    if len(metrics) == 1:
        return selector(metrics[0], {label: f"=~{value}" for label, value in matchers.items()})
    conditions = [f"__name__=~{quote('|'.join(metric.name for metric in metrics))}"]
    for label, value in matchers.items():
        for metric in metrics:
            metric.require([label])
        conditions.append(f"{label.name}=~{quote(value)}")
    return f"{{{', '.join(conditions)}}}"


def frame(
    name: str,
    description: str,
    *,
    body: Sequence[Any],
    settings: Settings,
    sources: Mapping[Label, Sequence[Metric] | str],
    time_from: str = "now-6h",
    days: bool = False,
    boxes: Mapping[str, tuple[str, str]] | None = None,
) -> Any:
    """A dashboard of these panels, titled like its file. `sources` says which metrics, or which recording, know the values of each filter.

    `boxes` are variables that people type, by name: their label and what they begin with.
    """
    scope = SCOPES[name]
    _note_filters(body, scope)
    return panels.board(
        uid=uid(name),
        title=NAMES.get(name, name.capitalize()),
        description=description,
        panels=body,
        variables=[*_variables(scope, sources, days=days), *_boxes(boxes or {})],
        annotations=[_alerts(name), *_events()],
        links=[_menu()],
        tags=[TAG],
        time_from=time_from,
        time_zone="utc" if settings.time_zone == "UTC" else settings.time_zone,
    )


def _variables(scope: Scope, sources: Mapping[Label, Sequence[Metric] | str], *, days: bool) -> list[Any]:
    found = [panels.variable("datasource", "Data source", "prometheus", type="datasource", default=PROMETHEUS, hide=0)]
    for index, label in enumerate(scope.labels):
        query = f"label_values({_knows(sources[label], scope.labels[:index])}, {label.name})"
        found.append(
            panels.variable(
                label.name, TITLES[label], query, dataSource=panels.DATASOURCE, multi=True, includeAll=True, allValue=ALL,
                refresh=2, sort=1, default="$__all",
            )
        )  # fmt: skip
    if days:
        found.append(panels.variable("days", "Days of history", "7d,30d,90d,365d", type="custom", default="30d"))
    return found


def _knows(source: Sequence[Metric] | str, earlier: Sequence[Label]) -> str:
    """The series that know a filter's values, among those that the filters before it leave."""
    if isinstance(source, str):
        return source
    return any_of(source, {one: f"${one.name}" for one in earlier if all(one in metric.labels for metric in source)})


def _boxes(boxes: Mapping[str, tuple[str, str]]) -> list[Any]:
    return [
        panels.variable(name, label, value, type="textbox", default=value) for name, (label, value) in boxes.items()
    ]


def _alerts(name: str) -> Json:
    """Marks on the graphs while an alert of this domain fires; of every domain on the overview."""
    name = {"quality": "exporter", "roi": "revenue"}.get(name, name)
    domain = "" if name in ROLES else f", {DOMAIN.name}={quote(name)}"
    return {
        "name": "Firing alerts", "datasource": panels.DATASOURCE, "enable": True, "hide": False, "iconColor": "red",
        "expr": f'ALERTS{{alertstate="firing"{domain}}}', "titleFormat": "{{alertname}}", "textFormat": "{{severity}}", "tagKeys": "severity",
        "step": "60s",
    }  # fmt: skip


def _events() -> list[Json]:
    """Marks for incidents, with their length, and for releases."""
    incident = (
        f"SELECT started_at AS time, COALESCE(ended_at, now()) AS timeend, title AS text, part AS tags "
        f"FROM {INCIDENT.view} WHERE $__timeFilter(started_at)"
    )
    release = (
        f"SELECT deployed_at AS time, part || ' ' || COALESCE(version, '') AS text, part AS tags "
        f"FROM {DEPLOYMENT.view} WHERE $__timeFilter(deployed_at)"
    )
    return [
        {
            "name": name, "datasource": panels.POSTGRES, "enable": True, "hide": False, "iconColor": color,
            "target": {"refId": "Anno", "rawSql": statement, "format": "table", "editorMode": "code", "rawQuery": True},
        }
        for name, color, statement in (("Incidents", "orange", incident), ("Releases", "blue", release))
    ]  # fmt: skip


def _menu() -> Json:
    return {
        "title": "Watchfloor", "type": "dashboards", "tags": [TAG], "asDropdown": True, "includeVars": True, "keepTime": True,
        "icon": "external link", "tooltip": "Other dashboards with the same filters and time range",
    }  # fmt: skip


def _note_filters(body: Sequence[Any], scope: Scope) -> None:
    """Say in the description which filters a panel does not follow, because its metrics lack the label."""
    for panel in body:
        _note_filters(getattr(panel, "panels", ()), scope)
        expressions = [target.expr for target in getattr(panel, "targets", ())]
        missing = [
            label.name
            for label in scope.labels
            if expressions
            and not all(f"${label.name}" in one or f"${{{label.name}:regex}}" in one for one in expressions)
        ]
        if missing and getattr(panel, "description", None):
            panel.description += f" Not filtered by {', '.join(missing)}."
