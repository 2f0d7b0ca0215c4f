"""Numbers of panels against one SQL statement each, over raw rows, for every tenant and time range of the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


def computed_at(place: Place, computation: str) -> float:
    """The instant of the snapshot from which a computation's present values come, as seconds since the epoch."""
    age = f'exporter_computation_age_seconds{{computation="{computation}"}}'
    took = f'exporter_computation_duration_seconds{{computation="{computation}"}}'
    (found,) = place.query(f"timestamp({age}) - {age} - on (computation) {took}", now=True).values()
    return found
