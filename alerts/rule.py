"""Recording rules and alerts as objects, checked when they are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from exporter.labels import DOMAIN, Label
from exporter.metric import Metric
from exporter.settings import Settings, Thresholds, duration
from provisioning.endpoints import dashboards_url

NAME: Final = re.compile(r"([A-Z][a-z0-9]*)+\Z")
RECORD: Final = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z0-9_]*:[a-z][a-z0-9_]*\Z")
CRITICAL_FOR: Final = 10.0
"""Longest `for` of a critical alert in seconds: with it the alert is delivered in under half a minute (provisioning/timing.py)."""
SLOW_INTERVAL: Final = 60.0
"""Seconds between evaluations of slow recordings; far below the five minutes after which a recorded value is stale."""


class RuleError(Exception):
    """A rule is defined wrongly."""


class Severity(StrEnum):
    """How urgent an alert is; each has a route."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A query whose result is kept under `<labels>:<metric>:<operation>`, for panels and alerts that share it.

    `metrics` gives the name its middle: that of one metric, namespace included, or `subject` in the place of its base.
    `constant` are labels with a fixed value, for one name that is recorded from several metrics.
    """

    metric: Metric
    by: tuple[Label, ...]
    operation: str
    query: Callable[[Thresholds], str]
    subject: str = ""
    constant: Mapping[Label, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.metric.require(label for label in self.by if label not in self.constant)
        if not RECORD.match(self.name):
            raise RuleError(f"{self.name!r} is no recording name; use <labels>:<metric>:<operation>")

    @property
    def name(self) -> str:
        """The name as recorded."""
        base = self.metric.base
        prefix = self.metric.name.removesuffix(base)
        level = "_".join(label.name for label in self.by) or "all"
        return f"{level}:{prefix}{self.subject or base.removesuffix('_total')}:{self.operation}"

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels of the recorded series."""
        return tuple(label.name for label in self.by)

    def rule(self, thresholds: Thresholds) -> dict[str, object]:
        """The rule in Prometheus' form."""
        labels = {label.name: value for label, value in self.constant.items()}
        return {"record": self.name, "expr": self.query(thresholds), **({"labels": labels} if labels else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A condition that somebody must hear of, and everything that its message says.

    `value` is the template of the value, `limit` what it is compared with, `no_data` what happens when data vanishes.
    """

    name: str
    severity: Severity
    expr: str
    summary: str
    description: str
    no_data: str
    unit: str = ""
    value: str = "{{ $value | humanize }}"
    limit: str = ""
    wait: float = 0.0
    keep: float = 0.0
    by: tuple[Label, ...] = ()
    dashboard: str = "overview"

    def __post_init__(self) -> None:
        if not NAME.match(self.name) or len(self.name) > 40:
            raise RuleError(f"{self.name!r} is no alert name; use CamelCase of at most 40 letters")
        if not (self.summary[:1].isupper() and self.summary.endswith(".")):
            raise RuleError(f"{self.name}: the summary must be a sentence with a capital and a full stop")
        if not self.description or not self.no_data.endswith("."):
            raise RuleError(f"{self.name}: give a description, and say in a sentence what happens without data")
        if self.severity is Severity.CRITICAL and self.wait > CRITICAL_FOR:
            raise RuleError(f"{self.name}: a critical alert waits at most {CRITICAL_FOR:g} s, not {self.wait:g} s")

    @property
    def anchor(self) -> str:
        """The heading of its runbook, as a link has it."""
        return self.name.lower()

    def rule(self, domain: str, settings: Settings) -> dict[str, object]:
        """The rule in Prometheus' form; `domain` says whose alert it is unless a label of the data does."""
        labels = {"severity": self.severity.value}
        if DOMAIN not in self.by:
            labels["domain"] = domain
        rule: dict[str, object] = {"alert": self.name, "expr": self.expr}
        if self.wait:
            rule["for"] = duration(self.wait)
        if self.keep:
            rule["keep_firing_for"] = duration(self.keep)
        return {**rule, "labels": labels, "annotations": self._annotations(domain, settings)}

    def _annotations(self, domain: str, settings: Settings) -> dict[str, str]:
        runbooks = (settings.alerting.runbook_url or "alerts/runbooks").rstrip("/")
        said = {
            "summary": self.summary,
            "description": self.description,
            "value": self.value,
            "unit": self.unit,
            "threshold": self.limit,
            "no_data": self.no_data,
            "runbook_url": literal(f"{runbooks}/{domain}.md#{self.anchor}"),
            "dashboard_url": literal(dashboards_url(settings)) + f"/d/watchfloor-{self.dashboard}" + self._variables(),
            "ack_url": self._acknowledge(settings),
        }
        return {key: text for key, text in said.items() if text}

    def _acknowledge(self, settings: Settings) -> str:
        """Where people say that they look at it, when there is such a place and it matters."""
        url = settings.acknowledgement.url
        escalates = self.severity is Severity.CRITICAL and settings.alerting.escalation
        if not url or not escalates or settings.alerting.engine != "prometheus":
            return ""
        labels = "".join(f"&{label.name}={{{{ $labels.{label.name} | urlquery }}}}" for label in self.by)
        return f"{literal(url.rstrip('/'))}/ack?alertname={self.name}{labels}"

    def _variables(self) -> str:
        labels = [label.name for label in self.by]
        pairs = "&".join(f"var-{name}={{{{ $labels.{name} | urlquery }}}}" for name in labels)
        return f"?{pairs}" if pairs else ""


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that Prometheus evaluates one after the other; recordings come first so that no alert waits a round for them."""

    domain: str
    recordings: tuple[Recording, ...]
    alerts: tuple[Alert, ...]
    slow: tuple[Recording, ...] = ()
    """Recordings over days, which need not be evaluated as often; in a group of their own."""

    def __post_init__(self) -> None:
        recordings = (*self.recordings, *self.slow)
        _unique(self.domain, ((rule.name, *sorted(rule.constant.values())) for rule in recordings))
        _unique(self.domain, ((alert.name, alert.severity.value) for alert in self.alerts))

    def content(self, settings: Settings) -> dict[str, object]:
        """The content of the group's rule file. Alerts that Grafana evaluates are not in it, so that nobody is paged twice."""
        alerts = self.alerts if settings.alerting.engine == "prometheus" else ()
        rules = [
            *(recording.rule(settings.thresholds) for recording in self.recordings),
            *(alert.rule(self.domain, settings) for alert in alerts),
        ]
        groups: list[dict[str, object]] = [{"name": f"watchfloor-{self.domain}", "rules": rules}] if rules else []
        if self.slow:
            slow = [recording.rule(settings.thresholds) for recording in self.slow]
            interval = duration(max(SLOW_INTERVAL, settings.stack.evaluation_interval))
            groups.append({"name": f"watchfloor-{self.domain}-slow", "interval": interval, "rules": slow})
        return {"groups": groups} if groups else {}


def literal(text: str) -> str:
    """Text that Go's template engine prints as it is."""
    return text.replace("{{", '{{ "{{" }}')


def _unique(domain: str, keys: Iterable[tuple[str, ...]]) -> None:
    seen: set[tuple[str, ...]] = set()
    for key in keys:
        if key in seen:
            raise RuleError(f"{domain}: rule {' '.join(key)} is defined twice")
        seen.add(key)
