"""What a scrape runs: scans and levels as values, and how result rows map to metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from exporter.engine.columns import Resolved
from exporter.engine.probe import below
from exporter.engine.resolve import Source
from exporter.metric import Metric

# The upper end of a window; the marker is a comment, so that one text serves both kinds of window.
CLOSED: Final = "<= /* upper */"
OPEN: Final = "< /* upper */"

Statement = tuple[str, dict[str, Any]]
"""A statement with its parameters."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric within a scan: where its labels and numbers stand in a result row.

    `labels` holds for each label a position in the row's group, or the constant that stands in its place.
    `slots` are the positions of its numbers: one for a counter; count, sum and the buckets for a histogram.
    """

    metric: Metric
    labels: tuple[int | str, ...]
    slots: tuple[int, ...]
    bounds: tuple[float, ...] = ()
    keep_zero: bool = False
    rejected: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """One pass over an entity by one event time. Rows are (labels..., numbers...)."""

    name: str
    domain: str
    source: Source
    at: Resolved
    families: tuple[Family, ...]
    groups: tuple[str, ...]
    sql: str
    newest_sql: str
    oldest_sql: str
    future_sql: str
    slotted_sql: str
    probe_sql: str | None

    def window(self, lower: Any, upper: Any, *, closed: bool) -> tuple[str, dict[str, Any]]:
        """Statement and parameters for rows from `lower` on and before `upper`, or up to it when `closed`."""
        above, below = ">=", "<=" if closed else "<"
        sql = self.sql if closed else self.sql.replace(CLOSED, OPEN)
        return sql, {**self.at.params("lower", above, lower), **self.at.params("upper", below, upper)}

    def slots(self, lower: datetime, instants: Sequence[datetime]) -> tuple[Statement, ...]:
        """The statement for rows after `lower` and up to the last instant.

        The last column is the place of the first instant that is not before the row, the others are as ever.
        """
        return ((self.slotted_sql, _slot_params(self.at, lower, instants)),)

    def probe(self, lower: datetime, instants: Sequence[datetime], known: int) -> Statement:
        """The statement that tells which slices are as they were; see `exporter.engine.probe`."""
        assert self.probe_sql is not None  # only such scans are asked
        return self.probe_sql, {**_slot_params(self.at, lower, instants), **below(known)}


@dataclass(frozen=True, slots=True)
class LevelScan:
    """The statement of one level metric. Rows are (labels..., number); those of the same labels add up."""

    name: str
    domain: str
    source: Source
    opened: Resolved
    closed: Resolved
    family: Family
    groups: tuple[str, ...]
    sql: str
    opening_sql: str
    closing_sql: str
    recent_sql: str | None = None
    """The same for what is open and what opened since some time, where every row has a time at which it opened."""
    shared_sql: str | None = None
    """One statement for several levels of the same rows, whose parameters are alike; this one's number is at `place`."""
    place: int = 0

    def slots(self, lower: datetime, instants: Sequence[datetime]) -> tuple[Statement, ...]:
        """As for a scan: what opened after `lower`, and what closed; rows that were never open are in neither."""
        return (
            (self.opening_sql, _slot_params(self.opened, lower, instants)),
            (self.closing_sql, _slot_params(self.closed, lower, instants)),
        )

    def at_instant(self, instant: Any, since: datetime | None = None) -> tuple[str, dict[str, Any]]:
        """Statement and parameters for what is open at an instant.

        If zeros are shown, label sets with nothing open are in it: those of all rows, or of rows that opened from `since` on.
        """
        params = {**self.opened.params("opened", "<=", instant), **self.closed.params("closed", ">", instant)}
        if since is None or self.recent_sql is None:
            return self.sql, params
        return self.recent_sql, params | self.opened.params("since", ">=", since)

    def open_since(self, now: datetime, since: datetime) -> tuple[str, dict[str, Any]]:
        """Statement and parameters for what opened up to now and was still open at an instant before."""
        return self.sql, {**self.opened.params("opened", "<=", now), **self.closed.params("closed", ">", since)}


def _slot_params(at: Resolved, lower: datetime, instants: Sequence[datetime]) -> dict[str, Any]:
    return {**at.params("lower", ">", lower), **at.params("upper", "<=", instants[-1]), **at.slot_params(instants)}


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a scrape runs, and the metrics that this database cannot give, with the reason."""

    scans: tuple[Scan, ...]
    levels: tuple[LevelScan, ...]
    missing: dict[str, str]
    sources: dict[str, Source]

    @property
    def items(self) -> tuple[Scan | LevelScan, ...]:
        """Every statement of a scrape."""
        return (*self.scans, *self.levels)

    @property
    def domains(self) -> tuple[str, ...]:
        """Domains that have something to run, in order."""
        return tuple(dict.fromkeys(scan.domain for scan in self.items))
