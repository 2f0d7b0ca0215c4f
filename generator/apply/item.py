"""One object on either side: as the files want it, and as Grafana has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """What should be in Grafana; `content` is what is sent, secrets included."""

    kind: str
    key: str
    title: str
    content: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What is in Grafana. `locked` says why the API cannot change it; a secret that Grafana does not show is None."""

    content: Mapping[str, Any] = field(repr=False)
    title: str = ""
    version: Any = None
    provenance: str = ""
    locked: str = ""
    secrets: Mapping[str, str | None] = field(default_factory=dict, repr=False)
