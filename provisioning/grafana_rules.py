"""Rules that Grafana evaluates itself, in the form of its provisioning files (Grafana 11 to 13).

A rule of Prometheus becomes three steps, as Grafana's own importer has them: the query at one instant, a test that gives 1
for every series that the query has, whatever its value, and the threshold that fires above 0. Grafana interpolates `$` in
titles, labels, folders and uids but not in annotations and queries, so only the former are escaped.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from exporter.settings import duration, seconds
from provisioning.grafana import PROMETHEUS_UID, escape

UID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
BASE_INTERVAL: Final = 10
"""Grafana evaluates a group only at multiples of this many seconds."""

BACK: Final = 600
"""How far back a query may see, in seconds; an instant query needs the range to be there."""

EXPRESSION: Final = "__expr__"
QUERY, MATH, THRESHOLD = "query", "prometheus_math", "threshold"
VALUE: Final = re.compile(r"\$value\b")
ACTION: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)


class GrafanaRuleError(Exception):
    """A rule would be refused by Grafana, or ignored without a word."""


class NoData(StrEnum):
    """What a query without any series means."""

    OK = "OK"
    NO_DATA = "NoData"
    ALERTING = "Alerting"
    KEEP_LAST = "KeepLast"


class Failure(StrEnum):
    """What a query that fails means."""

    OK = "OK"
    ERROR = "Error"
    ALERTING = "Alerting"
    KEEP_LAST = "KeepLast"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrafanaRule:
    """One rule. `expr` fires for each series that it gives, as in Prometheus; times in seconds.

    A query that fails leaves the state as it was: a Prometheus that does not answer neither ends an alert nor starts
    hundreds. That it does not answer is the matter of rules that watch it, which choose another `failure`.
    """

    uid: str
    title: str
    expr: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    keep: float = 0.0
    no_data: NoData = NoData.OK
    failure: Failure = Failure.KEEP_LAST
    source: str = PROMETHEUS_UID

    def __post_init__(self) -> None:
        if not UID.match(self.uid):
            raise GrafanaRuleError(f"{self.uid!r} is no uid of a rule; use at most 40 letters, digits, - and _")
        if not self.title or not self.expr:
            raise GrafanaRuleError(f"rule {self.uid} needs a title and a query")
        for key, text in self.annotations.items():
            if "${" in text:
                raise GrafanaRuleError(f"{self.title}: annotation {key} has ${{, which Grafana 13 takes for a variable")

    def content(self) -> dict[str, object]:
        """The rule with Grafana's keys."""
        waits = {"for": self.wait, "keepFiringFor": self.keep}
        return {
            "uid": self.uid,
            "title": escape(self.title),
            "condition": THRESHOLD,
            "data": [_query(self.expr, self.source), _math(), _threshold()],
            "noDataState": self.no_data.value,
            "execErrState": self.failure.value,
            **{key: duration(value) for key, value in waits.items() if value},
            # As in Prometheus, a series that is gone ends its alert at once.
            "missing_series_evals_to_resolve": 1,
            "annotations": dict(self.annotations),
            "labels": {name: escape(value) for name, value in self.labels.items()},
            "isPaused": False,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GrafanaGroup:
    """Rules that are evaluated together. A title is unique in its folder: Grafana up to 11 refuses it otherwise."""

    name: str
    folder: str
    rules: tuple[GrafanaRule, ...]
    interval: float = BASE_INTERVAL

    def content(self) -> dict[str, object]:
        """The group with Grafana's keys."""
        return {
            "orgId": 1,
            "name": escape(self.name),
            "folder": escape(self.folder.replace("/", "\\/")),
            "interval": f"{whole_interval(self.interval)}s",
            "rules": [rule.content() for rule in self.rules],
        }


def content(groups: Iterable[GrafanaGroup], gone: Iterable[str] = ()) -> dict[str, object]:
    """The keys of a provisioning file. `gone` are uids of rules that must not be there any more: Grafana keeps what a file lacks."""
    groups = [group for group in groups if group.rules]
    _unique(groups)
    kept = {rule.uid for group in groups for rule in group.rules}
    deleted = [{"orgId": 1, "uid": uid} for uid in sorted(set(gone) - kept)]
    found: dict[str, object] = {"groups": [group.content() for group in groups]} if groups else {}
    return {**found, "deleteRules": deleted} if deleted else found


def uid(*key: str) -> str:
    """A uid that stays the same as long as the key does."""
    return "watchfloor-" + hashlib.sha256("\0".join(key).encode()).hexdigest()[:20]


def converted(rule: Mapping[str, object], *, key: tuple[str, ...]) -> GrafanaRule:
    """An alert in Prometheus' form as a rule of Grafana, with the same name, labels and texts."""
    labels, annotations = rule["labels"], rule.get("annotations", {})
    if not isinstance(labels, Mapping) or not isinstance(annotations, Mapping):
        raise GrafanaRuleError(f"rule {rule.get('alert')} has labels or annotations that are no table")
    return GrafanaRule(
        uid=uid(*key),
        title=str(rule["alert"]),
        expr=str(rule["expr"]),
        labels={str(name): str(value) for name, value in labels.items()},
        annotations={str(name): template(str(text)) for name, text in annotations.items()},
        wait=seconds(rule.get("for", "0s")),
        keep=seconds(rule.get("keep_firing_for", "0s")),
    )


def template(text: str) -> str:
    """A text for Prometheus' template engine as one for Grafana's, in which `$value` is a sentence and not the number."""
    said = ACTION.sub(lambda action: VALUE.sub(f"$values.{QUERY}.Value", action[0]), text)
    return said.replace("${", '{{ "$" }}{')


def whole_interval(wanted: float) -> int:
    """The nearest interval that Grafana takes and that is not shorter."""
    return max(BASE_INTERVAL, math.ceil(wanted / BASE_INTERVAL) * BASE_INTERVAL)


def _unique(groups: Iterable[GrafanaGroup]) -> None:
    titles: set[tuple[str, str]] = set()
    uids: set[str] = set()
    for group in groups:
        for rule in group.rules:
            if (group.folder, rule.title) in titles:
                raise GrafanaRuleError(f"folder {group.folder} has two rules {rule.title}; give them different folders")
            if rule.uid in uids:
                raise GrafanaRuleError(f"two rules have the uid {rule.uid}, one of them {rule.title}")
            titles.add((group.folder, rule.title))
            uids.add(rule.uid)


def _step(ref: str, source: str, back: int, model: Mapping[str, object]) -> dict[str, object]:
    return {
        "refId": ref,
        "relativeTimeRange": {"from": back, "to": 0},
        "datasourceUid": source,
        "model": {"refId": ref, **model},
    }


def _query(expr: str, source: str) -> dict[str, object]:
    model = {
        "datasource": {"type": "prometheus", "uid": source},
        "editorMode": "code",
        "expr": expr,
        "instant": True,
        "range": False,
        "intervalMs": 1000,
        "maxDataPoints": 43200,
    }
    return _step(QUERY, source, BACK, model)


def _math() -> dict[str, object]:
    any_value = f"is_number(${QUERY}) || is_nan(${QUERY}) || is_inf(${QUERY})"
    return _step(MATH, EXPRESSION, 0, {"type": "math", "expression": any_value, **_own()})


def _threshold() -> dict[str, object]:
    above = [{"evaluator": {"type": "gt", "params": [0]}}]
    return _step(THRESHOLD, EXPRESSION, 0, {"type": "threshold", "expression": MATH, "conditions": above, **_own()})


def _own() -> dict[str, object]:
    return {"datasource": {"type": EXPRESSION, "uid": EXPRESSION}, "intervalMs": 1000, "maxDataPoints": 43200}
