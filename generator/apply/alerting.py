"""Grafana's alerting files, translated from the names of files to the names of the HTTP API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from generator.apply.error import ApplyError
from generator.apply.folders import Folders
from generator.apply.interpolate import expand
from generator.apply.item import Item
from generator.apply.kinds.policies import TREE, Policies
from generator.apply.normal.value import matchers, seconds

Sourced = tuple[Item, str, object]
RENAMED: Final = {
    "keepFiringFor": "keep_firing_for",
    "missing_series_evals_to_resolve": "missingSeriesEvalsToResolve",
}
INTERPOLATED: Final = (
    "uid",
    "title",
    "labels",
    "notification_settings",
    "condition",
    "for",
    "noDataState",
    "execErrState",
)
"""Fields of a rule in which the file loader fills in variables; annotations and models are taken as they are."""


def items(
    documents: Iterable[tuple[str, Mapping[str, Any]]], environment: Mapping[str, str], folders: Folders
) -> Iterator[Sourced]:
    """Everything of alerting, with the file and the organisation that it is for. Of several trees the last one counts."""
    tree: Sourced | None = None
    for source, content in documents:
        try:
            for item, entry in _entries(content, environment, folders):
                found = item, source, entry.get("orgId") or 1
                if item.kind == Policies.name:
                    tree = found
                else:
                    yield found
        except ApplyError as error:
            raise ApplyError(f"{source}: {error}") from None
    if tree is not None:
        yield tree


def _entries(
    content: Mapping[str, Any], environment: Mapping[str, str], folders: Folders
) -> Iterator[tuple[Item, Mapping[str, Any]]]:
    """The items of one file, each with the entry that it comes from."""
    for entry in content.get("policies") or ():
        yield Item(Policies.name, TREE, "notification policies", _policies(expand(entry, environment))), entry
    for entry in content.get("contactPoints") or ():
        for item in _contact(expand(entry, environment)):
            yield item, entry
    for entry in content.get("muteTimes") or ():
        name = _needed(entry, "name")
        yield (
            Item("mute timing", name, name, {"name": name, "time_intervals": entry.get("time_intervals") or []}),
            entry,
        )
    for entry in content.get("templates") or ():
        name = _needed(entry, "name")
        yield Item("template", name, name, {"template": _defined(name, str(entry.get("template", "")))}), entry
    for entry in content.get("groups") or ():
        if entry.get("rules"):  # Grafana knows no group without rules.
            yield _group(entry, environment, folders), entry


def titles(path: str) -> tuple[str, ...]:
    """A path of folder titles: a slash nests, one behind a backslash is a slash."""
    parts = re.split(r"(?<!\\)/", path)
    return tuple(part.replace("\\/", "/").strip() for part in parts if part.strip())


def _needed(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise ApplyError(f"an entry has no {key}; every one needs it")
    return value


def _policies(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A route with the matchers in the one form that the API gives back."""
    route = {
        key: value
        for key, value in entry.items()
        if key not in ("orgId", "matchers", "match", "match_re", "object_matchers", "routes")
    }
    found = matchers(entry)
    if found:
        route["object_matchers"] = found
    if entry.get("routes"):
        route["routes"] = [_policies(one) for one in entry["routes"]]
    return route


def _contact(entry: Mapping[str, Any]) -> Iterator[Item]:
    name = _needed(entry, "name")
    for receiver in entry.get("receivers") or ():
        uid = receiver.get("uid")
        if not uid:
            raise ApplyError(f"a receiver of the contact point {name} has no uid; every one needs it")
        body = {
            "uid": str(uid),
            "name": name,
            "type": _needed(receiver, "type"),
            "settings": receiver.get("settings") or {},
            "disableResolveMessage": bool(receiver.get("disableResolveMessage")),
        }
        yield Item("contact point", str(uid), f"{name} ({body['type']})", body)


def _defined(name: str, text: str) -> str:
    """Grafana wraps a text without a definition into one; so the same text comes back."""
    if re.search(r"\{\{-?\s*define\b", text):
        return text
    inside = "\n".join(f"  {line}" for line in text.splitlines())
    return f'{{{{ define "{name}" }}}}\n{inside}\n{{{{ end }}}}'


def _group(entry: Mapping[str, Any], environment: Mapping[str, str], folders: Folders) -> Item:
    name = expand(_needed(entry, "name"), environment)
    path = titles(expand(_needed(entry, "folder"), environment))
    if not path:
        raise ApplyError(f"the group {name} is in no folder; rules must be in one")
    uid = folders.uid(path)
    interval = seconds(expand(entry.get("interval"), environment))
    if not isinstance(interval, float) or interval <= 0:
        raise ApplyError(f"the group {name} has no interval; write one such as 1m")
    rules = [_rule(rule, uid, name, environment) for rule in entry.get("rules") or ()]
    body = {"title": name, "folderUid": uid, "interval": int(interval), "rules": rules}
    return Item("rule group", f"{uid}/{name}", f"{'/'.join(path)}: {name}", body)


def _rule(entry: Mapping[str, Any], folder: str, group: str, environment: Mapping[str, str]) -> dict[str, Any]:
    filled = {key: expand(value, environment) if key in INTERPOLATED else value for key, value in entry.items()}
    rule = {RENAMED.get(key, key): value for key, value in filled.items()}
    annotations = dict(rule.pop("annotations", None) or {})
    for key, annotation in (("dashboardUid", "__dashboardUid__"), ("panelId", "__panelId__")):
        if rule.get(key):
            annotations[annotation] = str(rule[key])
        rule.pop(key, None)
    record = rule.get("record")
    if isinstance(record, Mapping):
        target = record.get("targetDatasourceUid")
        rule["record"] = {"metric": record.get("metric"), "from": record.get("from")} | (
            {"target_datasource_uid": target} if target else {}
        )
    return {
        "noDataState": "NoData",
        "execErrState": "Alerting",
        "for": "0s",
        "labels": {},
        **rule,
        "uid": _needed(rule, "uid"),
        "title": _needed(rule, "title"),
        "annotations": annotations,
        "data": [_query(one, environment) for one in rule.get("data") or ()],
        "folderUID": folder,
        "ruleGroup": group,
    }


def _query(entry: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    filled = {
        key: expand(value, environment) if key in ("refId", "datasourceUid", "queryType") else value
        for key, value in entry.items()
    }
    return {"queryType": "", "relativeTimeRange": {"from": 0, "to": 0}, **filled}
