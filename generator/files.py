"""Generated files on disk: written whole or not at all, pruned when no definition makes them any more.

The manifest lists what was made. Nothing that it does not list is ever removed or replaced.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Literal

MANIFEST: Final = "watchfloor.json"
Action = Literal["new", "changed", "removed"]


class FilesError(Exception):
    """The output directory cannot be written as asked."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file that differs from what the definitions give."""

    path: str
    action: Action


def compare(out: Path, files: Mapping[str, bytes]) -> tuple[Change, ...]:
    """What `write` would do, by path."""
    known = _known(out)
    changes = [change for path in files if (change := _difference(out, path, files[path], known)) is not None]
    changes += [Change(path, "removed") for path in known if path not in files and _ours(out, path, known)]
    return tuple(sorted(changes, key=lambda change: change.path))


def write(out: Path, files: Mapping[str, bytes]) -> tuple[Change, ...]:
    """Make the directory hold these files; what is right already is not touched."""
    changes = compare(out, files)
    try:
        # The manifest first names old and new files: an interrupted run leaves nothing that a later one would not know.
        planned = {**_known(out), **_digests(files)}
        if changes:
            put(out / MANIFEST, _manifest(planned))
        for change in changes:
            _apply(out, change, files)
        final = _manifest(_digests(files))
        if not (out / MANIFEST).is_file() or (out / MANIFEST).read_bytes() != final:
            put(out / MANIFEST, final)
    except OSError as error:
        raise FilesError(f"cannot write {error.filename or out}: {error.strerror}") from None
    return changes


def difference(out: Path, files: Mapping[str, bytes], change: Change) -> Iterator[str]:
    """A change as lines of a unified diff."""
    import difflib

    place = _place(out, change.path)
    old = place.read_text("utf-8", "replace").splitlines() if change.action != "new" else []
    new = files[change.path].decode("utf-8", "replace").splitlines() if change.action != "removed" else []
    yield from difflib.unified_diff(old, new, f"{out}/{change.path}", change.path, lineterm="", n=1)


def _difference(out: Path, path: str, content: bytes, known: Mapping[str, str]) -> Change | None:
    place = _place(out, path)
    if not place.exists():
        return Change(path, "new")
    if not place.is_file():
        raise FilesError(f"{place} is no file; move it away, a generated file goes there")
    if place.read_bytes() == content:
        return None
    if path not in known:
        raise FilesError(f"{place} was not made by watchfloor; move it away or choose another directory with --out")
    return Change(path, "changed")


def _ours(out: Path, path: str, known: Mapping[str, str]) -> bool:
    """Whether a file is still what we made; one that somebody has put in its place since is left alone."""
    place = _place(out, path)
    return place.is_file() and hashlib.sha256(place.read_bytes()).hexdigest() == known[path]


def _apply(out: Path, change: Change, files: Mapping[str, bytes]) -> None:
    place = _place(out, change.path)
    if change.action != "removed":
        put(place, files[change.path])
        return
    place.unlink()
    for folder in place.relative_to(out).parents:
        if folder == Path() or any((out / folder).iterdir()):
            return
        (out / folder).rmdir()


def _place(out: Path, path: str) -> Path:
    """Where a file goes; neither it nor a folder on the way may be a symbolic link."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts:
        raise FilesError(f"{path!r} leads out of {out}; generated files stay inside it")
    place = out
    for part in parts.parts:
        place = place / part
        if place.is_symlink():
            raise FilesError(f"{place} is a symbolic link; generated files are only written to real files and folders")
    return place


def put(place: Path, content: bytes) -> None:
    """Write to a temporary name, then rename: a reader sees the old or the new file."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink():
        raise FilesError(f"{place} is a symbolic link; generated files are only written to real files and folders")
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # Prometheus and Grafana run as other users in containers.
        Path(name).chmod(0o644)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}


def _manifest(digests: Mapping[str, str]) -> bytes:
    content = {
        "generator": "watchfloor",
        "note": "Generated by watchfloor, do not edit.",
        "files": dict(sorted(digests.items())),
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def _known(out: Path) -> dict[str, str]:
    """Files that the manifest lists; none when there is no manifest."""
    place = out / MANIFEST
    if place.is_symlink():
        raise FilesError(f"{place} is a symbolic link; generated files are only written to real files and folders")
    if not place.exists():
        return {}
    try:
        files = json.loads(place.read_text("utf-8"))["files"]
        return {str(path): str(digest) for path, digest in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise FilesError(
            f"{place} is no manifest of watchfloor; remove it and the files beside it, then generate again"
        ) from None
