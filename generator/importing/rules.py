"""Prometheus rule files of other origin: read as strictly as Prometheus 2.42 would, written as our own are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from generator.importing.record import Found, Json, Made, Refusal
from provisioning.document import document

DURATION: Final = re.compile(r"(?=\d|0)((\d+)y)?((\d+)w)?((\d+)d)?((\d+)h)?((\d+)m)?((\d+)s)?((\d+)ms)?\Z|0\Z")
LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
METRIC: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
GROUP: Final = frozenset(
    {"name", "interval", "limit", "rules", "labels", "query_offset", "partial_response_strategy", "source_tenants"}
)
ALERT: Final = frozenset({"alert", "expr", "for", "keep_firing_for", "labels", "annotations"})
RECORD: Final = frozenset({"record", "expr", "labels"})
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
    rules = [
        {**rule, **({"labels": {**labels, **(rule.get("labels") or {})}} if labels or rule.get("labels") else {})}
        for rule in _list(group.get("rules"))
    ]
    kept = {key: group[key] for key in ("name", "interval", "limit") if group.get(key) is not None}
    return {**kept, "rules": [{key: value for key, value in rule.items() if value is not None} for rule in rules]}


def _notes(group: Json) -> Iterator[str]:
    for key in ("partial_response_strategy", "source_tenants"):
        if key in group:
            yield f"group {group['name']!r} has {key}, which is not Prometheus'; it was left out"
    for rule in _list(group.get("rules")):
        if "alert" in rule and not (rule.get("labels") or {}).get("severity"):
            yield f"alert {rule['alert']!r} has no severity; it is routed like a warning"


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
        if not _is_duration(group.get("interval")):
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
        if not _is_duration(rule.get(key)):
            yield f"{place} has a {key} that is no duration such as 5m: {rule.get(key)!r}"
    for key in ("labels", "annotations"):
        if not _is_labels(rule.get(key)):
            yield f"{place} has {key} that are not names (letters, digits and _) with texts"
    mistake = parse_error(rule.get("expr"))
    if mistake:
        yield f"{place} ({name}): {mistake}"


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


def _is_duration(value: object) -> bool:
    return value in (None, "", 0) or (isinstance(value, str) and bool(DURATION.match(value)))


def _is_labels(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, dict) and all(LABEL.match(str(key)) and isinstance(one, str) for key, one in value.items())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
