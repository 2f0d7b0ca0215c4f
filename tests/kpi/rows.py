"""Numbers of panels against one SQL statement each, over raw rows, for every tenant and time range of the tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.kpi.rig import RANGES, Place, close, windows


@dataclass(frozen=True)
class Check:
    """A panel, and the statement that gives its number; `{at}` in it stands for the time range and tenant of a column."""

    board: str
    title: str
    sql: str
    ref: str = "A"

    def wanted(self, place: Place, tenant: str, since: object) -> float | None:
        """The number from the rows."""
        sql = self.sql
        values: list[object] = []
        while "{" in sql:
            column = sql[sql.index("{") + 1 : sql.index("}")]
            sql = sql.replace(f"{{{column}}}", f"tenant = %s AND {column} > %s AND {column} <= %s", 1)
            values += [tenant, since, place.end]
        ((number,),) = place.rows(sql, *values)
        return None if number is None else float(number)


def agree(place: Place, check: Check, tenant: str) -> None:
    """The panel shows the number of the rows, over each range, and there is one."""
    for days, since in windows(place.end):
        wanted = check.wanted(place, tenant, since)
        found = place.value(check.board, check.title, ref=check.ref, days=days, tenant=tenant)
        assert wanted is not None
        assert close(found, wanted), f"{check.title} of {tenant} over {days} days: {found}, by the rows {wanted}"


def unknown(place: Place, checks: Mapping[str, Check]) -> None:
    """Without rows no panel has a number."""
    for check in checks.values():
        for days in RANGES:
            assert place.value(check.board, check.title, ref=check.ref, days=days, now=True) is None, check.title


SLACK: Final = timedelta(seconds=10)
"""How much later than it seems a computation may have looked: its age is told at the end of a scrape, which bears the time
of its beginning."""


def looks(place: Place, computation: str) -> Iterator[datetime]:
    """Instants, a tenth of a second apart, one of which is that of the snapshot from which the present values come."""
    age = f'exporter_computation_age_seconds{{computation="{computation}"}}'
    took = f'exporter_computation_duration_seconds{{computation="{computation}"}}'
    (found,) = place.query(f"timestamp({age}) - {age} - on (computation) {took}", now=True).values()
    first, step = datetime.fromtimestamp(found, UTC), timedelta(seconds=0.1)
    return (first + number * step for number in range(round(SLACK / step)))
