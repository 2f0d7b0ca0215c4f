"""Rules, policies, mute timings and contact points in one form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.apply.normal.value import lean, matchers, pruned, seconds, without

MONTHS: Final = {
    name: str(number)
    for number, name in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        1,
    )
}
WAITS: Final = ("group_wait", "group_interval", "repeat_interval")
RULE: Final = {
    "noDataState": "NoData", "execErrState": "Alerting", "isPaused": False, "for": 0.0, "keep_firing_for": 0.0,
    "missingSeriesEvalsToResolve": 0,
}  # fmt: skip
MODEL: Final = {"intervalMs": 1000, "maxDataPoints": 43200, "hide": False}


def group(data: Mapping[str, Any]) -> dict[str, Any]:
    """A group of rules with its folder and interval."""
    return {
        "title": data.get("title"),
        "folderUid": data.get("folderUid"),
        "interval": seconds(data.get("interval")),
        "rules": [_rule(one) for one in data.get("rules") or ()],
    }


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    result = without(rule, "id", "orgID", "updated", "provenance", "folderUID", "ruleGroup", "guid")
    for key in ("for", "keep_firing_for"):
        result[key] = seconds(result.get(key) or 0)
    result["data"] = [_query(one) for one in rule.get("data") or ()]
    settings = rule.get("notification_settings")
    if isinstance(settings, Mapping):
        result["notification_settings"] = {**settings, **_durations(settings)}
    clean: dict[str, Any] = lean(pruned(result), RULE)
    return clean


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    model = lean(query.get("model") or {}, {**MODEL, "refId": query.get("refId")})
    return {
        **query,
        "model": model,
        "relativeTimeRange": lean(query.get("relativeTimeRange") or {}, {"from": 0, "to": 0}),
    }


def route(data: Mapping[str, Any]) -> dict[str, Any]:
    """A tree of policies. The order of routes counts, that of matchers and labels does not."""
    result = without(
        data, "provenance", "matchers", "match", "match_re", "object_matchers", "routes", "version", "name"
    )
    result |= _durations(data)
    result["object_matchers"] = matchers(data)
    result["group_by"] = sorted(data.get("group_by") or ())
    result["routes"] = [route(one) for one in data.get("routes") or ()]
    clean: dict[str, Any] = lean(pruned(result), {"continue": False})
    return clean


def _durations(data: Mapping[str, Any]) -> dict[str, object]:
    return {key: seconds(data[key]) for key in WAITS if data.get(key) not in (None, "")}


def timing(data: Mapping[str, Any]) -> dict[str, Any]:
    """A mute timing. A range of one day and that day, and a month by name and by number, are the same."""
    intervals = []
    for one in data.get("time_intervals") or ():
        interval = {
            key: [_range(text, key) for text in one.get(key) or ()]
            for key in ("weekdays", "months", "years", "days_of_month")
        }
        location = one.get("location")
        intervals.append({**one, **interval, "location": "" if location == "UTC" else location})
    clean: dict[str, Any] = pruned({"name": data.get("name"), "time_intervals": intervals})
    return clean


def _range(text: object, key: str) -> str:
    parts = [part.strip().lower() for part in str(text).split(":")]
    if key == "months":
        parts = [MONTHS.get(part, part) for part in parts]
    return parts[0] if len(parts) == 2 and parts[0] == parts[1] else ":".join(parts)


def contact(data: Mapping[str, Any]) -> dict[str, Any]:
    """One receiver of a contact point, without its secrets."""
    settings = {key: value for key, value in pruned(data.get("settings") or {}).items() if value is not False}
    return {
        "name": data.get("name"),
        "type": data.get("type"),
        "settings": settings,
        **({"disableResolveMessage": True} if data.get("disableResolveMessage") else {}),
    }
