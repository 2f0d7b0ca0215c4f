"""Library panels, which provisioning files cannot carry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from generator.apply.connection import segment
from generator.apply.item import Found, Item
from generator.apply.kinds.kind import Kind
from generator.apply.normal.dashboard import panel
from generator.apply.normal.value import pruned

PANEL: Final = 1


class LibraryPanels(Kind):
    """Library panels by uid."""

    name = "library panel"

    def fetch(self, keys: Collection[str]) -> dict[str, Found]:
        """One request each."""
        found = {}
        for key in sorted(keys):
            data = self.api.find(f"/api/library-elements/{segment(key)}")
            if data is not None:
                element = data["result"]
                found[key] = Found(element, element.get("name", ""), element.get("version"))
        return found

    def normal(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, Any]:  # noqa: ARG002
        """Name, folder and panel."""
        model = panel(content.get("model") or {}, placed=False)
        clean: dict[str, Any] = pruned(
            {"name": content.get("name"), "folderUid": content.get("folderUid"), "model": model}
        )
        return clean

    def create(self, item: Item) -> None:
        """With a uid of ours."""
        self.api.send("POST", "/api/library-elements", {**item.content, "kind": PANEL})

    def update(self, item: Item, found: Found) -> None:
        """Only over the version that was read."""
        path = f"/api/library-elements/{segment(item.key)}"
        self.api.send("PATCH", path, {**item.content, "kind": PANEL, "version": found.version})

    def delete(self, key: str, found: Found) -> None:  # noqa: ARG002
        """Grafana refuses while a dashboard shows it."""
        self.api.send("DELETE", f"/api/library-elements/{segment(key)}")
