"""Rules of mixtool, gcx and pint on alerts and the groups that hold them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dashboards.compiler.read import Json, mapping, mappings, text
from exporter.duration import seconds
from generator.checks.model import Fault, File, Find, Project, Rule
from generator.checks.promql import read
from generator.checks.queries import on_rule, rules

GROUP_RULES: Final = 20
GROUP_NAME: Final = 40
ALERT_NAME: Final = 40
CAMEL: Final = re.compile(r"([A-Z][a-z0-9]*)+\Z")
SEVERITIES: Final = ("critical", "warning", "info", "none")
TEMPLATE: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
LABEL: Final = re.compile(r"\$labels\.(\w+)|\.Labels\.(\w+)")
VALUE: Final = re.compile(r"\$value|\.Value\b")
STALE: Final = 300
"""Seconds after which a series that is not written again counts as gone."""


def _alerts(file: File) -> Iterator[tuple[Json, Json]]:
    return ((group, rule) for group, rule in rules(file) if "alert" in rule)


def _said(rule: Json, key: str) -> str:
    return text(mapping(rule.get("annotations")).get(key))


def count(file: File, _: Project) -> Iterator[Fault]:
    """Groups of a size that is evaluated quickly."""
    for group in mappings(file.data.get("groups")):
        number = len(mappings(group.get("rules")))
        if number > GROUP_RULES:
            name = text(group.get("name"))
            yield Fault(
                f"group {name!r}",
                f"it has {number} rules; at most {GROUP_RULES} are evaluated one after the other",
                (name, ""),
            )


def group_name(file: File, _: Project) -> Iterator[Fault]:
    """Names of groups that can be read in a list."""
    for group in mappings(file.data.get("groups")):
        name = text(group.get("name"))
        if len(name) > GROUP_NAME:
            yield Fault(
                f"group {name!r}", f"its name has {len(name)} letters; at most {GROUP_NAME} fit into lists", (name, "")
            )


def camel(file: File, _: Project) -> Iterator[Fault]:
    """Names of alerts in CamelCase."""
    for group, rule in _alerts(file):
        if not CAMEL.match(text(rule.get("alert"))):
            yield on_rule(group, rule, "its name is not CamelCase")


def length(file: File, _: Project) -> Iterator[Fault]:
    """Names of alerts that fit into a message."""
    for group, rule in _alerts(file):
        if len(text(rule.get("alert"))) > ALERT_NAME:
            yield on_rule(
                group,
                rule,
                f"its name has {len(text(rule.get('alert')))} letters; at most {ALERT_NAME} fit into a message",
            )


def severity(file: File, _: Project) -> Iterator[Fault]:
    """Severities that have a route."""
    for group, rule in _alerts(file):
        found = mapping(rule.get("labels")).get("severity", mapping(group.get("labels")).get("severity"))
        if found not in SEVERITIES:
            yield on_rule(group, rule, f"its severity is {found!r}" if found else "it has no severity")


def description(file: File, _: Project) -> Iterator[Fault]:
    """Alerts with a description."""
    for group, rule in _alerts(file):
        if not (_said(rule, "description") or _said(rule, "message")).strip():
            yield on_rule(group, rule, "it has no description")


def templating(file: File, _: Project) -> Iterator[Fault]:
    """Descriptions that name what is affected."""
    for group, rule in _alerts(file):
        said = _said(rule, "description") or _said(rule, "message")
        labels = read(str(rule.get("expr"))).labels
        if said and not TEMPLATE.search(said) and labels != frozenset():
            yield on_rule(group, rule, "its description says the same of every series")


def summary(file: File, _: Project) -> Iterator[Fault]:
    """Alerts with a summary."""
    for group, rule in _alerts(file):
        if not _said(rule, "summary").strip():
            yield on_rule(group, rule, "it has no summary")


def static(file: File, _: Project) -> Iterator[Fault]:
    """Summaries that are the same for every series."""
    for group, rule in _alerts(file):
        if TEMPLATE.search(_said(rule, "summary")):
            yield on_rule(group, rule, "its summary has a template in it")


def sentence(file: File, _: Project) -> Iterator[Fault]:
    """Summaries that are sentences."""
    for group, rule in _alerts(file):
        said = _said(rule, "summary").strip()
        if said and not ((said[0].isupper() or said[0].isdigit()) and said[-1] in ".!?"):
            yield on_rule(group, rule, f"its summary is no sentence with a capital and a full stop: {said[:80]!r}")


def runbook(file: File, _: Project) -> Iterator[Fault]:
    """Alerts with a link to what to do."""
    for group, rule in _alerts(file):
        if not _said(rule, "runbook_url").strip():
            yield on_rule(group, rule, "it has no runbook_url")


def comparison(file: File, _: Project) -> Iterator[Fault]:
    """Alerts that do not fire at all times."""
    for group, rule in _alerts(file):
        query = read(str(rule.get("expr")))
        if not query.error and not query.compares:
            yield on_rule(group, rule, "its query compares nothing, so it fires as long as there is data")


def waiting(file: File, _: Project) -> Iterator[Fault]:
    """Waits that are none."""
    for group, rule in _alerts(file):
        for key in ("for", "keep_firing_for"):
            if _seconds(rule.get(key)) == 0:
                yield on_rule(group, rule, f"its {key} is {rule[key]}, which is as if it were not there")


def template(file: File, _: Project) -> Iterator[Fault]:
    """Templates whose labels the query leaves, and labels that do not change with the value."""
    for group, rule in _alerts(file):
        for name, said in mapping(rule.get("labels")).items():
            if VALUE.search(" ".join(TEMPLATE.findall(text(said)))):
                yield on_rule(group, rule, f"its label {name} holds the value, so every change is another alert")
        left = read(str(rule.get("expr"))).labels
        if left is None:
            continue
        given = {str(key) for one in (group, rule) for key in mapping(one.get("labels"))}
        said = " ".join(text(one) for key in ("annotations", "labels") for one in mapping(rule.get(key)).values())
        used = {found[1] or found[2] for part in TEMPLATE.findall(said) for found in LABEL.finditer(part)}
        missing = sorted(used - left - given - {"alertname"})
        if missing:
            yield on_rule(group, rule, f"its texts name the label {', '.join(missing)}, which its query drops")


def interval(file: File, _: Project) -> Iterator[Fault]:
    """Groups that are evaluated before their series go stale."""
    for group in mappings(file.data.get("groups")):
        found = _seconds(group.get("interval"))
        if found is not None and found > STALE:
            name = text(group.get("name"))
            yield Fault(
                f"group {name!r}",
                f"its interval is {group['interval']}; series that are written less often than every 5m have gaps",
                (name, ""),
            )


def _seconds(value: object) -> float | None:
    """A duration in seconds; None where there is none or none that can be read."""
    if value is None or value == "":
        return None
    try:
        return seconds(str(value))
    except ValueError:
        return None


def _rule(rule: str, title: str, why: str, remedy: str, find: Find, *, origin: str = "mixtool") -> Rule:
    return Rule(id=rule, title=title, kinds=("rules",), why=why, remedy=remedy, find=find, origin=origin)


RULES: Final = (
    _rule("alert-group-rule-count", "A group has at most 20 rules",
          "The rules of a group are evaluated one after the other; in a large group the last ones are late.",
          "Split the group.", count),
    _rule("alert-group-name-length", "The name of a group is short",
          "Lists and messages cut longer names off.",
          "Give the group a name of at most 40 letters.", group_name),
    _rule("alert-name-camelcase", "The name of an alert is CamelCase",
          "Names of one form can be found, silenced and routed by pattern.",
          "Write it as SomethingIsWrong.", camel),
    _rule("alert-name-length", "The name of an alert is short",
          "Messages cut longer names off.",
          "Give the alert a name of at most 40 letters.", length),
    _rule("alert-severity-rule", "An alert has a severity with a route",
          "An alert without one reaches nobody in particular.",
          "Set the label severity to critical, warning, info or none.", severity),
    _rule("alert-description-missing", "An alert says what happened",
          "Who is woken must read what is wrong, not a name.",
          "Write the annotation description.", description),
    _rule("alert-description-templating", "A description names what is affected",
          "A query with labels gives several alerts; the same text for all of them does not say which.",
          "Name the labels and the value with {{ $labels.x }} and {{ $value }}.", templating),
    _rule("alert-summary-missing", "An alert has a summary",
          "It is the first line of a message.",
          "Write the annotation summary.", summary),
    _rule("alert-summary-templating", "A summary is the same for every series",
          "Messages group alerts under one summary; with a template in it the first one stands for all.",
          "Move what changes to the description.", static),
    _rule("alert-summary-style", "A summary is a sentence",
          "Messages put summaries one after the other.",
          "Begin with a capital and end with a full stop.", sentence),
    _rule("alert-runbook-link", "An alert says what to do",
          "At night nobody remembers; a link to the first step saves minutes.",
          "Write the annotation runbook_url.", runbook, origin="gcx"),
    _rule("alerts-comparison", "An alert has a condition",
          "A query without a comparison fires as long as there is data.",
          "Compare with a limit: ... > 5.", comparison, origin="pint"),
    _rule("alerts-for", "A wait is one",
          "for: 0s says nothing and looks as if somebody had thought of it.",
          "Leave it away, or give a time.", waiting, origin="pint"),
    _rule("alerts-template", "Texts use labels that the alert has",
          "A label that the query drops is printed as nothing; a value in a label makes each change another alert.",
          "Group by the label, or do not name it; put values into annotations.", template, origin="pint"),
    _rule("group-interval", "A group is evaluated at least every five minutes",
          "Prometheus takes a series that is older than five minutes for gone.",
          "Set the interval to 5m or less.", interval, origin="pint"),
)  # fmt: skip
