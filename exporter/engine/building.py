"""Builds the SQL of scans: each number and each group column once, fused over metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from exporter.engine.columns import Resolved, compile_sql, literal
from exporter.engine.probe import can_last, probe
from exporter.engine.resolve import Source
from exporter.engine.scans import CLOSED, Family, Scan
from exporter.entity import Column
from exporter.labels import KIND, Label
from exporter.metric import Count, Distribution, EventMetric, Sum

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.sql.elements import ColumnElement

    from exporter.settings import Settings
else:
    from exporter.later import sqlalchemy as sa

FIRST: Final = "0001-01-03"
LAST: Final = "9999-12-30"


class Builder:
    """Builds one scan: collects group columns and numbers, each distinct one once."""

    def __init__(self, source: Source, first: EventMetric, settings: Settings) -> None:
        self.source = source
        self.at = source.columns[first.at.name]
        self.settings = settings
        self.groups: dict[str, ColumnElement[Any]] = {}
        self.numbers: dict[str, ColumnElement[Any]] = {}

    def build(self, metrics: list[EventMetric], suffix: str) -> Scan:
        """The scan of these metrics. Its first number is always the count of rows."""
        self._number(sa.func.count())
        for metric in metrics:
            for label in metric.labels:
                self._group(label)
        families = tuple(family for metric in metrics for family in self._families(metric))
        name = f"{self.source.entity.name}.{self.at.column.name}{suffix}"
        columns = [*self.groups.values(), *self.numbers.values()]
        labelled = [column.label(f"c{index}") for index, column in enumerate(columns)]
        statement = self.source.select_from(*labelled).where(
            self.at.compare("lower", ">="), self.at.compare("upper", CLOSED)
        )
        names: list[ColumnElement[Any]] = [sa.literal_column(f"{index + 1}") for index in range(len(self.groups))]
        text = compile_sql(statement.group_by(*names), self.source.dialect)
        slotted = (
            self.source.select_from(*labelled, self.at.slot().label("slot"))
            .where(self.at.compare("lower", ">"), self.at.compare("upper", "<="))
            .group_by(*names, sa.literal_column(f"{len(columns) + 1}"))
        )
        raw = self.at.raw if self.at.raw is not None else sa.null()
        oldest = self.source.select_from(sa.func.min(raw))
        newest = self.source.select_from(sa.func.max(raw)).where(self.at.compare("upper", "<="))
        if self.source.dialect == "postgresql" and self.at.type.startswith("timestamp"):
            # Stamps without end, and those that Python has no date for, are no first or last row.
            oldest = oldest.where(raw >= literal(FIRST), raw < literal(LAST))
            newest = newest.where(raw >= literal(FIRST))
        return Scan(
            name=name,
            domain=metrics[0].domain,
            source=self.source,
            at=self.at,
            families=families,
            groups=tuple(self.groups),
            sql=text,
            newest_sql=compile_sql(newest, self.source.dialect),
            oldest_sql=compile_sql(oldest, self.source.dialect),
            future_sql=compile_sql(
                self.source.select_from(sa.func.count()).where(self.at.compare("upper", ">")), self.source.dialect
            ),
            slotted_sql=compile_sql(slotted, self.source.dialect),
            probe_sql=probe(self.source, self.at) if can_last(self.source, self.at, self._read(metrics)) else None,
        )

    def _read(self, metrics: list[EventMetric]) -> list[Resolved]:
        """Columns that the metrics' numbers are made of."""
        wanted = {column.name for metric in metrics for column in metric.columns}
        wanted |= {column.name for metric in metrics if isinstance(metric, Sum) for column in metric.values}
        wanted |= {label.name for metric in metrics for label in metric.labels}
        return [column for name, column in self.source.columns.items() if name in wanted]

    def _group(self, label: Label) -> None:
        if label.derived:
            self.groups[label.name] = self.at.part(label.derived, self.settings.time_zone)
            return
        column = self.source.columns.get(label.name)
        if column is not None and column.varies:
            self.groups[label.name] = column.words()

    def _families(self, metric: EventMetric) -> Iterator[Family]:
        where = [self.source.columns[condition.column.name].test(condition) for condition in metric.where]
        if isinstance(metric, Count):
            labels = set(metric.label_names)
            zero = bool(metric.where) and not any(condition.column.name in labels for condition in metric.where)
            yield Family(metric, self._labels(metric), (self._number(counted(where)),), keep_zero=zero)
        elif isinstance(metric, Distribution):
            yield self._distribution(metric, where)
        elif isinstance(metric, Sum):
            parts: Mapping[str, Column] = metric.parts or {"": metric.values[0]}
            for part, column in parts.items():
                value = self.source.columns.get(column.name)
                if value is not None:
                    slot = self._number(value.summed(where))
                    yield Family(metric, self._labels(metric, part), (slot,), rejected=self._rejected(value, where))

    def _distribution(self, metric: Distribution, where: list[ColumnElement[bool]]) -> Family:
        value = self.source.columns[metric.value.name]
        bounds = metric.upper_bounds(self.settings.thresholds.bounds())
        number = value.number()
        there = sa.func.count(number).filter(*where) if where else sa.func.count(number)
        # Equal aggregates are worked out once, so taking away is cheaper than a longer filter on each bucket.
        negative = counted([*where, value.negative()])
        wrong = negative + counted([*where, value.not_a_number()]) if value.may_be_no_number else negative
        slots = [self._number(there - wrong), self._number(value.summed(where))]
        for bound in bounds:
            below = counted([*where, value.at_most(bound)])
            slots.append(self._number(below - negative))
        return Family(metric, self._labels(metric), tuple(slots), bounds, rejected=self._rejected(value, where))

    def _rejected(self, value: Resolved, where: list[ColumnElement[bool]]) -> tuple[tuple[str, int], ...]:
        found = [("negative", self._number(counted([*where, value.negative()])))]
        if value.may_be_no_number:
            found.append(("not_a_number", self._number(counted([*where, value.not_a_number()]))))
        return tuple(found)

    def _labels(self, metric: EventMetric, part: str = "") -> tuple[int | str, ...]:
        places: list[int | str] = []
        for label in metric.labels:
            column = self.source.columns.get(label.name)
            if label is KIND and part:
                places.append(part)
            elif label.name in self.groups:
                places.append(list(self.groups).index(label.name))
            else:
                places.append((column.constant if column is not None else None) or "unknown")
        return tuple(places)

    def _number(self, expression: ColumnElement[Any]) -> int:
        """Position of a number among the numbers of a row; the same expression has one place."""
        text = compile_sql(expression, self.source.dialect)
        self.numbers.setdefault(text, expression)
        return list(self.numbers).index(text)


def counted(where: list[ColumnElement[bool]]) -> ColumnElement[Any]:
    """How many rows meet some conditions."""
    return sa.func.count().filter(*where) if where else sa.func.count()
