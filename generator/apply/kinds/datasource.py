"""Data sources. Secrets are sent and never come back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from generator.apply.connection import segment
from generator.apply.item import Found, Item
from generator.apply.kinds.kind import Kind
from generator.apply.normal.value import lean, pruned

KEYS: Final = (
    "name", "type", "access", "url", "user", "database", "basicAuth", "basicAuthUser", "withCredentials", "isDefault", "jsonData",
)  # fmt: skip
DEFAULTS: Final = {"access": "proxy", "basicAuth": False, "withCredentials": False, "isDefault": False}
OLD_TYPES: Final = {"postgres": "grafana-postgresql-datasource"}


class DataSources(Kind):
    """Data sources by uid."""

    name = "data source"

    def fetch(self, keys: Collection[str]) -> dict[str, Found]:
        """One request each: the list leaves out which secrets are set."""
        found = {}
        for key in sorted(keys):
            data = self.api.find(f"/api/datasources/uid/{segment(key)}")
            if data is not None:
                locked = "it was made by a provisioning file; remove it there first" if data.get("readOnly") else ""
                secrets = {name: None for name, there in (data.get("secureJsonFields") or {}).items() if there}
                found[key] = Found(data, data.get("name", ""), data.get("version"), locked=locked, secrets=secrets)
        return found

    def normal(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, Any]:  # noqa: ARG002
        """What can be read back."""
        kept = lean({key: content[key] for key in KEYS if key in content}, DEFAULTS)
        kept["type"] = OLD_TYPES.get(str(kept.get("type")), kept.get("type"))
        clean: dict[str, Any] = pruned(kept)
        return clean

    def secrets(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, str]:  # noqa: ARG002
        """What is sent as secureJsonData."""
        return {str(key): str(value) for key, value in (content.get("secureJsonData") or {}).items()}

    def create(self, item: Item) -> None:
        """With a uid of ours."""
        self.api.send("POST", "/api/datasources", item.content)

    def update(self, item: Item, found: Found) -> None:
        """Secrets that are not sent stay as they are; an older version than Grafana's is refused."""
        self.api.send("PUT", f"/api/datasources/uid/{segment(item.key)}", {**item.content, "version": found.version})

    def delete(self, key: str, found: Found) -> None:  # noqa: ARG002
        """By uid."""
        self.api.send("DELETE", f"/api/datasources/uid/{segment(key)}")

    def conflicts(self, items: Mapping[str, Item], owned: Collection[str]) -> dict[str, str]:  # noqa: ARG002
        """A name can be taken once."""
        names = {one["name"]: one["uid"] for one in self.api.get("/api/datasources")}
        return {
            key: f"another data source has this name, with the uid {names[item.title]}; rename or remove that one"
            for key, item in items.items()
            if names.get(item.title, key) != key and names[item.title] not in items
        }

    def other_default(self, keys: Collection[str]) -> str | None:
        """Name of a default data source that is not among the keys."""
        for one in self.api.get("/api/datasources"):
            if one.get("isDefault") and one["uid"] not in keys:
                return str(one["name"])
        return None
