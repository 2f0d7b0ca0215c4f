"""Templates of notifications."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from generator.apply.connection import segment
from generator.apply.item import Found, Item
from generator.apply.kinds.kind import Kind, foreign, headers


class Templates(Kind):
    """Groups of templates by name."""

    name = "template"

    def fetch(self, keys: Collection[str]) -> dict[str, Found]:
        """From the list."""
        found = {}
        for one in self.api.find("/api/v1/provisioning/templates") or ():
            if one["name"] in keys:
                provenance = one.get("provenance") or ""
                found[one["name"]] = Found(one, one["name"], one.get("version"), provenance, foreign(provenance))
        return found

    def normal(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, Any]:  # noqa: ARG002
        """The text, without white space around it."""
        return {"template": str(content.get("template", "")).strip()}

    def create(self, item: Item) -> None:
        """A new one."""
        self._put(item, {}, headers("" if self.editable else "api"))

    def update(self, item: Item, found: Found) -> None:
        """Only over the version that was read, where Grafana numbers them."""
        self._put(item, {"version": found.version} if found.version else {}, headers(found.provenance))

    def _put(self, item: Item, version: Mapping[str, Any], header: Mapping[str, str]) -> None:
        path = f"/api/v1/provisioning/templates/{segment(item.key)}"
        self.api.send("PUT", path, {"template": item.content["template"], **version}, header)

    def delete(self, key: str, found: Found) -> None:
        """By name."""
        version = {"version": str(found.version)} if found.version else {}
        self.api.send(
            "DELETE", f"/api/v1/provisioning/templates/{segment(key)}", None, headers(found.provenance), **version
        )
