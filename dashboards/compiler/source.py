"""References to data sources: always an object with a type and a uid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

BUILT_IN: Final = {
    "-- Grafana --": {"type": "grafana", "uid": "-- Grafana --"},
    "-- Mixed --": {"type": "datasource", "uid": "-- Mixed --"},
    "-- Dashboard --": {"type": "datasource", "uid": "-- Dashboard --"},
}


def reference(value: object, targets: Iterable[dict[str, Any]] = ()) -> dict[str, Any] | None:
    """The reference for an old data source name, a variable or a reference; None for the default one."""
    if isinstance(value, dict):
        return value or None
    if not isinstance(value, str) or value in ("", "default"):
        return None
    if value in BUILT_IN:
        return dict(BUILT_IN[value])
    if value.startswith("$") and not value.startswith("${"):
        value = "${" + value[1:].strip("[]") + "}"
    kind = {"type": "prometheus"} if any("expr" in target for target in targets) else {}
    return {**kind, "uid": value}
