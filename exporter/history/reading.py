"""Reads the past from a database: every row once, in one snapshot, slice by slice, ahead of whoever writes it down."""

from __future__ import annotations

import queue
import threading
import time as clock
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from exporter.engine.ledger import BEGINNING
from exporter.engine.scans import LevelScan, Scan
from exporter.sources.database import Database, Row

Item = Scan | LevelScan
Read = Callable[[str, dict[str, Any]], list[Row]]

FOR_SLICES: Final = (
    "SELECT set_config('work_mem', '64MB', true), set_config('enable_sort', 'off', true), "
    "set_config('enable_indexscan', 'off', true)"
)
"""A slice has many rows, in no order: grouping by a hash costs half of sorting, and their pages are better visited in order."""
AHEAD: Final = 2
"""Slices that are read before they are needed."""
MOST_ROWS: Final = 150_000
"""Result rows of a slice, beyond which the next one is made shorter."""
MOST_SECONDS: Final = 3.0
WIDTH: Final = (8, 512)
"""Times of the first slice, and of the longest."""
LITE_WIDTH: Final = 64
"""The longest slice of SQLite, which compares each row with every time."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Result rows of one scan or level for some times: what was added on the way to each, or all there was at the first.

    `before` is the time before them; where the slice `opens` a block that is the last time of the block before.
    """

    item: Item
    times: Sequence[int]
    rows: tuple[list[Row], ...]
    before: int = 0
    opens: bool = False
    base: bool = False
    last: bool = False


def instant(time: int) -> datetime:
    """A time in seconds since the epoch as an instant."""
    return datetime.fromtimestamp(time, UTC)


def slices(
    database: Database, items: Sequence[Item], blocks: Sequence[Sequence[int]], timeout: float
) -> Iterator[Slice]:
    """All slices, block by block and within a block item by item. `last` marks the last one of a block."""
    widths = {item.name: WIDTH[0] for item in items}
    longest = LITE_WIDTH if database.dialect == "sqlite" else WIDTH[1]
    with database.snapshot() as session:
        if database.dialect == "postgresql":
            session.rows(FOR_SLICES, {}, timeout)

        def read(sql: str, params: dict[str, Any]) -> list[Row]:
            return session.rows(sql, params, timeout)

        before = blocks[0][0]
        for number, block in enumerate(blocks):
            for item in items:
                last = item is items[-1]
                if number == 0:
                    yield Slice(item, block[:1], _base(item, before, read), base=True, last=last and len(block) == 1)
                place, reached = (1, before) if number == 0 else (0, before)
                while place < len(block):
                    times = block[place : place + widths[item.name]]
                    begun = clock.monotonic()
                    statements = item.slots(instant(reached), [instant(time) for time in times])
                    rows = tuple(read(*statement) for statement in statements)
                    start, opens = reached, place == 0
                    place, reached = place + len(times), times[-1]
                    width = _next(widths[item.name], clock.monotonic() - begun, sum(map(len, rows)))
                    widths[item.name] = min(longest, width)
                    yield Slice(item, times, rows, start, opens and number > 0, last=last and place == len(block))
            before = block[-1]


def _base(item: Item, time: int, read: Read) -> tuple[list[Row], ...]:
    """What there was at the first time of all."""
    if isinstance(item, LevelScan):
        return (read(*item.at_instant(instant(time))),)
    return ([(*row, 0) for row in read(*item.window(BEGINNING, instant(time), closed=True))],)


def _next(width: int, seconds: float, rows: int) -> int:
    """A longer slice after a light one, a shorter one after a heavy one."""
    if rows > MOST_ROWS or seconds > MOST_SECONDS:
        return max(1, width // 2)
    return width * 2 if rows < MOST_ROWS / 3 and seconds < MOST_SECONDS / 3 else width


def ahead(source: Iterator[Slice]) -> Iterator[Slice]:
    """The same slices, read by a thread of their own while others are written down."""
    ready: queue.Queue[Slice | BaseException | None] = queue.Queue(AHEAD)
    stop = threading.Event()

    def put(found: Slice | BaseException | None) -> None:
        while not stop.is_set():
            with suppress(queue.Full):
                ready.put(found, timeout=0.1)
                return

    def run() -> None:
        try:
            for found in source:
                put(found)
                if stop.is_set():
                    break
            put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised where the slices are wanted
            put(error)
        finally:
            source.close()  # type: ignore[attr-defined]

    thread = threading.Thread(target=run, name="history", daemon=True)
    thread.start()
    try:
        while (found := ready.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        stop.set()
        thread.join()
