"""Files become documents: of a project as it is generated, or of files and folders of any origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from generator.checks.model import CheckError, File
from generator.importing.forms import Forms
from generator.importing.record import Found, Hints, Irrelevant, Json, Refusal
from generator.importing.run import FILES, files
from generator.importing.text import BYTES, documents

TEXTS: Final = (
    ".json",
    ".yaml",
    ".yml",
    ".tmpl",
    ".env",
    ".ini",
    ".toml",
    ".conf",
    ".cfg",
    ".md",
    ".txt",
    ".sh",
    ".sql",
)
STRUCTURED: Final = (".json", ".yaml", ".yml")


def generated(files: Mapping[str, bytes]) -> list[File]:
    """The documents of files that were just generated."""
    return [one for path, content in files.items() for one in documents_of(path, content)]


def named(places: Sequence[Path]) -> Iterator[tuple[File, Path]]:
    """The documents of files and folders, each with the folder in which the search for exclusions begins."""
    for place in places:
        if place.is_dir():
            for count, file in enumerate(_below(place)):
                if count >= FILES:
                    raise CheckError(f"{place} holds more than {FILES} files; check its folders one by one")
                for one in documents_of(file.as_posix(), _content(file)):
                    yield one, file.parent
        elif place.is_file():
            for one in documents_of(place.as_posix(), _content(place)):
                yield one, place.parent
        else:
            raise CheckError(f"{place} is no file and no folder; name what is to be checked")


def _below(folder: Path) -> Iterator[Path]:
    """Files that may be checked, in order; links are left out."""
    return (path for path in files(folder, TEXTS) if path.is_file() and not path.is_symlink())


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > BYTES:
            return b"\0" * (BYTES + 1)
        return file.read_bytes()
    except OSError as error:
        raise CheckError(f"{file} cannot be read: {error.strerror}") from None


def documents_of(path: str, content: bytes) -> list[File]:
    """The text of a file, and every dashboard, file of rules and configuration in it."""
    if not path.endswith(STRUCTURED):
        return [File(path, "text", text=content[:BYTES].decode("utf-8", "replace"))]
    try:
        values = documents(content, "json" if path.endswith(".json") else "yaml")
    except Refusal as refusal:
        return [File(path, "text", {"unreadable": str(refusal)}, content[:BYTES].decode("utf-8", "replace"))]
    said = content.decode("utf-8-sig", "replace")
    found = [one for value in values for one in _found(path, value)]
    whole = File(path, "text", text=said)
    alone = len(found) == 1 and found[0].data in values
    return [
        whole,
        *(
            File(path, one.kind, one.data, said, alone)
            for one in found
            if one.kind in ("dashboard", "rules", "alertmanager")
        ),
    ]


def _found(path: str, value: object) -> Iterator[Found]:
    forms = Forms(_no_jsonnet)
    for one in forms.all(value, Hints(name=path)):
        if isinstance(one, Found) and not _is_provisioning(one):
            yield one


def _is_provisioning(found: Found) -> bool:
    """Whether groups are Grafana's own rules and not Prometheus'."""
    groups = found.data.get("groups")
    rules = (
        [rule for group in groups if isinstance(group, dict) for rule in _list(group.get("rules"))]
        if isinstance(groups, list)
        else []
    )
    return found.kind == "rules" and any(isinstance(rule, dict) and "data" in rule for rule in rules)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _no_jsonnet(_: str, __: Json) -> object:
    raise Irrelevant("programs are not run by a check")
