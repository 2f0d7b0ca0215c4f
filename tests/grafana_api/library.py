"""/api/library-elements."""

from __future__ import annotations

from typing import Any

from tests.grafana_api import dashboards
from tests.grafana_api.answer import RefusalError, Request, checked_uid, fields
from tests.grafana_api.state import State


def get(state: State, _: Request, uid: str) -> Any:
    """One."""
    return 200, {"result": _there(state, uid)}


def post(state: State, request: Request) -> Any:
    """A new one."""
    body = fields(request.body, uid=str, name=str, kind=int, model=dict, folderUid=str)
    number = next(state.ids)
    uid = checked_uid(body.get("uid") or f"library{number}")
    if uid in state.library:
        raise RefusalError(400, "library element with that name or UID already exists")
    element = {"id": number, "orgId": request.org, "uid": uid, "version": 1, "meta": {"connectedDashboards": 0}}
    element |= _content(state, uid, body)
    state.library[uid] = element
    return 200, {"result": element}


def patch(state: State, request: Request, uid: str) -> Any:
    """A change of the version that was read."""
    body = fields(request.body, uid=str, name=str, kind=int, model=dict, folderUid=str, version=int)
    element = _there(state, uid)
    if body.get("uid", uid) != uid:
        raise RefusalError(400, "the stand-in lets no uid change")
    if body.get("version") != element["version"]:
        raise RefusalError(412, "the library element has been changed by someone else")
    element |= {**_content(state, uid, body), "version": element["version"] + 1}
    state.library[uid] = element
    return 200, {"result": element}


def delete(state: State, _: Request, uid: str) -> Any:
    """One less, unless a dashboard shows it."""
    _there(state, uid)
    if dashboards.connected(state, uid):
        raise RefusalError(403, "the library element has connections")
    del state.library[uid]
    return 200, {"message": "Library element deleted"}


def _content(state: State, uid: str, body: dict[str, Any]) -> dict[str, Any]:
    name, folder = body.get("name", ""), body.get("folderUid", "")
    if not name.strip() or body.get("kind") != 1:
        raise RefusalError(400, "bad request data: a name and kind 1 are required")
    if folder and folder not in state.folders:
        raise RefusalError(404, "folder not found")
    for other in state.library.values():
        if other["uid"] != uid and other["name"] == name and other["folderUid"] == folder:
            raise RefusalError(400, "library element with that name or UID already exists")
    model = {**body.get("model", {}), "libraryPanel": {"uid": uid, "name": name}}
    return {
        "name": name, "folderUid": folder, "kind": 1, "model": model, "type": model.get("type", ""),
        "description": model.get("description", ""),
    }  # fmt: skip


def _there(state: State, uid: str) -> dict[str, Any]:
    if uid not in state.library:
        raise RefusalError(404, "library element could not be found")
    return state.library[uid]
