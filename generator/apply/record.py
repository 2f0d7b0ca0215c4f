"""The mark of ownership: one dashboard of that Grafana lists what is ours, so everybody who applies from anywhere knows.

It is written before anything is made or taken over, so a run that is killed leaves nothing that the next one would take
for somebody else's. Its version is a lock: of two runs at the same time, one is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from generator.apply.connection import Api, segment
from generator.apply.error import ApplyError, RefusedError, UnsureError

VARIABLE: Final = "watchfloor_managed"
TAG: Final = "watchfloor-managed"
TRIES: Final = 3
Keys = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Record:
    """What is ours, as (kind, key); with the number and version of the dashboard that says so."""

    keys: Keys = frozenset()
    id: int | None = None
    version: int = 0
    board: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def of(self, kind: str) -> frozenset[str]:
        """The keys of one kind."""
        return frozenset(key for name, key in self.keys if name == kind)


def uid(owner: str) -> str:
    """Where the list of an owner is."""
    return f"{owner}-managed"


def read(api: Api, owner: str) -> Record:
    """The list; empty when nothing was ever applied."""
    data = api.find(f"/api/dashboards/uid/{segment(uid(owner))}")
    if data is None:
        return Record()
    board = data["dashboard"]
    try:
        variables = {one["name"]: one for one in board["templating"]["list"]}
        objects = json.loads(variables[VARIABLE]["query"])
        keys = frozenset((str(kind), str(key)) for kind, names in objects.items() for key in names)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ApplyError(
            f"the dashboard {uid(owner)} should list what is ours and does not; restore an older version of it,"
            " or delete it and apply with --adopt"
        ) from None
    return Record(keys, board.get("id"), int(board.get("version") or 0), board)


def write(api: Api, owner: str, old: Record, keys: Iterable[tuple[str, str]]) -> Record:
    """Replace the list; an empty one is removed."""
    new = frozenset(keys)
    for _ in range(TRIES):
        if new == old.keys:
            return old
        # After no answer one looks: the list may have been written.
        with suppress(UnsureError):
            _send(api, owner, old, new)
        old = read(api, owner)
    if old.keys != new:
        raise ApplyError(
            f"the dashboard {uid(owner)}, which lists what is ours, does not hold what was written; run again"
        )
    return old


def _send(api: Api, owner: str, old: Record, new: Keys) -> None:
    try:
        if new:
            board = _board(owner, new, old)
            body = {"dashboard": board, "folderUid": "", "overwrite": False, "message": "applied by watchfloor"}
            api.send("POST", "/api/dashboards/db", body)
        else:
            api.send("DELETE", f"/api/dashboards/uid/{segment(uid(owner))}")
    except RefusedError as error:
        if error.status in (409, 412):
            raise ApplyError(
                "another apply has changed the list of what is ours just now; wait for it, then run again"
            ) from None
        if new or error.status != 404:
            raise


def _board(owner: str, keys: Keys, old: Record) -> dict[str, Any]:
    objects: dict[str, list[str]] = {}
    for kind, key in sorted(keys):
        objects.setdefault(kind, []).append(key)
    lines = [
        f"`watchfloor apply` made these objects and looks after them under the name **{owner}**. Do not edit this list.",
        "",
    ]
    lines += [f"- {kind}: {len(names)}" for kind, names in objects.items()]
    text = json.dumps(objects, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    variable = {
        "name": VARIABLE, "type": "constant", "hide": 2, "skipUrlSync": True, "query": text,
        "current": {"text": text, "value": text}, "options": [],
    }  # fmt: skip
    panel = {
        "id": 1, "type": "text", "title": "What Watchfloor manages here", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 10},
        "options": {"mode": "markdown", "content": "\n".join(lines)}, "fieldConfig": {"defaults": {}, "overrides": []},
    }  # fmt: skip
    return {
        "id": old.id, "uid": uid(owner), "version": old.version, "title": f"Managed by Watchfloor ({owner})", "tags": [TAG],
        "schemaVersion": 42, "editable": False, "panels": [panel], "templating": {"list": [variable]}, "annotations": {"list": []},
        "time": {"from": "now-6h", "to": "now"},
    }  # fmt: skip
