"""Prometheus' data folder: which blocks are there, which of them are ours, and how new ones come in."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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

    def place(self, made: Path) -> list[Block]:
        """Move finished blocks in. They are noted as ours first, so none is ever there without a note."""
        found = [path for path in made.iterdir() if ULID.match(path.name)]
        self._note(self._made() | {path.name for path in found})
        for path in found:
            for part in (path, *path.rglob("*")):
                self._own(part)
            path.rename(self.path / path.name)
        return [_block(self.path / path.name) for path in found]

    def remove(self, blocks: Iterable[Block]) -> None:
        """Delete blocks. Each is first given a name that Prometheus clears away, so none is ever half there."""
        for block in blocks:
            gone = block.path.with_name(f"{block.path.name}.tmp-for-deletion")
            block.path.rename(gone)
            shutil.rmtree(gone)

    def _own(self, path: Path) -> None:
        if self.account is not None:
            self.account.own(path)

    def _sweep(self) -> None:
        for path in self.work.iterdir():
            if path.is_dir():
                # The promtool of a run that was killed may still write here.
                shutil.rmtree(path, ignore_errors=True)

    def _made(self) -> frozenset[str]:
        try:
            return frozenset(json.loads((self.work / MANIFEST).read_text(encoding="ascii"))["blocks"])
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HistoryError(f"{self.work / MANIFEST} cannot be read ({type(error).__name__}); restore it") from None

    def _note(self, names: Iterable[str]) -> None:
        path = self.work / MANIFEST
        new = path.with_suffix(".new")
        with new.open("w", encoding="ascii") as file:
            json.dump({"blocks": sorted(names)}, file)
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

    def finish(self, folder: Folder) -> list[Block]:
        """Wait until the block is made and move it in."""
        code = self._process.wait()
        if code:
            self._log.seek(0)
            words = " ".join(self._log.read().decode("utf-8", "replace").split()[-60:])
            raise HistoryError(f"promtool ended with {code}: {words}")
        self._log.close()
        placed = folder.place(self._made)
        shutil.rmtree(self.folder)
        return placed

    def stop(self) -> None:
        """End it early."""
        self._process.kill()
        self._process.wait()
        self._log.close()
