"""/api/v1/provisioning: contact points and policies."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from tests.grafana_api import rules
from tests.grafana_api.answer import RefusalError, Request, change_of_provenance, checked_uid, fields
from tests.grafana_api.duration import milliseconds, written
from tests.grafana_api.state import DEFAULT_ROUTE, State

REDACTED = "[REDACTED]"
NEEDED = {
    "slack": (("url", "token"),), "email": (("addresses",),), "webhook": (("url",),), "pagerduty": (("integrationKey",),),
    "teams": (("url",),), "discord": (("url",),), "telegram": (("bottoken",), ("chatid",)), "opsgenie": (("apiKey",),),
}  # fmt: skip
SECRET = {
    "slack": ("url", "token"), "webhook": ("password", "authorization_credentials"), "pagerduty": ("integrationKey",),
    "discord": ("url",), "telegram": ("bottoken",), "opsgenie": ("apiKey",),
}  # fmt: skip


def listed(state: State, request: Request) -> Any:
    """All receivers, secrets hidden."""
    wanted = request.one("name")
    return 200, [_shown(one) for one in state.contacts.values() if wanted in ("", one["name"])]


def post(state: State, request: Request) -> Any:
    """A new receiver."""
    body = _checked(request.body, {})
    uid = checked_uid(body.get("uid") or f"contact{next(state.ids)}")
    if uid in state.contacts:
        raise RefusalError(
            409,
            f"Receiver configuration with UID '{uid}' already exists",
            messageId="alerting.notifications.contact-points.uidInUse",
        )
    state.contacts[uid] = {**body, "uid": uid, "provenance": request.provenance}
    return 202, _shown(state.contacts[uid])


def put(state: State, request: Request, uid: str) -> Any:
    """A change. A secret that is sent as it was shown stays."""
    if uid not in state.contacts:
        raise RefusalError(404, "object not found")
    there = state.contacts[uid]
    body = _checked(request.body, there["settings"])
    if there["provenance"] not in ("", request.provenance):
        raise RefusalError(500, f"cannot change provenance from '{there['provenance']}' to '{request.provenance}'")
    if body["name"] != there["name"] and there["name"] in _named(state) and not _others(state, uid):
        raise RefusalError(409, "the stand-in lets nobody rename what is in use")
    state.contacts[uid] = {**body, "uid": uid, "provenance": request.provenance}
    return 202, {"message": "contactpoint updated"}


def delete(state: State, _: Request, uid: str) -> Any:
    """One less, unless something still goes to it."""
    if uid not in state.contacts:
        raise RefusalError(404, "object not found")
    if not _others(state, uid):
        if state.contacts[uid]["name"] in set(_routed(state.route)):
            raise RefusalError(
                409,
                "Contact point is currently referenced by a notification policy.",
                messageId="alerting.notifications.contact-points.referenced",
            )
        if state.contacts[uid]["name"] in rules.receivers(state):
            raise RefusalError(
                409, "Contact point is currently used in the notification settings of one or many alert rules."
            )
    del state.contacts[uid]
    return 202, {"message": "contactpoint deleted"}


def get_policies(state: State, _: Request) -> Any:
    """The tree."""
    return 200, {**state.route, "provenance": state.route_provenance}


def put_policies(state: State, request: Request) -> Any:
    """The whole tree."""
    change_of_provenance("update", state.route_provenance, request.provenance)
    state.route = _route(state, request.body, root=True)
    state.route_provenance = request.provenance
    return 202, {"message": "policies updated"}


def delete_policies(state: State, _: Request) -> Any:
    """Grafana's own tree again."""
    state.route, state.route_provenance = dict(DEFAULT_ROUTE), ""
    return 202, {"message": "policies reset"}


def timings_in_use(route: dict[str, Any]) -> Iterator[str]:
    """Names of mute timings in a tree."""
    for key in ("mute_time_intervals", "active_time_intervals"):
        yield from route.get(key, ())
    for inner in route.get("routes", ()):
        yield from timings_in_use(inner)


def _checked(given: Any, before: dict[str, Any]) -> dict[str, Any]:
    body = fields(given, uid=str, name=str, type=str, settings=dict, disableResolveMessage=bool, provenance=str)
    kind, settings = body.get("type", ""), copy.deepcopy(body.get("settings", {}))
    if not body.get("name") or kind not in NEEDED:
        raise RefusalError(400, f"invalid object specification: name is required and type {kind!r} must be known")
    for name, value in settings.items():
        if value == REDACTED:
            settings[name] = before.get(name, "")
    for one_of in NEEDED[kind]:
        if not any(settings.get(name) for name in one_of):
            raise RefusalError(400, f"invalid object specification: {kind}: {' or '.join(one_of)} is required")
    return {
        "name": body["name"],
        "type": kind,
        "settings": settings,
        "disableResolveMessage": body.get("disableResolveMessage", False),
        "uid": body.get("uid", ""),
    }


def _shown(contact: dict[str, Any]) -> dict[str, Any]:
    settings = {
        name: REDACTED if value and name in SECRET.get(contact["type"], ()) else value
        for name, value in contact["settings"].items()
    }
    return {**contact, "settings": settings}


def _others(state: State, uid: str) -> bool:
    """Whether another receiver has the same name."""
    return any(one["name"] == state.contacts[uid]["name"] and key != uid for key, one in state.contacts.items())


def _named(state: State) -> set[str]:
    return set(_routed(state.route)) | rules.receivers(state)


def _routed(route: dict[str, Any]) -> Iterator[str]:
    yield route.get("receiver", "")
    for inner in route.get("routes", ()):
        yield from _routed(inner)


def _route(state: State, given: Any, *, root: bool) -> dict[str, Any]:
    """A route, checked and as it is given back."""
    route = fields(
        given, receiver=str, group_by=list, object_matchers=list, mute_time_intervals=list, active_time_intervals=list, routes=list,
        group_wait=str, group_interval=str, repeat_interval=str, provenance=str, **{"continue": bool},
    )  # fmt: skip
    route.pop("provenance", None)
    if root and not route.get("receiver"):
        raise _wrong("root route must specify a default receiver")
    if root and any(
        route.get(key) for key in ("object_matchers", "mute_time_intervals", "active_time_intervals", "continue")
    ):
        raise _wrong("root route must not have matchers, mute time intervals or continue")
    if route.get("receiver") and route["receiver"] not in {one["name"] for one in state.contacts.values()}:
        raise _wrong(f"receiver '{route['receiver']}' does not exist")
    if len(set(route.get("group_by", ()))) != len(route.get("group_by", ())):
        raise _wrong("duplicated label in group_by")
    for one in route.get("object_matchers", ()):
        if not (
            isinstance(one, list)
            and len(one) == 3
            and one[1] in ("=", "!=", "=~", "!~")
            and all(isinstance(part, str) for part in one)
        ):
            raise _wrong(f"unsupported matcher {one}")
    missing = set(timings_in_use({**route, "routes": []})) - state.timings.keys()
    if missing:
        raise _wrong(f"mute time interval '{min(missing)}' does not exist")
    for key in ("group_wait", "group_interval", "repeat_interval"):
        if key in route:
            if key != "group_wait" and milliseconds(route[key]) == 0:
                raise _wrong(f"{key} cannot be zero")
            route[key] = written(route[key])
    if "routes" in route:
        route["routes"] = [_route(state, one, root=False) for one in route["routes"]]
    return route


def _wrong(reason: str) -> RefusalError:
    return RefusalError(400, f"invalid object specification: {reason}")
