"""Folders, nested where a title path says so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from generator.apply.connection import segment
from generator.apply.error import ApplyError
from generator.apply.item import Found, Item
from generator.apply.kinds.kind import Kind
from generator.apply.normal.value import pruned


class Folders(Kind):
    """Folders by uid. One that still holds something is never removed, since what is in it would go with it."""

    name = "folder"

    def fetch(self, keys: Collection[str]) -> dict[str, Found]:
        """One request each: lists leave out who the parent is."""
        found = {}
        for key in sorted(keys):
            data = self.api.find(f"/api/folders/{segment(key)}")
            if data is not None:
                managed = (data.get("managedBy") or "") if isinstance(data.get("managedBy"), str) else ""
                locked = f"{managed} manages it" if managed else ""
                found[key] = Found(data, data.get("title", ""), data.get("version"), locked=locked)
        return found

    def normal(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, Any]:  # noqa: ARG002
        """Title and parent."""
        clean: dict[str, Any] = pruned({"title": content.get("title"), "parentUid": content.get("parentUid")})
        return clean

    def create(self, item: Item) -> None:
        """By its uid."""
        self.api.send("POST", "/api/folders", item.content)

    def update(self, item: Item, found: Found) -> None:
        """A new title is one request, a new parent another."""
        path = f"/api/folders/{segment(item.key)}"
        parent, version = item.content.get("parentUid") or "", found.version
        if parent != (found.content.get("parentUid") or ""):
            version = self.api.send("POST", f"{path}/move", {"parentUid": parent}).get("version")
        if item.content["title"] != found.content.get("title"):
            body = {"title": item.content["title"], "version": version, "overwrite": False}
            self.api.send("PUT", path, body)

    def delete(self, key: str, found: Found) -> None:  # noqa: ARG002
        """Only when nothing is in it."""
        path = f"/api/folders/{segment(key)}"
        counts = self.api.find(f"{path}/counts") or {}
        inside = [
            f"{number} {what}" for what, number in sorted(counts.items()) if isinstance(number, int) and number > 0
        ]
        if inside:
            raise ApplyError(f"it still holds {', '.join(inside)}; move them elsewhere, then apply again")
        self.api.send("DELETE", path, forceDeleteRules="false")
