"""The tree of notification policies: one for the whole organisation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from generator.apply.item import Found, Item
from generator.apply.kinds.kind import Kind, foreign, headers
from generator.apply.normal.alerting import route

TREE: Final = "tree"
PATH: Final = "/api/v1/provisioning/policies"
FRESH: Final = {"receiver": "grafana-default-email", "group_by": ["alertname", "grafana_folder"]}
"""The tree of a Grafana in which nobody has set any policy."""


class Policies(Kind):
    """The one tree. A fresh Grafana's own counts as none."""

    name = "policies"

    def fetch(self, keys: Collection[str]) -> dict[str, Found]:
        """The tree, if anybody has made one."""
        data = self.api.find(PATH) if keys else None
        if data is None or route(data) in (FRESH, {"receiver": FRESH["receiver"]}):
            return {}
        provenance = data.get("provenance") or ""
        return {TREE: Found(data, "notification policies", None, provenance, foreign(provenance))}

    def normal(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, Any]:  # noqa: ARG002
        """The tree."""
        return route(content)

    def create(self, item: Item) -> None:
        """In the place of Grafana's own."""
        self.api.send("PUT", PATH, item.content, headers("" if self.editable else "api"))

    def update(self, item: Item, found: Found) -> None:
        """The whole tree at once; Grafana knows no parts."""
        self.api.send("PUT", PATH, item.content, headers(found.provenance))

    def delete(self, key: str, found: Found) -> None:  # noqa: ARG002
        """Back to Grafana's own."""
        self.api.send("DELETE", PATH, None, headers(found.provenance))
