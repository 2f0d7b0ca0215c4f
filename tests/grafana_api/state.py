"""What the stand-in keeps for one organisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

DEFAULT_ROUTE = {"receiver": "grafana-default-email", "group_by": ["grafana_folder", "alertname"]}


@dataclass
class State:
    """Objects by their keys, as they are given back."""

    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    source_secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    dashboard_folder: dict[str, str] = field(default_factory=dict)
    provisioned: set[str] = field(default_factory=set)
    library: dict[str, dict[str, Any]] = field(default_factory=dict)
    templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    timings: dict[str, dict[str, Any]] = field(default_factory=dict)
    contacts: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "default": {
                "uid": "default", "name": "grafana-default-email", "type": "email", "provenance": "",
                "settings": {"addresses": "<example@email.com>"}, "disableResolveMessage": False,
            }
        }
    )  # fmt: skip
    route: dict[str, Any] = field(default_factory=lambda: dict(DEFAULT_ROUTE))
    route_provenance: str = ""
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    intervals: dict[tuple[str, str], int] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    def dump(self) -> dict[str, Any]:
        """Everything, with numbers, versions and secrets."""
        return {
            **{
                name: getattr(self, name)
                for name in self.__dataclass_fields__
                if name not in ("ids", "intervals", "provisioned")
            },
            "intervals": {"/".join(key): value for key, value in self.intervals.items()},
            "provisioned": sorted(self.provisioned),
        }
