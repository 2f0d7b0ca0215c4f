"""Dashboards that anybody can import into any Grafana by hand: it asks which data sources stand for ours."""

from __future__ import annotations

import json
from typing import Any, Final

from exporter.settings import Settings
from provisioning.document import document
from provisioning.grafana import POSTGRES_UID, PROMETHEUS_UID

GRAFANA: Final = "11.0.0"
"""The oldest Grafana that our panels are written for."""

SOURCES: Final = {
    PROMETHEUS_UID: ("DS_PROMETHEUS", "prometheus", "Prometheus"),
    POSTGRES_UID: ("DS_POSTGRES", "grafana-postgresql-datasource", "PostgreSQL"),
}
"""Name of the input, plugin and its name, for each data source of ours."""


def build(settings: Settings) -> dict[str, bytes]:
    """The dashboards with `__inputs`, and the rule files that they go with."""
    import dashboards
    from generator.generate import rules

    files = {f"portable/dashboards/{name}": portable(data) for name, data in dashboards.build(settings).items()}
    files |= {f"portable/rules/{name}.yml": document(content) for name, content in rules(settings).items()}
    return dict(sorted(files.items()))


def portable(data: bytes) -> bytes:
    """A dashboard as Grafana's own export for sharing writes it."""
    board: dict[str, Any] = json.loads(data)
    used: set[str] = set()
    board = _replaced(board, used)
    inputs = [
        {"name": name, "label": label, "description": "", "type": "datasource", "pluginId": plugin, "pluginName": label}
        for uid, (name, plugin, label) in SOURCES.items()
        if uid in used
    ]
    kinds = sorted({panel["type"] for panel in _panels(board) if panel["type"] != "row"})
    requires = [
        {"type": "grafana", "id": "grafana", "name": "Grafana", "version": GRAFANA},
        *({"type": "datasource", "id": one["pluginId"], "name": one["pluginName"], "version": "1.0.0"} for one in inputs),
        *({"type": "panel", "id": kind, "name": kind, "version": ""} for kind in kinds),
    ]  # fmt: skip
    content = {"__inputs": inputs, "__elements": {}, "__requires": requires, **board, "id": None, "editable": True}
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _replaced(value: Any, used: set[str]) -> Any:
    """The same with inputs in the place of our data sources."""
    if isinstance(value, dict):
        return {key: _replaced(inner, used) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, used) for inner in value]
    if isinstance(value, str) and value in SOURCES:
        used.add(value)
        return f"${{{SOURCES[value][0]}}}"
    return value


def _panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    return [inner for panel in board["panels"] for inner in (panel, *panel.get("panels", ()))]
