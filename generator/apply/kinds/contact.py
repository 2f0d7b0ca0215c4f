"""Contact points: one object for each receiver in them. Secret settings do not come back."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from generator.apply.connection import segment
from generator.apply.item import Found, Item
from generator.apply.kinds.kind import Kind, foreign, headers
from generator.apply.normal.alerting import contact

REDACTED: Final = "[REDACTED]"
SECRET: Final = re.compile("url|token|secret|password|key|credential|certificate", re.IGNORECASE)
"""Names of settings that are never shown, beside those that Grafana itself hides: the address of a webhook is often a secret, too."""


class ContactPoints(Kind):
    """Receivers of contact points by uid."""

    name = "contact point"
    drops_secrets = True

    def fetch(self, keys: Collection[str]) -> dict[str, Found]:
        """From the list."""
        found = {}
        for one in self.api.find("/api/v1/provisioning/contact-points") or ():
            if one.get("uid") in keys:
                provenance = one.get("provenance") or ""
                secrets = {
                    name: None if value == REDACTED else str(value)
                    for name, value in _flat(one.get("settings") or {})
                    if value == REDACTED or SECRET.search(name)
                }
                found[one["uid"]] = Found(one, _title(one), None, provenance, foreign(provenance), secrets)
        return found

    def normal(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, Any]:
        """Without what is secret."""
        return contact({**content, "settings": _without(content.get("settings") or {}, set(hidden))})

    def secrets(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, str]:
        """Secret settings by name; one inside another has a dot in its name."""
        settings = _flat(content.get("settings") or {})
        return {name: str(value) for name, value in settings if name in hidden or SECRET.search(name)}

    def create(self, item: Item) -> None:
        """With a uid of ours."""
        self.api.send(
            "POST", "/api/v1/provisioning/contact-points", item.content, headers("" if self.editable else "api")
        )

    def update(self, item: Item, found: Found) -> None:
        """Secrets are sent with it."""
        path = f"/api/v1/provisioning/contact-points/{segment(item.key)}"
        self.api.send("PUT", path, item.content, headers(found.provenance))

    def delete(self, key: str, found: Found) -> None:
        """Grafana refuses while a policy or a rule uses it."""
        path = f"/api/v1/provisioning/contact-points/{segment(key)}"
        self.api.send("DELETE", path, None, headers(found.provenance))


def _title(content: Mapping[str, Any]) -> str:
    return f"{content.get('name', '')} ({content.get('type', '')})"


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        elif value not in (None, ""):
            yield f"{above}{key}", value


def _without(settings: Mapping[str, Any], names: Collection[str], above: str = "") -> dict[str, Any]:
    return {
        key: _without(value, names, f"{above}{key}.") if isinstance(value, Mapping) else value
        for key, value in settings.items()
        if f"{above}{key}" not in names and (isinstance(value, Mapping) or not SECRET.search(f"{above}{key}"))
    }
