"""Prometheus' data folder: which blocks are there, which of them are ours, and how new ones come in."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioning.stack.account import Account
from provisioning.stack.binary import Program

ULID: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}\Z")
WORK: Final = "watchfloor-history"
"""Folder within the data folder for what is being made; Prometheus looks at nothing but blocks."""
MANIFEST: Final = "blocks.json"
LONGEST: Final = "720h"


class HistoryError(Exception):
    """History cannot be written; the message says why and what would be right."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of samples. Times are in milliseconds, the second one is not part of it."""

    path: Path
    begin: int
    end: int
    sources: frozenset[str]
    samples: int
    series: int

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())


@dataclass(slots=True)
class _Notes:
    """What is known of blocks made here: all their names, and of which the recordings are still to be made.

    `thinned` are those that hold what Prometheus scraped.
    """

    blocks: set[str]
    waiting: dict[str, list[int]]
    recordings: dict[str, list[str]]
    thinned: set[str]


class Folder:
    """A data folder."""

    def __init__(self, path: Path, account: Account | None = None) -> None:
        self.path = path
        self.account = account
        self.work = path / WORK

    def blocks(self) -> list[Block]:
        """All blocks, the oldest first."""
        if not self.path.is_dir():
            return []
        found = [
            _block(path) for path in self.path.iterdir() if ULID.match(path.name) and (path / "meta.json").exists()
        ]
        return sorted(found, key=lambda block: block.begin)

    def ours(self) -> list[Block]:
        """Blocks that hold nothing but history that was made here, merged by Prometheus or not."""
        made = self._made()
        return [block for block in self.blocks() if block.sources <= made]

    def foreign(self) -> list[Block]:
        """Blocks with anything else in them."""
        made = self._made()
        return [block for block in self.blocks() if not block.sources <= made]

    def scraped(self) -> list[Block]:
        """Blocks with samples that Prometheus scraped and that were not thinned."""
        thinned = self._notes().thinned
        return [block for block in self.foreign() if not block.sources <= thinned]

    @property
    def has_head(self) -> bool:
        """Whether a Prometheus has left samples here that are in no block yet."""
        files = (file for name in ("wal", "chunks_head") for file in (self.path / name).rglob("*"))
        return any(file.is_file() and file.stat().st_size for file in files)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let one backfill at a time write here, and take away what a killed one left."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.work.mkdir(exist_ok=True)
            handle = (self.work / "lock").open("a+", encoding="ascii")
        except OSError as error:
            raise HistoryError(f"cannot write {self.work}: {error.strerror}; run as the user who owns it") from None
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise HistoryError(f"another backfill writes to {self.path}; wait until it ends") from None
            self._own(self.path)
            self._sweep()
            try:
                yield
            finally:
                self._sweep()

    def room(self) -> Path:
        """A new folder of this run, which no other one writes to."""
        return Path(tempfile.mkdtemp(dir=self.work))

    def place(self, made: Path, *, times: Sequence[int] = (), recordings_of: str = "") -> list[Block]:
        """Move finished blocks in. They are noted as ours first, so none is ever there without a note.

        A block of raw history is noted with its `times`, at which its recordings are still to be made; recordings are
        noted beside the block that they belong to.
        """
        found = [path for path in made.iterdir() if ULID.match(path.name)]
        notes = self._notes()
        notes.blocks |= {path.name for path in found}
        if times:
            notes.waiting.update({path.name: list(times) for path in found})
        if recordings_of:
            notes.recordings[recordings_of] = [path.name for path in found]
        self._note(notes)
        return self._move(found)

    def exchange(self, made: Path, block: Block) -> list[Block]:
        """Move finished blocks in, and take the one out that they were made of; for an instant both are there."""
        found = [path for path in made.iterdir() if ULID.match(path.name)]
        notes = self._notes()
        notes.thinned |= {path.name for path in found}
        self._note(notes)
        placed = self._move(found)
        self.remove([block])
        return placed

    def _move(self, found: Sequence[Path]) -> list[Block]:
        for path in found:
            for part in (path, *path.rglob("*")):
                self._own(part)
            path.rename(self.path / path.name)
        return [_block(self.path / path.name) for path in found]

    def waiting(self) -> dict[str, list[int]]:
        """Times of the blocks of raw history whose recordings are not there, by the blocks' names."""
        notes = self._notes()
        there = {name for block in self.blocks() for name in (block.path.name, *block.sources)}
        return {
            name: times
            for name, times in notes.waiting.items()
            if name in there and not (notes.recordings.get(name) and there.issuperset(notes.recordings[name]))
        }

    def recorded(self, name: str) -> None:
        """Note that the recordings of a block are there."""
        notes = self._notes()
        notes.waiting.pop(name, None)
        notes.recordings.pop(name, None)
        self._note(notes)

    def remove(self, blocks: Iterable[Block]) -> None:
        """Delete blocks. Each is first given a name that Prometheus clears away, so none is ever half there."""
        for block in blocks:
            gone = block.path.with_name(f"{block.path.name}.tmp-for-deletion")
            # A running Prometheus may have merged it with others meanwhile, or clear it away first.
            with suppress(FileNotFoundError):
                block.path.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)

    def _own(self, path: Path) -> None:
        if self.account is not None:
            self.account.own(path)

    def _sweep(self) -> None:
        for path in self.work.iterdir():
            if path.is_dir():
                # The promtool of a run that was killed may still write here.
                shutil.rmtree(path, ignore_errors=True)

    def _made(self) -> frozenset[str]:
        return frozenset(self._notes().blocks)

    def _notes(self) -> _Notes:
        try:
            content = json.loads((self.work / MANIFEST).read_text(encoding="ascii"))
            waiting, recordings = content.get("waiting", {}), content.get("recordings", {})
            return _Notes(set(content["blocks"]), waiting, recordings, set(content.get("thinned", ())))
        except FileNotFoundError:
            return _Notes(set(), {}, {}, set())
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HistoryError(f"{self.work / MANIFEST} cannot be read ({type(error).__name__}); restore it") from None

    def _note(self, notes: _Notes) -> None:
        path = self.work / MANIFEST
        new = path.with_suffix(".new")
        content = {
            "blocks": sorted(notes.blocks), "waiting": notes.waiting, "recordings": notes.recordings, "thinned": sorted(notes.thinned),
        }  # fmt: skip
        with new.open("w", encoding="ascii") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)


def _block(path: Path) -> Block:
    try:
        meta = json.loads((path / "meta.json").read_text(encoding="utf-8"))
        sources = frozenset(meta["compaction"]["sources"])
        stats = meta.get("stats", {})
        return Block(
            path, meta["minTime"], meta["maxTime"], sources, stats.get("numSamples", 0), stats.get("numSeries", 0)
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise HistoryError(f"{path}/meta.json cannot be read; repair or remove this block") from None


class Making:
    """One promtool at work on one file."""

    def __init__(self, promtool: Program, folder: Path) -> None:
        self.folder = folder
        self._made = folder / "made"
        self._made.mkdir()
        command = promtool.call(
            "tsdb", "create-blocks-from", f"--max-block-duration={LONGEST}", "--quiet", "openmetrics",
            str(folder / "samples"), str(self._made),
        )  # fmt: skip
        self._log = (folder / "log").open("w+b")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, "TMPDIR": str(folder), "GOGC": "1000"},
        )

    def finish(self, folder: Folder, *, times: Sequence[int] = (), recordings_of: str = "") -> list[Block]:
        """Wait until the block is made and move it in."""
        self.done()
        placed = folder.place(self._made, times=times, recordings_of=recordings_of)
        shutil.rmtree(self.folder)
        return placed

    def done(self) -> list[Path]:
        """Wait until the blocks are made, and leave them where they are."""
        code = self._process.wait()
        if code:
            self._log.seek(0)
            words = " ".join(self._log.read().decode("utf-8", "replace").split()[-60:])
            raise HistoryError(f"promtool ended with {code}: {words}")
        self._log.close()
        return [path for path in self._made.iterdir() if ULID.match(path.name)]

    def stop(self) -> None:
        """End it early."""
        self._process.kill()
        self._process.wait()
        self._log.close()
