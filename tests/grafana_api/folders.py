"""/api/folders."""

from __future__ import annotations

from typing import Any

from tests.grafana_api.answer import RefusalError, Request, checked_uid, fields
from tests.grafana_api.state import State

DEPTH = 4


def get(state: State, _: Request, uid: str) -> Any:
    """One folder."""
    return 200, _there(state, uid)


def post(state: State, request: Request) -> Any:
    """A new folder."""
    body = fields(request.body, uid=str, title=str, parentUid=str, description=str)
    number = next(state.ids)
    uid = checked_uid(body.get("uid") or f"folder{number}")
    parent = body.get("parentUid", "")
    _titled(state, uid, body.get("title", ""), parent)
    if uid in state.folders:
        raise RefusalError(409, "a folder with that uid already exists")
    if parent:
        _there(state, parent)
        if _depth(state, parent) >= DEPTH:
            raise RefusalError(400, "Maximum nested folder depth reached", messageId="folder.maximum-depth-reached")
    folder = {
        "id": number, "uid": uid, "orgId": request.org, "title": body["title"], "url": f"/dashboards/f/{uid}/x", "hasAcl": False,
        "canSave": True, "canEdit": True, "canAdmin": True, "canDelete": True, "version": 1,
        **({"parentUid": parent} if parent else {}),
    }  # fmt: skip
    state.folders[uid] = folder
    return 200, folder


def put(state: State, request: Request, uid: str) -> Any:
    """A new title."""
    body = fields(request.body, title=str, version=int, overwrite=bool, description=str)
    folder = _there(state, uid)
    if not body.get("overwrite") and body.get("version") != folder["version"]:
        raise RefusalError(412, "The folder has been changed by someone else", status="version-mismatch")
    _titled(state, uid, body.get("title", ""), folder.get("parentUid", ""))
    folder.update(title=body["title"], version=folder["version"] + 1)
    return 200, folder


def move(state: State, request: Request, uid: str) -> Any:
    """A new parent."""
    parent = fields(request.body, parentUid=str).get("parentUid", "")
    folder = _there(state, uid)
    _titled(state, uid, folder["title"], parent)
    folder.pop("parentUid", None)
    if parent:
        _there(state, parent)
        folder["parentUid"] = parent
    folder["version"] += 1
    return 200, folder


def counts(state: State, _: Request, uid: str) -> Any:
    """How much is in a folder and below it."""
    _there(state, uid)
    below = _below(state, uid)
    return 200, {
        "folder": len(below) - 1,
        "dashboard": sum(folder in below for folder in state.dashboard_folder.values()),
        "librarypanel": sum(one["folderUid"] in below for one in state.library.values()),
        "alertrule": sum(rule["folderUID"] in below for rule in state.rules.values()),
    }


def delete(state: State, request: Request, uid: str) -> Any:
    """A folder with everything in it; with alert rules only when that is asked for."""
    folder = _there(state, uid)
    below = _below(state, uid)
    rules = [key for key, rule in state.rules.items() if rule["folderUID"] in below]
    if rules and request.one("forceDeleteRules", "false") != "true":
        raise RefusalError(
            400, "folder cannot be deleted: folder is not empty", messageId="folder.contains-alert-rules"
        )
    for key in rules:
        del state.rules[key]
    for key in [key for key, where in state.dashboard_folder.items() if where in below]:
        del state.dashboards[key], state.dashboard_folder[key]
    for key in [key for key, one in state.library.items() if one["folderUid"] in below]:
        del state.library[key]
    for key in below:
        del state.folders[key]
    return 200, {"message": f"Folder {folder['title']} deleted", "id": folder["id"], "title": folder["title"]}


def _there(state: State, uid: str) -> dict[str, Any]:
    if uid not in state.folders:
        raise RefusalError(404, "folder not found", status="not-found")
    return state.folders[uid]


def _titled(state: State, uid: str, title: str, parent: str) -> None:
    if not title.strip():
        raise RefusalError(400, "folder title cannot be empty")
    for other in state.folders.values():
        if other["uid"] != uid and other["title"] == title and other.get("parentUid", "") == parent:
            raise RefusalError(409, "a folder with the same name already exists in the current location")


def _depth(state: State, uid: str) -> int:
    parent = state.folders[uid].get("parentUid")
    return 1 + (_depth(state, parent) if parent else 0)


def _below(state: State, uid: str) -> set[str]:
    inside = {uid}
    for other, folder in state.folders.items():
        if folder.get("parentUid") == uid:
            inside |= _below(state, other)
    return inside
