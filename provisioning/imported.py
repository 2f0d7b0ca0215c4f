"""Branches of imported Alertmanager configurations, as the import left them, for our own configuration to take."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from exporter.settings import Settings, SettingsError

LABEL: Final = "watchfloor"
VALUE: Final = "imported"
MATCHER: Final = f'{LABEL}="{VALUE}"'
"""What the alerts of imported rules have and ours have not."""
PARTS: Final = ("receivers", "inhibit_rules", "time_intervals")


PLACES: Final = ("dashboards/*.json", "rules/*.yml", "alertmanager/*.yml", "index.json")


def kept(settings: Settings) -> dict[str, bytes]:
    """Every file that was imported, by its path below `imports.directory`."""
    folder = settings.imports.directory
    found = [place for pattern in PLACES for place in sorted(folder.glob(pattern)) if place.is_file()]
    return {place.relative_to(folder).as_posix(): place.read_bytes() for place in found}


def branches(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """The routes, receivers, inhibitions and time intervals of all imported configurations."""
    found: dict[str, list[dict[str, Any]]] = {"routes": [], **{part: [] for part in PARTS}}
    folder = settings.imports.directory / "alertmanager"
    if not folder.is_dir():
        return found
    for place in sorted(folder.glob("*.yml")):
        data = _read(place)
        found["routes"].append(data["route"])
        for part in PARTS:
            found[part] += data.get(part, [])
    for route in found["routes"][:-1]:
        # Every configuration sees every alert; after the last one nothing of ours does.
        route["continue"] = True
    return found


def _read(place: Path) -> dict[str, Any]:
    import yaml

    try:
        data = yaml.safe_load(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SettingsError(f"{place} cannot be read any more ({type(error).__name__}); import it again") from None
    if not isinstance(data, dict) or not isinstance(data.get("route"), dict):
        raise SettingsError(f"{place} is no imported Alertmanager configuration; import it again")
    return data
