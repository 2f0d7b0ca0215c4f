"""What was imported as generated files, beside our own and apart from them."""

from __future__ import annotations

from typing import Any

import orjson

from exporter.settings import Settings
from generator.importing.record import ImportsError
from generator.importing.store import kept
from provisioning import grafana


def files(settings: Settings) -> dict[str, bytes]:
    """Path below the output directory, and content, of each imported file."""
    directory = settings.imports.directory
    found: dict[str, bytes] = {}
    folders: set[str] = set()
    uids: dict[str, str] = {}
    for place, entry in kept(directory, "dashboard"):
        folder = entry.get("folder") or settings.imports.folder
        content = place.read_bytes()
        uid = _uid(content, str(place))
        if uid in uids:
            raise ImportsError(f"{place} has the uid {uid!r} of {uids[uid]}; give one of them another")
        uids[uid] = str(place)
        folders.add(folder)
        found[f"grafana/{grafana.imported_place(folder)}/{place.name}"] = content
    if folders:
        found["grafana/provisioning/dashboards/imported.yaml"] = grafana.imported(folders)
    for place, _ in kept(directory, "rules"):
        found[f"prometheus/rules/imported-{place.name}"] = place.read_bytes()
    return found


def _uid(content: bytes, place: str) -> str:
    try:
        data: Any = orjson.loads(content)
    except ValueError as error:
        raise ImportsError(f"{place} is no JSON any more: {error}") from None
    uid = data.get("uid") if isinstance(data, dict) else None
    if not isinstance(uid, str) or not uid:
        raise ImportsError(f"{place} is no dashboard with a uid; import it again")
    return uid
