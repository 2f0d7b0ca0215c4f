"""What every kind of object can do: be found, compared, made, changed and removed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar

from generator.apply.connection import Api
from generator.apply.item import Found, Item


class Kind(ABC):
    """One kind of object, by one connection. `editable` lets people change new alerting objects in Grafana."""

    name: ClassVar[str]
    drops_secrets: ClassVar[bool] = False
    """Whether a secret that is not sent with a change is gone after it."""

    def __init__(self, api: Api, *, editable: bool = False) -> None:
        self.api = api
        self.editable = editable

    @abstractmethod
    def fetch(self, keys: Collection[str]) -> dict[str, Found]:
        """Those of the objects that are there."""

    @abstractmethod
    def normal(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, Any]:
        """The content as it is compared, without secrets; `hidden` names secrets that Grafana knows as such."""

    @abstractmethod
    def create(self, item: Item) -> None:
        """Make the object."""

    @abstractmethod
    def update(self, item: Item, found: Found) -> None:
        """Change the object from what was found; fails when somebody has changed it since, where Grafana can tell."""

    @abstractmethod
    def delete(self, key: str, found: Found) -> None:
        """Remove the object."""

    def secrets(self, content: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, str]:  # noqa: ARG002
        """Secrets of the content by name."""
        return {}

    def conflicts(self, items: Mapping[str, Item], owned: Collection[str]) -> dict[str, str]:  # noqa: ARG002
        """Why an item cannot be applied because of an object of others with another key."""
        return {}

    def strays(self, folders: Collection[str]) -> dict[str, str]:  # noqa: ARG002
        """Keys and titles of what is in folders."""
        return {}


def foreign(provenance: str) -> str:
    """Why an alerting object cannot be changed; empty when it can."""
    if provenance in ("", "api"):
        return ""
    source = "a provisioning file" if "file" in provenance else provenance
    return f"it was made by {source}, and Grafana lets only that change it; remove it there first"


def headers(provenance: str) -> dict[str, str]:
    """Grafana refuses a change that would alter the provenance, so a change tells the one that is there."""
    return {} if provenance else {"X-Disable-Provenance": "true"}
