"""The folder of the project that holds what was imported. What lies in it is generated; deleting a file takes it back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

from generator.files import put
from generator.importing.record import ImportsError, Kind, Made, Record

INDEX: Final = "index.json"
ENDINGS: Final[dict[Kind, str]] = {"dashboard": ".json", "rules": ".yml", "alertmanager": ".yml"}
PLACES: Final[dict[Kind, str]] = {"dashboard": "dashboards", "rules": "rules", "alertmanager": "alertmanager"}
Entry = dict[str, str]
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,99}\Z")
NOTE: Final = "Where the imported files beside this one came from, and the folder of each dashboard. Written by watchfloor import."


class Store:
    """Knows what was imported before, finds names that are free and writes."""

    def __init__(self, directory: Path, reserved: frozenset[str]) -> None:
        self._directory = directory
        self._known = {entry["path"] for entry in index(directory)}
        self._entries: dict[str, Entry] = {}
        self._origins: dict[str, set[str]] = {}
        self._uids = set(reserved)
        self._titles: set[tuple[str, str]] = set()
        self._new: dict[str, Made] = {}
        for entry in index(directory):
            if (directory / entry["path"]).is_file():
                self._keep(entry)

    def add(self, record: Record) -> None:
        """Settle uid, title and path of what one file gave; what it gave before is forgotten."""
        before = self._origins.pop(record.file, set())
        for path in before:
            entry = self._entries.pop(path)
            self._uids.discard(entry["uid"])
            self._titles.discard((entry["folder"], entry["title"].casefold()))
            self._new.pop(path, None)
        for made in record.made:
            if made.kind == "dashboard":
                self._settle(made, record.file)
            made.path = self._path(made, before)
            told = {"kind": made.kind, "title": made.title, "uid": made.uid, "folder": made.folder}
            self._keep({"path": made.path, "origin": record.file, **told})
            self._new[made.path] = made

    def _keep(self, entry: Entry) -> None:
        self._entries[entry["path"]] = entry
        self._origins.setdefault(entry["origin"], set()).add(entry["path"])
        if entry["kind"] == "dashboard":
            self._uids.add(entry["uid"])
            self._titles.add((entry["folder"], entry["title"].casefold()))

    def _settle(self, made: Made, origin: str) -> None:
        """A uid that no other dashboard has, and a title that no other one of the folder has: Grafana refuses both."""
        from generator.importing.board import identity, rename

        uid, title = made.uid, made.title
        for number in count(1):
            if uid not in self._uids:
                break
            uid = identity(f"{origin}#{made.name}#{number}")
        for number in count(2):
            if (made.folder, title.casefold()) not in self._titles:
                break
            title = f"{made.title} ({number})"
        if uid != made.uid or title != made.title:
            rename(made, uid=uid if uid != made.uid else "", title=title if title != made.title else "")

    def write(self) -> None:
        """Make the folder hold what was added; files of an origin that gives them no more go."""
        gone = self._known - set(self._entries)
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

    def _path(self, made: Made, before: set[str]) -> str:
        """A path that no other import has; the one of an earlier import of the same thing where there is one."""
        base = made.name if NAME.match(made.name) else "import"
        for number in count(1):
            path = f"{PLACES[made.kind]}/{base}{f'-{number}' if number > 1 else ''}{ENDINGS[made.kind]}"
            place = self._directory / path
            strange = path not in before and path not in self._known and (place.exists() or place.is_symlink())
            if path not in self._entries and not strange:
                break
        return path


def index(directory: Path) -> list[Entry]:
    """The entries of the index; none without one."""
    place = directory / INDEX
    if not place.exists():
        return []
    try:
        listed = json.loads(place.read_text(encoding="utf-8"))["imports"]
        return [_entry(one) for one in listed]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImportsError(f"{place} is no index of imports ({error}); remove it and import again") from None


def _entry(one: Any) -> Entry:
    entry = {key: str(one[key]) for key in ("path", "origin", "kind", "title", "uid", "folder")}
    folder, _, name = entry["path"].partition("/")
    stem, _, ending = name.partition(".")
    if folder not in PLACES.values() or not NAME.match(stem) or f".{ending}" not in ENDINGS.values():
        raise ValueError(f"{entry['path']!r} is no path of an import")
    return entry


def kept(directory: Path, kind: Kind) -> Iterator[tuple[Path, Entry]]:
    """The files of a kind that lie in the folder, each with its entry in the index, or an empty one."""
    folder = directory / PLACES[kind]
    if not folder.is_dir():
        return
    entries = {entry["path"]: entry for entry in index(directory)}
    for place in sorted(folder.iterdir()):
        if place.suffix == ENDINGS[kind] and place.is_file() and not place.name.startswith("."):
            yield place, entries.get(f"{PLACES[kind]}/{place.name}", {})
