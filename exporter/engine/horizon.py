"""The horizon: the instant before which no row can still appear.

A settle window alone loses the rows of every transaction that stays open longer. So each snapshot leaves a mark: the
time read before it, and a number above every transaction that had begun to write by then. Once all transactions below
that number have ended, every row that was inserted before the mark's time is visible, and a row is inserted at most
`settle` after its time stamp: the horizon is the newest such mark minus `settle`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from exporter.sources.database import Moment

MARKS: Final = 1000
"""Marks kept while a transaction holds the horizon back; beyond that the older half is thinned."""


@dataclass(slots=True)
class Horizon:
    """Follows snapshots and says how far totals may be sealed."""

    settle: timedelta
    cap: timedelta
    marks: deque[tuple[datetime, int]] = field(default_factory=deque)
    safe: datetime | None = None
    last: datetime | None = None
    jumps: int = 0
    capped: bool = False

    def observe(self, moment: Moment) -> bool:
        """Take in a snapshot. True when the database's clock went back: totals may then lie beyond the clock."""
        back = self.last is not None and moment.now < self.last
        if back:
            self.jumps += 1
            self.marks = deque(mark for mark in self.marks if mark[0] <= moment.now)
            self.safe = min(self.safe, moment.now) if self.safe is not None else None
        self.last = moment.now
        if moment.oldest is not None and moment.bound is not None:
            self.marks.append((moment.now, moment.bound))
            while self.marks and self.marks[0][1] <= moment.oldest:
                self.safe = self.marks.popleft()[0]
            if len(self.marks) > MARKS:
                kept = list(self.marks)
                self.marks = deque(kept[: MARKS // 2 : 2] + kept[MARKS // 2 :])
        return back

    def value(self) -> datetime | None:
        """The instant up to which (exclusive) totals may be sealed; None before the first snapshot.

        A transaction that stays open beyond the cap no longer holds the horizon back; neither does a database that
        does not tell of its transactions (SQLite, a standby), which then always stands at the cap.
        """
        if self.last is None:
            return None
        limit = self.last - self.cap
        exact = self.safe - self.settle if self.safe is not None else None
        self.capped = bool(self.marks) and limit > self.marks[0][0] - self.settle
        return limit if exact is None or exact < limit else exact

    def beyond(self, sealed: datetime) -> bool:
        """Whether totals sealed up to this instant can miss rows that the clock, having gone back, still stamps."""
        return self.last is not None and sealed > self.last - self.settle / 2
