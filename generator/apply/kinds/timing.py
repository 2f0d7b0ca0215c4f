"""Mute timings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from generator.apply.connection import segment
from generator.apply.item import Found, Item
from generator.apply.kinds.kind import Kind, foreign, headers
from generator.apply.normal.alerting import timing


class MuteTimings(Kind):
    """Mute timings by name."""

    name = "mute timing"

    def fetch(self, keys: Collection[str]) -> dict[str, Found]:
        """From the list."""
        found = {}
        for one in self.api.find("/api/v1/provisioning/mute-timings") or ():
            if one["name"] in keys:
                provenance = one.get("provenance") or ""
                found[one["name"]] = Found(one, one["name"], one.get("version"), provenance, foreign(provenance))
        return found

    def normal(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, Any]:  # noqa: ARG002
        """Name and times."""
        return timing(content)

    def create(self, item: Item) -> None:
        """A new one."""
        self.api.send(
            "POST", "/api/v1/provisioning/mute-timings", item.content, headers("" if self.editable else "api")
        )

    def update(self, item: Item, found: Found) -> None:
        """Only over the version that was read, where Grafana numbers them."""
        version = {"version": found.version} if found.version else {}
        path = f"/api/v1/provisioning/mute-timings/{segment(item.key)}"
        self.api.send("PUT", path, {**item.content, **version}, headers(found.provenance))

    def delete(self, key: str, found: Found) -> None:
        """Grafana refuses while a policy or a rule uses it."""
        version = {"version": str(found.version)} if found.version else {}
        path = f"/api/v1/provisioning/mute-timings/{segment(key)}"
        self.api.send("DELETE", path, None, headers(found.provenance), **version)
