"""Prometheus rule files of other origin: read as strictly as Prometheus 2.42 would, written as our own are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from generator.importing.record import Found, Json, Made, Refusal
from provisioning.document import document
from provisioning.imported import LABEL, MATCHER, VALUE
from provisioning.routing import DEFAULT, ROUTES

DURATION: Final = re.compile(r"(?=\d|0)((\d+)y)?((\d+)w)?((\d+)d)?((\d+)h)?((\d+)m)?((\d+)s)?((\d+)ms)?\Z|0\Z")
LABEL_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
METRIC: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
GROUP: Final = frozenset(
    {"name", "interval", "limit", "rules", "labels", "query_offset", "partial_response_strategy", "source_tenants"}
)
ALERT: Final = frozenset({"alert", "expr", "for", "keep_firing_for", "labels", "annotations"})
RECORD: Final = frozenset({"record", "expr", "labels"})
SEVERITIES: Final = tuple(route.severity for route in ROUTES)
ACTION: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
NAME: Final = re.compile(r"\$(\w+)")
DECLARED: Final = re.compile(r"\$(\w+)\s*(?:,\s*\$(\w+)\s*)?:?=")
KNOWN: Final = frozenset({"labels", "value", "externalLabels", "externalURL"})
SLUG: Final = re.compile(r"[^a-z0-9]+")


def make(found: Found, origin: str) -> Made:
    """The rule file, or a refusal that names the first mistake of each rule."""
    groups = found.data["groups"]
    if not all(isinstance(group, dict) for group in groups):
        raise Refusal("a group of rules is no object with keys")
    if any(isinstance(rule, dict) and "data" in rule for group in groups for rule in _list(group.get("rules"))):
        raise Refusal(
            "its rules are Grafana's own and not Prometheus'; Grafana reads them as they are from its provisioning folder"
        )
    extra = sorted(set(found.data) - {"groups"})
    if extra:
        raise Refusal(f"its rule file has keys that Prometheus does not know: {', '.join(extra)}")
    mistakes = list(_mistakes(groups))
    if mistakes:
        more = f" (and {len(mistakes) - 5} more)" if len(mistakes) > 5 else ""
        raise Refusal("; ".join(mistakes[:5]) + more)
    changes: list[str] = []
    content = {"groups": [_group(group, changes) for group in groups]}
    name = (
        SLUG.sub("-", (found.hints.name or origin.rpartition("/")[2].partition(".")[0]).lower()).strip("-")[:80]
        or "rules"
    )
    count = sum(len(group["rules"]) for group in content["groups"])
    if not count:
        raise Refusal("its rule file has no rule")
    attention = [line for group in groups for line in _notes(group)]
    return Made(
        "rules", name, f"{count} rules in {len(groups)} groups", document(content), changes=changes, attention=attention
    )


def _group(group: Json, changes: list[str]) -> Json:
    """A group with the labels of the group on its rules, as readers before Prometheus 3 need them."""
    labels = group.get("labels") or {}
    if labels:
        changes.append(f"labels of group {group['name']!r} stand at each of its rules")
    told = f"alerts have the label {MATCHER}, by which they find imported receivers"
    if told not in changes and any("alert" in rule for rule in _list(group.get("rules"))):
        changes.append(told)
    rules = [_labelled(rule, labels) for rule in _list(group.get("rules"))]
    kept = {key: group[key] for key in ("name", "interval", "limit") if group.get(key) is not None}
    return {**kept, "rules": [{key: value for key, value in rule.items() if value is not None} for rule in rules]}


def _labelled(rule: Json, labels: Json) -> Json:
    """A rule with the labels of its group, and of an alert the one that says where it is from."""
    mark = {LABEL: VALUE} if "alert" in rule else {}
    found = {**labels, **(rule.get("labels") or {}), **mark}
    return {**rule, "labels": found} if found else rule


def _notes(group: Json) -> Iterator[str]:
    for key in ("partial_response_strategy", "source_tenants"):
        if key in group:
            yield f"group {group['name']!r} has {key}, which is not Prometheus'; it was left out"
    for rule in _list(group.get("rules")):
        severity = (rule.get("labels") or {}).get("severity", "")
        if "alert" in rule and severity not in SEVERITIES:
            yield f"alert {rule['alert']!r} has the severity {severity!r} and not one of {', '.join(SEVERITIES)}; {DEFAULT.receiver} hear of it as of a warning"


def _mistakes(groups: list[Json]) -> Iterator[str]:
    names: set[str] = set()
    for group in groups:
        name = group.get("name")
        if not isinstance(name, str) or not name:
            yield "a group has no name"
            continue
        if name in names:
            yield f"group {name!r} is there twice"
        names.add(name)
        unknown = sorted(set(group) - GROUP)
        if unknown:
            yield f"group {name!r} has keys that Prometheus does not know: {', '.join(unknown)}"
        if group.get("query_offset") not in (None, "", "0s", 0):
            yield f"group {name!r} has query_offset, which Prometheus reads from 2.53 on and the oldest that is served, 2.42, refuses"
        if not is_duration(group.get("interval")):
            yield f"group {name!r} has an interval that is no duration such as 1m: {group.get('interval')!r}"
        if not _is_labels(group.get("labels")):
            yield f"group {name!r} has labels that are not names with texts"
        for index, rule in enumerate(_list(group.get("rules"))):
            yield from _rule(rule, f"group {name!r}, rule {index + 1}")


def _rule(rule: Any, place: str) -> Iterator[str]:
    if not isinstance(rule, dict):
        yield f"{place} is no object with keys"
        return
    if ("alert" in rule) == ("record" in rule):
        yield f"{place} must have either alert or record"
        return
    unknown = sorted(set(rule) - (ALERT if "alert" in rule else RECORD))
    if unknown:
        yield f"{place} has keys that do not belong there: {', '.join(unknown)}"
    name = rule.get("alert", rule.get("record"))
    if not isinstance(name, str) or not name or ("record" in rule and not METRIC.match(name)):
        yield f"{place} has no good name: {name!r}"
    for key in ("for", "keep_firing_for"):
        if not is_duration(rule.get(key)):
            yield f"{place} has a {key} that is no duration such as 5m: {rule.get(key)!r}"
    for key in ("labels", "annotations"):
        if not _is_labels(rule.get(key)):
            yield f"{place} has {key} that are not names (letters, digits and _) with texts"
    for key, said in (*_texts(rule.get("labels")), *_texts(rule.get("annotations"))):
        wrong = template_error(said)
        if wrong:
            yield f"{place}, {key}: {wrong}"
    mistake = parse_error(rule.get("expr"))
    if mistake:
        yield f"{place} ({name}): {mistake}"


def _texts(value: object) -> list[tuple[str, str]]:
    return [(str(key), one) for key, one in value.items() if isinstance(one, str)] if isinstance(value, dict) else []


def template_error(said: str) -> str:
    """What is wrong with the template in a label or an annotation, as far as its braces and names show it."""
    actions = ACTION.findall(said)
    if said.count("{{") != len(actions):
        return "a {{ is not closed by }}"
    declared = {name for action in actions for names in DECLARED.findall(action) for name in names}
    unknown = sorted({name for action in actions for name in NAME.findall(_bare(action))} - declared - KNOWN)
    return f"there is no ${unknown[0]}; there are {', '.join(f'${name}' for name in sorted(KNOWN))}" if unknown else ""


def _bare(action: str) -> str:
    """An action without the texts in it."""
    return re.sub(r'"(?:[^"\\]|\\.)*"|`[^`]*`', "", action)


def parse_error(expression: object) -> str:
    """Why an expression cannot be read; empty when it can."""
    import promql_parser

    text = str(expression) if isinstance(expression, (str, int, float)) and not isinstance(expression, bool) else ""
    if not text.strip():
        return "it has no expression"
    if text.count("(") > 500 or len(text) > 100_000:
        return "its expression is longer than any that can be read"
    try:
        promql_parser.parse(text)
    except ValueError as error:
        return f"its expression is no PromQL: {' '.join(str(error).split())[:200]}"
    return ""


def is_duration(value: object) -> bool:
    """Whether a value is absent or a duration as Prometheus writes them."""
    return value in (None, "", 0) or (isinstance(value, str) and bool(DURATION.match(value)))


def _is_labels(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, dict) and all(
        LABEL_NAME.match(str(key)) and key != "__name__" and isinstance(one, str) for key, one in value.items()
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
