"""/api/datasources."""

from __future__ import annotations

from typing import Any

from tests.grafana_api.answer import RefusalError, Request, checked_uid, fields
from tests.grafana_api.state import State

KNOWN: dict[str, type | tuple[type, ...]] = {
    "uid": str, "name": str, "type": str, "access": str, "url": str, "user": str, "database": str, "basicAuth": bool,
    "basicAuthUser": str, "withCredentials": bool, "isDefault": bool, "jsonData": dict, "secureJsonData": dict, "version": int,
    "orgId": int, "id": int,
}  # fmt: skip
EMPTY: dict[str, Any] = {
    "access": "proxy", "url": "", "user": "", "database": "", "basicAuth": False, "basicAuthUser": "", "withCredentials": False,
    "isDefault": False, "jsonData": {},
}  # fmt: skip


def listed(state: State, _: Request) -> Any:
    """All, without what is secret about them."""
    return 200, [
        {key: value for key, value in one.items() if key != "secureJsonFields"} for one in state.sources.values()
    ]


def get(state: State, _: Request, uid: str) -> Any:
    """One."""
    return 200, _there(state, uid)


def post(state: State, request: Request) -> Any:
    """A new one."""
    body = fields(request.body, **KNOWN)
    number = next(state.ids)
    uid = checked_uid(body.get("uid") or f"source{number}")
    if not body.get("name") or not body.get("type"):
        raise RefusalError(400, "bad request data: name and type are required")
    if uid in state.sources:
        raise RefusalError(409, "data source with the same uid already exists")
    _named(state, uid, body["name"])
    state.sources[uid] = {
        "id": number,
        "uid": uid,
        "orgId": request.org,
        "typeLogoUrl": "",
        "readOnly": False,
        "version": 1,
    }
    _fill(state, uid, body)
    return 200, {"id": number, "message": "Datasource added", "name": body["name"], "datasource": state.sources[uid]}


def put(state: State, request: Request, uid: str) -> Any:
    """A change. A secret that is not given stays."""
    body = fields(request.body, **KNOWN)
    source = _there(state, uid)
    if source["readOnly"]:
        raise RefusalError(403, "Cannot update read-only data source")
    if not body.get("name") or not body.get("type"):
        raise RefusalError(400, "bad request data: name and type are required")
    if body.get("version", 0) and body["version"] < source["version"]:
        raise RefusalError(409, "Datasource has already been updated by someone else. Please reload and try again")
    _named(state, uid, body["name"])
    source["version"] += 1
    _fill(state, uid, body)
    return 200, {"id": source["id"], "message": "Datasource updated", "name": body["name"], "datasource": source}


def delete(state: State, _: Request, uid: str) -> Any:
    """One less."""
    if _there(state, uid)["readOnly"]:
        raise RefusalError(403, "Cannot delete read-only data source")
    number = state.sources.pop(uid)["id"]
    state.source_secrets.pop(uid, None)
    return 200, {"message": "Data source deleted", "id": number}


def _fill(state: State, uid: str, body: dict[str, Any]) -> None:
    secrets = state.source_secrets.setdefault(uid, {})
    secrets.update({key: value for key, value in body.get("secureJsonData", {}).items() if value})
    plain = {key: body.get(key, default) for key, default in EMPTY.items()}
    state.sources[uid].update(
        name=body["name"], type=body["type"], **plain, secureJsonFields=dict.fromkeys(secrets, True)
    )
    if plain["isDefault"]:
        for other in state.sources.values():
            other["isDefault"] = other["uid"] == uid


def _there(state: State, uid: str) -> dict[str, Any]:
    if uid not in state.sources:
        raise RefusalError(404, "Data source not found")
    return state.sources[uid]


def _named(state: State, uid: str, name: str) -> None:
    if any(one["name"] == name and one["uid"] != uid for one in state.sources.values()):
        raise RefusalError(409, "data source with the same name already exists")
