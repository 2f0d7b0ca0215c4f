"""Builds the SQL of levels: what is open at an instant, and what opened and closed on the way to the next ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from exporter.engine.building import counted
from exporter.engine.columns import Resolved, compile_sql
from exporter.engine.resolve import Source
from exporter.engine.scans import Family, LevelScan
from exporter.metric import Level

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.sql.elements import ColumnElement
else:
    from exporter.later import sqlalchemy as sa

UNION: Final = " UNION ALL "


def level_scans(metrics: Iterable[Level], sources: Mapping[str, Source]) -> tuple[LevelScan, ...]:
    """The statements of level metrics. Those of the same open rows share one for scrapes."""
    parts = [_Parts.of(metric, sources[metric.entity.name]) for metric in metrics]
    return tuple(_shared(part.scan(), part, parts) for part in parts)


def _shared(scan: LevelScan, part: _Parts, parts: list[_Parts]) -> LevelScan:
    """With the statement that gives the numbers of all levels of the same rows."""
    alike = [other for other in parts if other.rows == part.rows]
    if part.metric.zero or len(alike) == 1:
        return scan
    return replace(scan, shared_sql=part.open_now(*(one.number([]) for one in alike)), place=alike.index(part))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the statements of one level are made of."""

    metric: Level
    source: Source
    opened: Resolved
    closed: Resolved
    tests: tuple[ColumnElement[bool], ...]
    groups: dict[str, ColumnElement[Any]]
    places: tuple[int | str, ...]

    @classmethod
    def of(cls, metric: Level, source: Source) -> _Parts:
        groups: dict[str, ColumnElement[Any]] = {}
        places: list[int | str] = []
        for label in metric.labels:
            column = source.columns.get(label.name)
            if column is not None and column.varies:
                places.append(len(groups))
                groups[label.name] = column.words()
            else:
                places.append((column.constant if column is not None else None) or "unknown")
        tests = tuple(source.columns[condition.column.name].test(condition) for condition in metric.where)
        opened, closed = source.columns[metric.opened.name], source.columns[metric.closed.name]
        return cls(metric, source, opened, closed, tests, groups, tuple(places))

    @property
    def rows(self) -> tuple[Any, ...]:
        """What two levels have in common that count the same open rows by the same labels."""
        metric = self.metric
        return metric.entity.name, metric.opened.name, metric.closed.name, metric.where, tuple(self.groups), metric.zero

    @property
    def never(self) -> ColumnElement[bool]:
        """No end is known."""
        return (self.closed.raw if self.closed.raw is not None else sa.null()).is_(None)

    def number(self, where: list[ColumnElement[bool]]) -> ColumnElement[Any]:
        """How many rows, or what they add up to."""
        amount = self.source.columns[self.metric.amount.name] if self.metric.amount is not None else None
        return counted(where) if amount is None else amount.summed(where)

    def scan(self) -> LevelScan:
        """The level with statements of its own."""
        recent = None
        if self.metric.zero:
            sql, recent = self._with_zeros()
        else:
            sql = self.open_now(self.number([]))
        family = Family(self.metric, self.places, (0,), keep_zero=self.metric.zero)
        opening, closing = self._changes()
        name, domain = self.metric.base, self.metric.domain
        times = self.opened, self.closed
        return LevelScan(name, domain, self.source, *times, family, tuple(self.groups), sql, opening, closing, recent)

    def open_now(self, *numbers: ColumnElement[Any]) -> str:
        """Label sets with something open, and numbers; one may be in two rows, which add up.

        Rows without an end are asked for apart from those that end later, or no index could choose either of them.
        """
        begun = self._select(*numbers).where(self.opened.compare("opened", "<="), *self.tests)
        ends = (self.never, self.closed.compare("closed", ">"))
        return UNION.join(self._compiled(begun.where(end).group_by(*self._by())) for end in ends)

    def _with_zeros(self) -> tuple[str, str | None]:
        """Every label set, and those that are open or opened lately, where every row has a time at which it opened."""
        is_open = [
            self.opened.compare("opened", "<="),
            sa.or_(self.never, self.closed.compare("closed", ">")),
            *self.tests,
        ]
        number = self.number(is_open)
        if self.metric.amount is not None:
            # Nothing open is 0 where amounts are known at all; where none is, nothing is known.
            known = counted([self.source.columns[self.metric.amount.name].valid()]) > sa.literal_column("0")
            number = sa.case((known, sa.func.coalesce(number, sa.literal_column("0"))), else_=sa.null())
        statement = self._select(number)
        lately = statement.where(sa.or_(sa.and_(*is_open), self.opened.compare("since", ">=")))
        recent = self._compiled(lately.group_by(*self._by())) if self.metric.opened.required else None
        return self._compiled(statement.group_by(*self._by())), recent

    def _changes(self) -> Iterator[str]:
        """What opened and what closed in slots of time; rows that were never open are in neither.

        Most rows open and close between two instants that are hours apart, so that none of them sees it: they are left
        out where that can be told.
        """
        opening = closing = self.opened.before(self.closed)
        if not self.metric.zero and self.source.dialect == "postgresql" and self.opened.like(self.closed):
            apart = self.opened.slot() != self.closed.slot()
            opening = sa.and_(opening, apart)
            closing = sa.and_(closing, sa.or_(sa.not_(self.opened.compare("lower", ">")), apart))
        for at, lasted in ((self.opened, sa.or_(self.never, opening)), (self.closed, closing)):
            found = self._select(self.number([])).where(
                *self.tests, at.compare("lower", ">"), at.compare("upper", "<=")
            )
            slot: ColumnElement[Any] = sa.literal_column(f"{len(self.groups) + 2}")
            yield self._compiled(found.where(lasted).add_columns(at.slot().label("slot")).group_by(*self._by(), slot))

    def _select(self, *numbers: ColumnElement[Any]) -> Any:
        columns = (*self.groups.values(), *numbers)
        return self.source.select_from(*(value.label(f"c{index}") for index, value in enumerate(columns)))

    def _by(self) -> list[ColumnElement[Any]]:
        return [sa.literal_column(f"{index + 1}") for index in range(len(self.groups))]

    def _compiled(self, statement: Any) -> str:
        return compile_sql(statement, self.source.dialect)
