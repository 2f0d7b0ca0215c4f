"""Moves the horizon forward in the background: the first pass over all rows, then slice by slice."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from queue import SimpleQueue
from threading import Event
from typing import Any, Final, TypeVar

from exporter.engine.columns import Resolved
from exporter.engine.ledger import BEGINNING
from exporter.engine.scans import Scan
from exporter.engine.totals import Admission, Totals
from exporter.labels import LABELS
from exporter.sources.database import Database, Row

SLICES: Final = 64
"""The first pass begins with slices of this share of the whole time and then follows the clock."""

SHORTEST: Final = timedelta(days=1)
"""Slices of the first pass are not made shorter than this because they are near its end."""

LOOK_SECONDS: Final = 4.0
"""Limit of the statements that look for the newest row and for rows in the future."""

SLICE_SECONDS: Final = (0.5, 3.0)
"""A slice that takes less makes the next one longer, one that takes more shorter."""

Progress = Callable[[str, float], None]
Item = TypeVar("Item")
Found = TypeVar("Found")


def in_turn(
    work: Callable[[Item, Database], Found],
    items: Sequence[Item],
    own: Database,
    connect: Callable[[], Database],
    connections: int,
) -> Generator[Callable[[], Found], None, None]:
    """For each item, in their order, what gives the result of work on it, or raises what went wrong there.

    `own` alone works on one after the other as they are asked for; with further connections all are begun at once.
    """
    if connections < 2:
        yield from (partial(work, item, own) for item in items)
        return
    free: SimpleQueue[Database] = SimpleQueue()
    others = [connect() for _ in range(connections - 1)]
    for database in (own, *others):
        free.put(database)

    def run(item: Item) -> Found:
        database = free.get()
        try:
            return work(item, database)
        finally:
            free.put(database)

    pool = ThreadPoolExecutor(connections)
    try:
        yield from [pool.submit(run, item).result for item in items]
    finally:
        pool.shutdown(cancel_futures=True)
        for database in others:
            database.close()


def first_pass(  # noqa: PLR0917 - what is read, from where, how far, how long, and whom to tell
    scan: Scan, database: Database, upper: datetime, timeout: float, stop: Event, progress: Progress
) -> Totals | None:
    """Totals of everything before `upper`, read in slices of time, every label value let in. None when stopped.

    Every transaction that can still add rows before `upper` has ended, so slices of different snapshots add up.
    """
    with database.snapshot() as session:
        oldest = session.rows(scan.oldest_sql, {}, timeout)[0][0]
    fresh = Totals(scan, Admission({label.name: 1 << 62 for label in LABELS}))
    fresh.horizon = upper
    try:
        start = instant_of(oldest, scan.at)
    except (ValueError, OverflowError):
        start = BEGINNING
    if start is not None and start < upper:
        width = (upper - start) / SLICES
        lower = BEGINNING
        reached = start
        while lower < upper:
            if stop.is_set():
                return None
            # Recent slices are short: each is compared with the table again and again.
            width = min(width, max((upper - reached) / 2, SHORTEST))
            reached = min(upper, reached + width)
            begun = time.monotonic()
            sql, params = scan.window(lower, reached, closed=False)
            with database.snapshot() as session:
                fresh.seal(session.rows(sql, params, timeout), reached)
            lower = reached
            width *= _stretch(time.monotonic() - begun)
            progress(scan.name, (reached - start) / (upper - start))
    else:
        # Rows may still arrive behind the horizon; without a slice nobody would look for them.
        fresh.seal([], upper)
    progress(scan.name, 1.0)
    return fresh


def _stretch(seconds: float) -> float:
    return (
        4.0
        if seconds < SLICE_SECONDS[0] / 4
        else 2.0
        if seconds < SLICE_SECONDS[0]
        else 0.5
        if seconds > SLICE_SECONDS[1]
        else 1.0
    )


def settled(totals: Totals, database: Database, upper: datetime, timeout: float) -> list[Row] | None:
    """Rows from the horizon to `upper`, read without holding up scrapes; None when there is nothing to move."""
    lower = totals.horizon
    if lower is None or upper <= lower:
        return None
    sql, params = totals.scan.window(lower, upper, closed=False)
    with database.snapshot() as session:
        return session.rows(sql, params, timeout)


def newest_row(scan: Scan, database: Database) -> float | None:
    """Age of the newest row in seconds; None when there is no row, or its time is none that Python knows."""
    with database.snapshot() as session:
        now = session.moment.now
        value = session.rows(scan.newest_sql, scan.at.params("upper", "<=", now), LOOK_SECONDS)[0][0]
    try:
        instant = instant_of(value, scan.at)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (now - instant).total_seconds()) if instant is not None else None


def future_rows(scan: Scan, database: Database) -> int:
    """How many rows have an event time in the future: a second and more, since rows come in while we look."""
    with database.snapshot() as session:
        now = session.moment.now + timedelta(seconds=1)
        return int(session.rows(scan.future_sql, scan.at.params("upper", ">", now), LOOK_SECONDS)[0][0])


def instant_of(value: Any, at: Resolved) -> datetime | None:
    """A raw event time as an instant; ValueError or OverflowError when it is none that Python knows."""
    from zoneinfo import ZoneInfo

    if value is None:
        return None
    if at.source.format in ("epoch", "epoch_ms"):
        scale = 1 if at.source.format == "epoch" else 1000
        return datetime.fromtimestamp(float(value) / scale, UTC)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if type(value) is date:
        value = datetime.combine(value, datetime.min.time())
    instant: datetime = value if value.tzinfo is not None else value.replace(tzinfo=ZoneInfo(at.zone))
    return instant


def step(horizon: datetime | None, upper: datetime, interval: float) -> bool:
    """Whether it is worth sealing up to `upper` now."""
    return horizon is None or upper - horizon >= timedelta(seconds=interval / 2)
