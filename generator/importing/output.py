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
    taken: dict[tuple[str, str], str] = {}
    for place, entry in kept(directory, "dashboard"):
        folder = entry.get("folder") or settings.imports.folder
        content = place.read_bytes()
        uid, title = _names(content, str(place))
        # Grafana writes nothing any more to a folder in which two dashboards have the same uid or title.
        for key, what in ((("", uid), f"uid {uid!r}"), ((folder, title.casefold()), f"title {title!r}")):
            if key in taken:
                raise ImportsError(f"{place} has the {what} of {taken[key]}; give one of them another")
            taken[key] = str(place)
        folders.add(folder)
        found[f"grafana/{grafana.imported_place(folder)}/{place.name}"] = content
    if folders:
        found["grafana/provisioning/dashboards/imported.yaml"] = grafana.imported(folders)
    for place, _ in kept(directory, "rules"):
        found[f"prometheus/rules/imported-{place.name}"] = place.read_bytes()
    return found


def _names(content: bytes, place: str) -> tuple[str, str]:
    try:
        data: Any = orjson.loads(content)
    except ValueError as error:
        raise ImportsError(f"{place} is no JSON any more: {error}") from None
    uid, title = (data.get("uid"), data.get("title")) if isinstance(data, dict) else (None, None)
    if not isinstance(uid, str) or not uid or not isinstance(title, str) or not title:
        raise ImportsError(f"{place} is no dashboard with a uid and a title; import it again")
    return uid, title
