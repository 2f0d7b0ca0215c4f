"""/api/v1/provisioning: templates and mute timings, which have versions."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from tests.grafana_api import notifications
from tests.grafana_api.answer import RefusalError, Request, change_of_provenance, fields
from tests.grafana_api.state import State

TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
MONTHS = (
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
)
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


def templates(state: State, _: Request) -> Any:
    """All."""
    return 200, list(state.templates.values())


def put_template(state: State, request: Request, name: str) -> Any:
    """A new or changed one."""
    body = fields(request.body, template=str, version=str)
    text = body.get("template", "")
    if not text.strip() or text.count("{{") != text.count("}}"):
        raise RefusalError(400, "Template is in invalid format. Correct the payload and try again.")
    if not re.search(r"\{\{-?\s*define\b", text):
        lines = "\n".join(f"  {line}" for line in text.splitlines())
        text = f'{{{{ define "{name}" }}}}\n{lines}\n{{{{ end }}}}'
    there = state.templates.get(name)
    if there is not None:
        change_of_provenance("update", there["provenance"], request.provenance)
        _versioned(there, body.get("version", ""))
    state.templates[name] = {
        "name": name,
        "template": text,
        "version": _version(text),
        "provenance": request.provenance,
    }
    return 202, state.templates[name]


def delete_template(state: State, request: Request, name: str) -> Any:
    """One less; none is no error."""
    if name in state.templates:
        change_of_provenance("delete", state.templates[name]["provenance"], request.provenance)
        _versioned(state.templates[name], request.one("version"))
        del state.templates[name]
    return 204, None


def timings(state: State, _: Request) -> Any:
    """All."""
    return 200, list(state.timings.values())


def post_timing(state: State, request: Request) -> Any:
    """A new one."""
    name, intervals = _timing(request)
    if name in state.timings:
        raise RefusalError(
            400, "Time interval with this name already exists. Use a different name or update existing one."
        )
    return 201, _stored(state, name, intervals, request)


def put_timing(state: State, request: Request, name: str) -> Any:
    """A change."""
    if name not in state.timings:
        raise RefusalError(404, "", messageId="alerting.notifications.time-intervals.notFound")
    given, intervals = _timing(request)
    if given != name:
        raise RefusalError(400, "the stand-in lets no name change")
    change_of_provenance("update", state.timings[name]["provenance"], request.provenance)
    _versioned(state.timings[name], request.body.get("version") or "")
    return 202, _stored(state, name, intervals, request)


def delete_timing(state: State, request: Request, name: str) -> Any:
    """One less, unless it is used; none is no error."""
    if name in state.timings:
        change_of_provenance("delete", state.timings[name]["provenance"], request.provenance)
        used = {
            one
            for rule in state.rules.values()
            for one in (rule.get("notification_settings") or {}).get("mute_time_intervals", ())
        }
        if name in used | set(notifications.timings_in_use(state.route)):
            raise RefusalError(409, "Time interval is used", messageId="alerting.notifications.time-intervals.used")
        _versioned(state.timings[name], request.one("version"))
        del state.timings[name]
    return 204, None


def _timing(request: Request) -> tuple[str, list[dict[str, Any]]]:
    body = fields(request.body, name=str, time_intervals=list, version=str, provenance=str)
    if not body.get("name"):
        raise RefusalError(400, "Time interval is in invalid format. Correct the payload and try again.")
    return body["name"], [_interval(one) for one in body.get("time_intervals", [])]


def _interval(given: Any) -> dict[str, Any]:
    """As Grafana gives it back: ranges of one are single, months are numbers, the zone UTC is not told."""
    one = fields(given, times=list, weekdays=list, months=list, years=list, days_of_month=list, location=str)
    for time in one.get("times", ()):
        inner = fields(time, start_time=str, end_time=str)
        if not all(TIME.fullmatch(inner.get(key, "")) for key in ("start_time", "end_time")):
            raise RefusalError(400, f"Time interval is in invalid format: {time}")
    for key, names in (("weekdays", DAYS), ("months", MONTHS)):
        if key in one:
            one[key] = [_range(text, names, numbers=key == "months") for text in one[key]]
    if one.get("location") == "UTC":
        del one["location"]
    return one


def _range(text: str, names: tuple[str, ...], *, numbers: bool) -> str:
    parts = [part.lower() for part in text.split(":")]
    if (
        not all(part in names or (numbers and part.isdigit() and 1 <= int(part) <= 12) for part in parts)
        or len(parts) > 2
    ):
        raise RefusalError(400, f"Time interval is in invalid format: {text}")
    if numbers:
        parts = [part if part.isdigit() else str(names.index(part) + 1) for part in parts]
    return parts[0] if len(set(parts)) == 1 else ":".join(parts)


def _stored(state: State, name: str, intervals: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    version = _version(json.dumps(intervals, sort_keys=True))
    state.timings[name] = {
        "name": name,
        "time_intervals": intervals,
        "version": version,
        "provenance": request.provenance,
    }
    return state.timings[name]


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _versioned(there: dict[str, Any], given: str) -> None:
    if given and given != there["version"]:
        raise RefusalError(
            409,
            f"provided version {given} of it does not match current version",
            messageId="alerting.notifications.conflict",
        )
