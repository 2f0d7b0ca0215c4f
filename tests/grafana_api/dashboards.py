"""/api/dashboards and /api/search."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from tests.grafana_api.answer import RefusalError, Request, checked_uid, fields
from tests.grafana_api.state import State


def get(state: State, _: Request, uid: str) -> Any:
    """One dashboard and what Grafana knows of it."""
    board = _there(state, uid)
    folder = state.dashboard_folder[uid]
    title = state.folders[folder]["title"] if folder else "General"
    meta = {
        "type": "db", "canSave": True, "slug": "x", "url": f"/d/{uid}/x", "version": board["version"], "isFolder": False,
        "folderUid": folder, "folderTitle": title, "provisioned": uid in state.provisioned, "provisionedExternalId": "",
    }  # fmt: skip
    return 200, {"meta": meta, "dashboard": board}


def save(state: State, request: Request) -> Any:
    """A new or a changed dashboard, stored as it is but for its number and version."""
    body = fields(request.body, dashboard=dict, folderUid=str, folderId=int, overwrite=bool, message=str, isFolder=bool)
    board = copy.deepcopy(body.get("dashboard", {}))
    if not isinstance(board.get("title"), str) or not board["title"].strip():
        raise RefusalError(400, "Dashboard title cannot be empty", status="empty-name")
    if "spec" in board or "elements" in board:
        raise RefusalError(400, "the dashboard is not of the classic schema")
    folder = body.get("folderUid", "")
    if folder and folder not in state.folders:
        raise RefusalError(400, "folder not found", status="not-found")
    there = _existing(state, board)
    uid = checked_uid(board.get("uid") or f"board{next(state.ids)}")
    if uid in state.provisioned:
        raise RefusalError(400, "Cannot save provisioned dashboard")
    if there is not None and not body.get("overwrite") and board.get("version") != there["version"]:
        raise RefusalError(412, "The dashboard has been changed by someone else", status="version-mismatch")
    _titled(state, uid, board["title"], folder)
    missing = set(_library(board)) - state.library.keys()
    if missing:
        raise RefusalError(404, "library element could not be found")
    version = there["version"] + 1 if there is not None else 1
    board.update(uid=uid, id=there["id"] if there is not None else next(state.ids), version=version)
    state.dashboards[uid] = board
    state.dashboard_folder[uid] = folder
    return 200, {
        "id": board["id"], "uid": uid, "status": "success", "version": board["version"], "slug": "x", "url": f"/d/{uid}/x", "folderUid": folder,
    }  # fmt: skip


def delete(state: State, _: Request, uid: str) -> Any:
    """One less."""
    board = _there(state, uid)
    if uid in state.provisioned:
        raise RefusalError(400, "provisioned dashboard cannot be deleted")
    del state.dashboards[uid], state.dashboard_folder[uid]
    return 200, {"title": board["title"], "message": f"Dashboard {board['title']} deleted", "uid": uid}


def search(state: State, request: Request) -> Any:
    """Dashboards, a page at a time."""
    limit, page = int(request.one("limit", "1000")), int(request.one("page", "1"))
    if limit > 5000:
        raise RefusalError(422, "limit is above maximum allowed (5000), use page parameter to access hits beyond limit")
    if request.one("type", "dash-db") != "dash-db":
        raise RefusalError(400, "the stand-in searches dashboards only")
    wanted = request.query.get("folderUIDs")
    hits = [
        {"id": board["id"], "uid": uid, "title": board["title"], "type": "dash-db", "tags": board.get("tags") or []}
        for uid, board in sorted(state.dashboards.items(), key=lambda one: str(one[1]["title"]))
        if wanted is None or (state.dashboard_folder[uid] or "general") in wanted
    ]
    return 200, hits[(page - 1) * limit : page * limit]


def connected(state: State, uid: str) -> bool:
    """Whether a dashboard shows a library panel."""
    return any(uid in _library(board) for board in state.dashboards.values())


def _library(board: dict[str, Any]) -> Iterator[str]:
    panels = list(board.get("panels") or ())
    for panel in panels:
        panels += panel.get("panels") or ()
        if "libraryPanel" in panel:
            yield panel["libraryPanel"].get("uid", "")


def _existing(state: State, board: dict[str, Any]) -> dict[str, Any] | None:
    number, uid = board.get("id"), board.get("uid")
    by_number = next((one for one in state.dashboards.values() if number and one["id"] == number), None)
    if number and by_number is None:
        raise RefusalError(404, "Dashboard not found", status="not-found")
    by_uid = state.dashboards.get(uid) if uid else None
    if by_number is not None and by_uid is not None and by_number is not by_uid:
        raise RefusalError(400, "A dashboard with the same uid already exists")
    return by_number or by_uid


def _titled(state: State, uid: str, title: str, folder: str) -> None:
    for other, board in state.dashboards.items():
        if other != uid and board["title"] == title and state.dashboard_folder[other] == folder:
            raise RefusalError(412, "A dashboard with the same name in the folder already exists", status="name-exists")


def _there(state: State, uid: str) -> dict[str, Any]:
    if uid not in state.dashboards:
        raise RefusalError(404, "Dashboard not found")
    return state.dashboards[uid]
