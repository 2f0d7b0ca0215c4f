"""Dashboards."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from generator.apply.connection import Api, segment
from generator.apply.item import Found, Item
from generator.apply.kinds.kind import Kind
from generator.apply.normal import dashboard as form
from generator.apply.normal.value import pruned

PAGE: Final = 1000
READERS: Final = 4
MESSAGE: Final = "applied by watchfloor"


class Dashboards(Kind):
    """Dashboards by uid; the content is the dashboard and its folder."""

    name = "dashboard"

    def fetch(self, keys: Collection[str]) -> dict[str, Found]:
        """Those that the search knows are read, a few at a time; one alone is read at once."""
        wanted = sorted(keys) if len(keys) <= 1 else sorted(set(keys) & set(listed(self.api)))
        with ThreadPoolExecutor(READERS) as readers:
            found = dict(zip(wanted, readers.map(self._read, wanted), strict=True))
        return {key: one for key, one in found.items() if one is not None}

    def _read(self, key: str) -> Found | None:
        data = self.api.find(f"/api/dashboards/uid/{segment(key)}")
        if data is None:
            return None
        meta, board = data.get("meta") or {}, data.get("dashboard") or {}
        locked = "it was made by a provisioning file; remove it there first" if meta.get("provisioned") else ""
        content = {"dashboard": board, "folderUid": meta.get("folderUid") or ""}
        return Found(content, board.get("title", ""), board.get("version"), locked=locked)

    def normal(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, Any]:  # noqa: ARG002
        """Folder and dashboard."""
        clean: dict[str, Any] = pruned({
            "folderUid": content.get("folderUid"), "dashboard": form.dashboard(content["dashboard"]),
        })  # fmt: skip
        return clean

    def create(self, item: Item) -> None:
        """As a new one; Grafana refuses it when the uid is there already."""
        self._save(item, {"id": None, "version": 0})

    def update(self, item: Item, found: Found) -> None:
        """Only over the version that was read."""
        self._save(item, {"id": found.content["dashboard"].get("id"), "version": found.version})

    def _save(self, item: Item, numbers: Mapping[str, Any]) -> None:
        body = {
            "dashboard": {**item.content["dashboard"], **numbers},
            "folderUid": item.content["folderUid"],
            "overwrite": False,
            "message": MESSAGE,
        }
        self.api.send("POST", "/api/dashboards/db", body)

    def delete(self, key: str, found: Found) -> None:  # noqa: ARG002
        """By uid."""
        self.api.send("DELETE", f"/api/dashboards/uid/{segment(key)}")

    def strays(self, folders: Collection[str]) -> dict[str, str]:
        """All dashboards of the folders."""
        return {uid: title for folder in sorted(folders) for uid, title in listed(self.api, folderUIDs=folder).items()}


def listed(api: Api, **parameters: str) -> dict[str, str]:
    """Every dashboard by uid, with its title."""
    result: dict[str, str] = {}
    page = 1
    while True:
        batch = api.get("/api/search", type="dash-db", limit=PAGE, page=page, **parameters) or []
        fresh = {one["uid"]: one.get("title", "") for one in batch} if batch else {}
        if not fresh or fresh.keys() <= result.keys():
            return result
        result |= fresh
        if len(batch) < PAGE:
            return result
        page += 1
