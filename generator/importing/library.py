"""Library panels: those that came with the dashboard take the place of the references to them; file provisioning knows none."""

from __future__ import annotations

from copy import deepcopy

from dashboards.compiler.read import mapping, mappings, panels, text
from generator.importing.record import Json


def inline(data: Json, changes: list[str], attention: list[str]) -> None:
    """Write the panels of `__elements` where they are shown, in place."""
    elements = _elements(data.pop("__elements", None))
    for panel in panels(data):
        reference = panel.get("libraryPanel")
        if not isinstance(reference, dict):
            continue
        name, uid = text(reference.get("name")), text(reference.get("uid"))
        model = elements.get(uid) or mapping(reference.get("model"))
        if model:
            own: Json = {
                key: panel[key] for key in ("id", "gridPos", "repeat", "repeatDirection", "maxPerRow") if key in panel
            }
            title = panel.get("title") or model.get("title")
            panel.clear()
            panel.update({**deepcopy(model), **own, **({"title": title} if title else {})})
            panel.pop("libraryPanel", None)
            changes.append(f"library panel {name or uid!r} stands in the dashboard itself")
        else:
            what = name or uid or "without a name"
            attention.append(
                f"library panel {what!r} is not in the file; the panel shows it only where a library has it as {uid!r}"
            )


def _elements(value: object) -> dict[str, Json]:
    """The models of library panels by uid, from a list or a mapping."""
    items = list(value.values()) if isinstance(value, dict) else value
    return {
        text(one.get("uid")): mapping(one.get("model")) for one in mappings(items) if isinstance(one.get("model"), dict)
    }
