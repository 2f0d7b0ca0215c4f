"""Dashboards and panels in one form: what Grafana numbers, remembers or fills in by itself is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.apply.normal import defaults
from generator.apply.normal.value import lean, pruned, without


def dashboard(data: Mapping[str, Any]) -> dict[str, Any]:
    """A whole dashboard."""
    kept = without(data, "id", "version", "iteration", "schemaVersion", "gnetId", "panels", "templating", "annotations")
    result = lean(kept, defaults.DASHBOARD)
    result["panels"] = [panel(one) for one in data.get("panels") or () if isinstance(one, Mapping)]
    result["templating"] = {"list": [_variable(one) for one in _items(data, "templating")]}
    result["annotations"] = {"list": [one for one in _items(data, "annotations") if not _built_in(one)]}
    clean: dict[str, Any] = pruned(result)
    return clean


def panel(data: Mapping[str, Any], *, placed: bool = True) -> dict[str, Any]:
    """A panel; one of the library has no place and no number of its own."""
    kind = str(data.get("type", ""))
    result = lean(
        without(data, "pluginVersion", *(() if placed else ("id", "gridPos", "libraryPanel"))), defaults.PANEL
    )
    library = result.get("libraryPanel")
    if isinstance(library, Mapping):
        # Its name and look are the library's; the dashboard keeps a copy that may be old.
        return {key: result[key] for key in ("id", "gridPos", "title") if key in result} | {
            "libraryPanel": {"uid": library.get("uid")}
        }
    if isinstance(result.get("options"), Mapping):
        result["options"] = lean(pruned(result["options"]), defaults.OPTIONS.get(kind, {}))
    if isinstance(result.get("fieldConfig"), Mapping):
        result["fieldConfig"] = _fields(result["fieldConfig"], kind)
    if isinstance(result.get("targets"), list):
        result["targets"] = [_target(one, result) for one in result["targets"] if isinstance(one, Mapping)]
    if isinstance(result.get("panels"), list):
        result["panels"] = [panel(one) for one in result["panels"] if isinstance(one, Mapping)]
    clean: dict[str, Any] = pruned(result)
    return clean


def _fields(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    inner = config.get("defaults")
    if not isinstance(inner, Mapping):
        return dict(config)
    colour = {"mode": "palette-classic" if kind in defaults.PALETTE else "thresholds"}
    chosen = lean(pruned(inner), {"custom": defaults.CUSTOM.get(kind, {}), "color": colour, "fieldMinMax": False})
    return {**config, "defaults": chosen}


def _target(target: Mapping[str, Any], owner: Mapping[str, Any]) -> dict[str, Any]:
    """A query. Grafana asks for a range unless only an instant is wanted."""
    result = lean(without(target, "editorMode", "requestId", "key"), defaults.TARGET)
    if result.get("range") is False or (result.get("range") is True and not result.get("instant")):
        del result["range"]
    if "datasource" in result and result["datasource"] == owner.get("datasource"):
        del result["datasource"]
    return result


def _variable(variable: Mapping[str, Any]) -> dict[str, Any]:
    """A variable; what a query found last time is no part of it."""
    kind = variable.get("type")
    result = lean(variable, defaults.VARIABLE)
    if kind in ("query", "adhoc"):
        result = without(result, "current", "options", "definition")
    if kind in ("custom", "interval", "textbox", "datasource", "constant"):
        result = without(result, "options")
    if isinstance(result.get("current"), Mapping):
        result["current"] = without(result["current"], "selected", "tags", "isNone")
    return result


def _items(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    holder = data.get(key)
    items = holder.get("list") if isinstance(holder, Mapping) else None
    return [one for one in items if isinstance(one, Mapping)] if isinstance(items, list) else []


def _built_in(annotation: Mapping[str, Any]) -> bool:
    """Grafana's own annotations, which it adds to every dashboard that it saves."""
    return bool(annotation.get("builtIn")) and annotation.get("enable") is not False
