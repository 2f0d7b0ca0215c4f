"""Recounts one metric at an instant: one plain statement, and its rows as samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from exporter.entity import Column
from exporter.labels import KIND, Label
from exporter.metric import Count, Distribution, EventMetric, Level, Sum
from exporter.settings import Settings
from exporter.sources.database import Session
from exporter.verify.fields import Field, quote
from exporter.verify.rows import Rows

Number = int | float | Decimal
Key = tuple[str, tuple[tuple[str, str], ...]]
Table = dict[Key, Number]
"""Values by sample name and labels (sorted; bounds of buckets as Python writes them)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement whose rows are labels, then one number for each of `samples`: its name, and its bound if it is a bucket."""

    sql: str
    labels: tuple[str, ...]
    samples: tuple[tuple[str, str], ...]
    fixed: tuple[tuple[str, str], ...] = ()
    derived: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    """Labels whose words are made of what the statement gives."""

    def table(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Key, Number]]:
        """The rows as samples; no value is no sample."""
        width = len(self.labels)
        for row in rows:
            labels = [
                (n, self.derived[n](v) if n in self.derived else v) for n, v in zip(self.labels, row, strict=False)
            ]
            labels += self.fixed
            for (name, bound), value in zip(self.samples, row[width:], strict=True):
                if value is not None:
                    yield key(name, [*labels, ("le", bound)] if bound else labels), value


def key(name: str, labels: Iterable[tuple[str, str]]) -> Key:
    """A sample's place in a table."""
    return name, tuple(sorted(labels))


def recount(
    metric: EventMetric | Level, rows: Rows, session: Session, window: tuple[datetime, datetime], settings: Settings
) -> Table:
    """The metric's samples at an instant. A level with two instants is of what was open from one to the other."""
    found: Table = {}
    for statement in statements(metric, rows, window, settings):
        for place, value in statement.table(rows.run(session, statement.sql, settings.database.seal_timeout)):
            found[place] = value + found[place] if place in found else value  # type: ignore[operator]
    return found


def statements(
    metric: EventMetric | Level, rows: Rows, window: tuple[datetime, datetime], settings: Settings
) -> Iterator[Statement]:
    """The statement of a metric; of a sum of several parts one for each that is mapped."""
    if isinstance(metric, Level):
        yield _level(metric, rows, window)
        return
    derived = {
        label.name: _in_python(label.derived, rows.field(metric.at), settings.time_zone)
        for label in metric.labels
        if label.derived and rows.sqlite
    }
    for statement in _of_events(metric, rows, window, settings):
        yield replace(statement, derived=derived)


def _in_python(part: str, at: Field, zone: str) -> Callable[[Any], str]:
    return lambda quarter: at.part_of(quarter, part, zone)


def _of_events(
    metric: EventMetric, rows: Rows, window: tuple[datetime, datetime], settings: Settings
) -> Iterator[Statement]:
    at = rows.field(metric.at)
    tests = [at.happened(window[1]), *(rows.field(condition.column).test(condition) for condition in metric.where)]
    labels = {
        label.name: _label(label, rows, at, settings)
        for label in metric.labels
        if label is not KIND or metric.entity.has(KIND.name)
    }
    if isinstance(metric, Count):
        yield _select(labels, "", {(metric.name, ""): "COUNT(*)"}, rows.only(tests))
    elif isinstance(metric, Distribution):
        yield _distribution(metric, rows, labels, tests, settings)
    elif isinstance(metric, Sum) and metric.value is not None:
        yield _sum(metric, metric.value, rows, labels, tests)
    elif isinstance(metric, Sum):
        for part, column in metric.parts.items():
            if column.name in rows.fields:
                yield _sum(metric, column, rows, labels, tests, part=part)


def _distribution(
    metric: Distribution, rows: Rows, labels: Mapping[str, str], tests: list[str], settings: Settings
) -> Statement:
    field = rows.field(metric.value)
    number = field.number()
    samples = {(metric.count, ""): "COUNT(*)", (metric.sum, ""): f"SUM({_exact(field)})"}
    for bound in metric.upper_bounds(settings.thresholds.bounds()):
        samples[metric.bucket, repr(bound)] = f"SUM(CASE WHEN {field.compared('value')} <= {bound!r} THEN 1 ELSE 0 END)"
    samples[metric.bucket, "inf"] = "COUNT(*)"
    return _select(labels, number, samples, rows.only([*tests, field.counts(number)]))


def _sum(
    metric: Sum, column: Column, rows: Rows, labels: Mapping[str, str], tests: list[str], *, part: str = ""
) -> Statement:
    field = rows.field(column)
    number = field.number()
    select = rows.only([*tests, field.counts(number)])
    fixed = ((KIND.name, part),) if part else ()
    return _select(labels, number, {(metric.name, ""): f"SUM({_exact(field)})"}, select, fixed=fixed)


def _level(metric: Level, rows: Rows, window: tuple[datetime, datetime]) -> Statement:
    begun, ended = window
    opened, closed = rows.field(metric.opened), rows.field(metric.closed)
    tests = [rows.field(condition.column).test(condition) for condition in metric.where]
    is_open = f"{opened.until(begun)} AND ({closed.text} IS NULL OR {closed.after(ended)})"
    labels = {label.name: _label(label, rows, opened, None) for label in metric.labels}
    number, add = "", "1"
    if metric.amount is not None:
        amount = rows.field(metric.amount)
        number, add = amount.number(), _exact(amount)
        tests.append(amount.counts(number))
    if not metric.zero:
        return _select(labels, number, {(metric.name, ""): f"SUM({add})"}, rows.only([*tests, is_open]))
    states = f"{number or '1'} AS value, CASE WHEN {is_open} THEN 1 ELSE 0 END"
    value = f"SUM(CASE WHEN is_open = 1 THEN {add} ELSE 0 END)"
    return _select(labels, states, {(metric.name, ""): value}, rows.only(tests), name="is_open")


def _select(
    labels: Mapping[str, str],
    number: str,
    samples: Mapping[tuple[str, str], str],
    rows: str,
    *,
    fixed: tuple[tuple[str, str], ...] = (),
    name: str = "value",
) -> Statement:
    """SELECT label, ..., number, ... of the rows, grouped by the labels."""
    names = [f"l{index}" for index in range(len(labels))]
    columns = [f"{text} AS {alias}" for alias, text in zip(names, labels.values(), strict=True)]
    columns.append(f"{number or '1'} AS {name}")
    inner = f"SELECT {', '.join(columns)} FROM {rows}"
    group = f" GROUP BY {', '.join(names)}" if names else ""
    sql = f"SELECT {', '.join([*names, *samples.values()])} FROM ({inner}) AS r{group}"
    return Statement(sql, tuple(labels), tuple(samples), fixed)


def _label(label: Label, rows: Rows, at: Field, settings: Settings | None) -> str:
    if label.derived and settings is not None:
        return at.quarter() if at.sqlite else at.part(label.derived, settings.time_zone)
    if label.name not in rows.fields:
        return "'unknown'"
    return f"COALESCE(NULLIF({rows.fields[label.name].words()}, ''), {quote('unknown')})"


def _exact(field: Field) -> str:
    """The number in a type whose sum does not depend on the order of rows, where the database has one."""
    return "value" if field.sqlite else "CAST(value AS numeric)"
