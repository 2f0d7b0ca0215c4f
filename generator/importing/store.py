"""The folder of the project that holds what was imported. What lies in it is generated; deleting a file takes it back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from generator.files import put
from generator.importing.record import ImportsError, Kind, Made, Record

INDEX: Final = "index.json"
ENDINGS: Final[dict[Kind, str]] = {"dashboard": ".json", "rules": ".yml", "alertmanager": ".yml"}
PLACES: Final[dict[Kind, str]] = {"dashboard": "dashboards", "rules": "rules", "alertmanager": "alertmanager"}
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,99}\Z")
NOTE: Final = "Where the imported files beside this one came from, and the folder of each dashboard. Written by watchfloor import."


class Store:
    """Knows what was imported before, finds names that are free and writes."""

    def __init__(self, directory: Path, reserved: frozenset[str]) -> None:
        self._directory = directory
        self._reserved = reserved
        self._entries = {entry["path"]: entry for entry in index(directory) if (directory / entry["path"]).is_file()}
        self._new: dict[str, Made] = {}

    def add(self, record: Record) -> None:
        """Settle uid, title and path of what one file gave."""
        from generator.importing.board import identity, rename

        before = {path for path, entry in self._entries.items() if entry["origin"] == record.file}
        taken = {path: entry for path, entry in self._entries.items() if path not in before}
        for made in record.made:
            if made.kind == "dashboard":
                uids = {entry["uid"] for entry in taken.values()} | self._reserved
                uid = made.uid
                for number in range(1, len(uids) + 2):
                    if uid not in uids:
                        break
                    uid = identity(f"{record.file}#{made.name}#{number}")
                titles = {entry["title"].casefold() for entry in taken.values() if entry["folder"] == made.folder}
                title = made.title
                for number in range(1, len(titles) + 2):
                    if title.casefold() not in titles:
                        break
                    title = f"{made.title} ({number + 1})"
                if uid != made.uid or title != made.title:
                    rename(made, uid=uid if uid != made.uid else "", title=title if title != made.title else "")
            made.path = self._path(made, {*taken, *self._new}, before)
            entry = {
                "path": made.path,
                "origin": record.file,
                "kind": made.kind,
                "title": made.title,
                "uid": made.uid,
                "folder": made.folder,
            }
            taken[made.path] = entry
            self._new[made.path] = made
        self._entries = taken

    def write(self) -> None:
        """Make the folder hold what was added; files of an origin that gives them no more go."""
        gone = {entry["path"] for entry in index(self._directory)} - set(self._entries)
        try:
            for path, made in self._new.items():
                put(self._place(path), made.content)
            content = {"note": NOTE, "imports": [self._entries[path] for path in sorted(self._entries)]}
            put(
                self._place(INDEX),
                (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace"),
            )
            for path in gone:
                self._place(path).unlink(missing_ok=True)
        except OSError as error:
            raise ImportsError(f"cannot write {error.filename or self._directory}: {error.strerror}") from None

    def _place(self, path: str) -> Path:
        place = self._directory
        for part in path.split("/"):
            place = place / part
            if place.is_symlink():
                raise ImportsError(f"{place} is a symbolic link; imports are only written to real files and folders")
        return place

    def _path(self, made: Made, taken: set[str], before: set[str]) -> str:
        """A path that no other import has; the one of an earlier import of the same thing where there is one."""
        base = made.name if NAME.match(made.name) else "import"
        for number in range(1, len(taken) + 2):
            path = f"{PLACES[made.kind]}/{base}{f'-{number}' if number > 1 else ''}{ENDINGS[made.kind]}"
            if path in taken or (
                path not in before and (self._directory / path).exists() and path not in self._known()
            ):
                continue
            return path
        raise ImportsError(f"{self._directory} has no free name for {made.title!r}")

    def _known(self) -> set[str]:
        return set(self._entries)


def index(directory: Path) -> list[dict[str, str]]:
    """The entries of the index; none without one."""
    place = directory / INDEX
    if not place.exists():
        return []
    try:
        listed = json.loads(place.read_text(encoding="utf-8"))["imports"]
        return [_entry(one) for one in listed]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImportsError(f"{place} is no index of imports ({error}); remove it and import again") from None


def _entry(one: Any) -> dict[str, str]:
    entry = {key: str(one[key]) for key in ("path", "origin", "kind", "title", "uid", "folder")}
    folder, _, name = entry["path"].partition("/")
    stem, _, ending = name.partition(".")
    if folder not in PLACES.values() or not NAME.match(stem) or f".{ending}" not in ENDINGS.values():
        raise ValueError(f"{entry['path']!r} is no path of an import")
    return entry


def kept(directory: Path, kind: Kind) -> Iterator[tuple[Path, dict[str, str]]]:
    """The files of a kind that lie in the folder, each with its entry in the index, or an empty one."""
    folder = directory / PLACES[kind]
    if not folder.is_dir():
        return
    entries = {entry["path"]: entry for entry in index(directory)}
    for place in sorted(folder.iterdir()):
        if place.suffix == ENDINGS[kind] and place.is_file() and not place.name.startswith("."):
            yield place, entries.get(f"{PLACES[kind]}/{place.name}", {})
