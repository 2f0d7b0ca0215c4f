"""An import from beginning to end: files are found, read, taken apart, compiled and kept."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from generator.importing import program
from generator.importing.forms import Forms
from generator.importing.record import Found, Hints, ImportsError, Irrelevant, Made, Record, Refusal
from generator.importing.text import BYTES, documents

ENDINGS: Final = (".json", ".yaml", ".yml", ".jsonnet", ".dashboard.py")
SKIPPED: Final = frozenset({"vendor", "node_modules", "__pycache__"})
NOT_SOURCES: Final = frozenset({"jsonnetfile.json", "jsonnetfile.lock.json", "package.json", "package-lock.json"})
STDIN: Final = "-"
FILES: Final = 20_000


class Importer:
    """Turns sources into records, without writing anything."""

    def __init__(self, folder: str, sources: Mapping[str, str]) -> None:
        self._folder, self._sources = folder, sources

    def text(self, data: bytes, name: str) -> Record:
        """The record of a text from standard input."""
        return self._record(name, lambda: documents(data, ""), Path.cwd())

    def file(self, file: Path, top: Path, name: str) -> Record:
        """The record of a file below `top`; `name` is what it is called in reports and in the index."""
        return self._record(name, lambda: self._read(file, top), top)

    def _record(self, name: str, read: Any, top: Path) -> Record:
        record = Record(name)
        refused: list[Refusal] = []
        forms = Forms(lambda text, _: program.jsonnet_text(text, top))
        try:
            for value in read():
                if value is None:
                    continue
                for found in forms.all(value, Hints(name=_stem(name))):
                    self._take(found, record, refused)
        except Refusal as refusal:
            refused.append(refusal)
        beside = [one for one in refused if not isinstance(one, Irrelevant)]
        record.refused += [str(one) for one in (beside if record.made or beside else refused)]
        if not record.made and not record.refused:
            record.refused.append("it is empty")
        return record

    def _take(self, found: Found | Refusal, record: Record, refused: list[Refusal]) -> None:
        if isinstance(found, Refusal):
            refused.append(found)
            return
        try:
            record.made.append(self._make(found, record.file))
        except Refusal as refusal:
            refused.append(refusal)

    def _make(self, found: Found, origin: str) -> Made:
        from generator.importing import alertmanager, board, rules

        if found.kind == "rules":
            return rules.make(found, origin)
        if found.kind == "alertmanager":
            return alertmanager.make(found, origin)
        return board.make(found, origin, self._sources, self._folder)

    def _read(self, file: Path, top: Path) -> list[Any]:
        if not file.resolve().is_relative_to(top.resolve()):
            raise Refusal(f"it is a link that leads out of {top.name or top}")
        if file.name.endswith(".dashboard.py"):
            return [program.module(file)]
        if file.suffix == ".jsonnet":
            return [program.jsonnet_file(file, top)]
        form = "json" if file.suffix == ".json" else "yaml" if file.suffix in (".yaml", ".yml") else ""
        try:
            if not file.is_file():
                raise Refusal("it is no regular file")
            if file.stat().st_size > BYTES:
                raise Refusal(f"it is longer than {BYTES // 2**20} MiB")
            return documents(file.read_bytes(), form)
        except OSError as error:
            raise Refusal(f"it cannot be read: {error.strerror}") from None


def run(places: Iterable[str], importer: Importer, stdin: Any) -> Iterator[Record]:
    """A record for every file that is named or lies in a folder that is named."""
    for place in places:
        if place == STDIN:
            yield importer.text(stdin.read(BYTES + 1), "stdin")
            continue
        path = Path(place)
        if path.is_dir():
            for count, file in enumerate(files(path)):
                if count >= FILES:
                    raise ImportsError(f"{path} holds more than {FILES} files; import its folders one by one")
                yield importer.file(file, path, _called(file))
        elif path.exists():
            yield importer.file(path, path.resolve().parent, _called(path))
        else:
            raise ImportsError(f"{path} does not exist; name a file or a folder, or - for standard input")


def files(folder: Path, endings: tuple[str, ...] = ENDINGS) -> list[Path]:
    """The files below a folder that may be sources, in order. Hidden folders and those of others' code are left out."""
    found = []
    for above, names, here in os.walk(folder):
        names[:] = sorted(name for name in names if name not in SKIPPED and not name.startswith("."))
        found += [
            Path(above) / name
            for name in here
            if name.endswith(endings) and name not in NOT_SOURCES and not name.startswith(".")
        ]
    return sorted(found)


def _called(file: Path) -> str:
    """The path from here; of a file elsewhere its folder and name alone, since paths differ between machines."""
    full = file.absolute()
    here = Path.cwd()
    return full.relative_to(here).as_posix() if full.is_relative_to(here) else f"{full.parent.name}/{full.name}"


def _stem(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[0]
