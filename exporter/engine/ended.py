"""What ended just before an exporter began: it is shown as 0 for some minutes.

Prometheus marks a series as ended when one scrape has it and the next has not; else it finds the last sample for minutes.
History that was filled in a moment ago ends with what was open then, and the scrape that would have seen it end is the
first of all. So that one tells it: nothing is open is true, and it is told as long as somebody may find the old sample.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from exporter.engine.scans import LevelScan
from exporter.engine.totals import Key, Series
from exporter.sources.database import ConnectionLost, DatabaseError, Row, Session

LOOKBACK: Final = timedelta(minutes=5)
"""So long Prometheus finds a sample that is the newest of its series (`--query.lookback-delta`)."""


class Ended:
    """Label sets of each level that had something open in the minutes before the first scrape."""

    def __init__(self) -> None:
        self.began: datetime | None = None
        self._keys: dict[str, frozenset[Key]] = {}

    def look(
        self,
        levels: Iterable[LevelScan],
        session: Session,
        seconds: float,
        series: Callable[[LevelScan, list[Row]], Series],
    ) -> None:
        """Ask for the levels that were not asked for yet, in so much time. One that cannot be read goes without."""
        now, deadline = session.moment.now, time.monotonic() + seconds
        self.began = self.began or now
        for level in levels:
            left = deadline - time.monotonic()
            if level.family.keep_zero or level.name in self._keys or now > self.began + LOOKBACK or left <= 0:
                continue
            self._keys[level.name] = frozenset()
            try:
                rows = session.rows(*level.open_since(now, self.began - LOOKBACK), left)
            except ConnectionLost:
                raise
            except DatabaseError:
                continue
            self._keys[level.name] = frozenset(series(level, rows))

    def shown(self, level: LevelScan, series: Series, now: datetime) -> Series:
        """The numbers of a level with a 0 for what ended, as long as that is told."""
        keys = self._keys.get(level.name)
        if not keys or self.began is None or now > self.began + LOOKBACK:
            return series
        return {**{key: [0] for key in keys}, **series}
