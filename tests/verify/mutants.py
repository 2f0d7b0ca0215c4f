"""Broken definitions: one mistake each, made in the catalogue's object or in the statement that the engine built of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any, Final

from exporter.engine.scans import CLOSED, Family, LevelScan, Plan, Scan
from exporter.entity import Column, Condition, Entity, Kind
from exporter.metric import Distribution, EventMetric, Level, Sum
from exporter.settings import Settings
from tests.verify.data import NEAR, bounds_of

Edit = Callable[[Plan], Plan]
OPPOSITE: Final = {
    "present": "absent",
    "absent": "present",
    "true": "not_true",
    "not_true": "true",
    "in": "not_in",
    "not_in": "in",
}


@dataclass(frozen=True)
class Mutant:
    """One mistake: another object, or an edit of the built plan, or other settings for the engine."""

    metric: EventMetric | Level
    what: str
    instead: EventMetric | Level | None = None
    edit: Edit | None = None
    zone: str | None = None

    def plan(self, sound: Plan, anew: Callable[[EventMetric | Level, str | None], Plan]) -> Plan:
        """What the engine plans with the mistake in it: `sound` edited, or another plan of a metric, in a time zone."""
        return self.edit(sound) if self.edit is not None else anew(self.instead or self.metric, self.zone)


def mutants(metric: EventMetric | Level, settings: Settings) -> Iterator[Mutant]:
    """Every mistake that is made with a metric."""
    yield from _filters(metric)
    yield from _labels(metric)
    if isinstance(metric, Level):
        yield from _levels(metric)
        return
    yield from _windows(metric)
    for column in _others(metric.entity, (metric.at,), Kind.TIME):
        yield Mutant(metric, f"event time {column.name}", replace(metric, at=column))
    if isinstance(metric, Distribution):
        yield from _distributions(metric, settings)
    if isinstance(metric, Sum):
        yield from _sums(metric)


def equivalent(metric: EventMetric | Level) -> dict[str, str]:
    """Filters on a value's presence that change nothing, with the reason; they are not made."""
    found = {}
    for column in metric.entity.columns:
        reason = _needless(metric, column)
        if reason:
            found[f"{metric.base}: and {column.name} present"] = reason
    return found


def _needless(metric: EventMetric | Level, column: Column) -> str | None:
    if column in ((metric.opened,) if isinstance(metric, Level) else (metric.at,)):
        return "a row without this time is not counted anyway"
    if isinstance(metric, (Sum, Distribution)) and column is getattr(metric, "value", None):
        return "a row without this value is not added anyway"
    if isinstance(metric, Level) and column is metric.amount:
        return "a row without this amount is not added anyway"
    if isinstance(metric, Sum) and column.derived:
        return "the engine works it out for every row that is added"
    tests = {condition.test for condition in metric.where if condition.column is column}
    return "the filter asks for a value already" if tests & {"in", "true", "present"} else None


def _filters(metric: EventMetric | Level) -> Iterator[Mutant]:
    """Wrong filter: one dropped, turned round, or one too many."""
    for condition in metric.where:
        rest = tuple(other for other in metric.where if other is not condition)
        name = f"{condition.column.name} {condition.test}"
        yield Mutant(metric, f"without {name}", replace(metric, where=rest))
        turned = Condition(condition.column, OPPOSITE[condition.test], condition.values)
        yield Mutant(metric, f"{name} turned round", replace(metric, where=(*rest, turned)))
        if condition.values:
            other = Condition(condition.column, condition.test, ("error",))
            yield Mutant(metric, f"{name} of another value", replace(metric, where=(*rest, other)))
    for column in metric.entity.columns:
        if not _needless(metric, column):
            yield Mutant(metric, f"and {column.name} present", replace(metric, where=(*metric.where, column.present)))
        if column.kind is Kind.FLAG and column not in [condition.column for condition in metric.where]:
            yield Mutant(metric, f"and {column.name} true", replace(metric, where=(*metric.where, column.true)))


def _labels(metric: EventMetric | Level) -> Iterator[Mutant]:
    """Wrong label column: two exchanged, or one lost."""
    names = metric.label_names
    own = [index for index, label in enumerate(metric.labels) if label.name != "kind"]
    for one, other in combinations(own, 2):

        def exchange(family: Family, one: int = one, other: int = other) -> Family:
            labels = list(family.labels)
            labels[one], labels[other] = labels[other], labels[one]
            return replace(family, labels=tuple(labels))

        yield Mutant(metric, f"labels {names[one]} and {names[other]} exchanged", edit=_families(exchange))
    for index in own:

        def lose(family: Family, index: int = index) -> Family:
            return replace(family, labels=(*family.labels[:index], "unknown", *family.labels[index + 1 :]))

        yield Mutant(metric, f"label {names[index]} lost", edit=_families(lose))
        if metric.labels[index].derived:
            yield Mutant(metric, f"label {names[index]} in another zone", zone="Asia/Kolkata")
    if "weekday" in names:
        yield Mutant(metric, "Sunday as 0", edit=_sql("isodow", "dow"))


def _windows(metric: EventMetric) -> Iterator[Mutant]:
    """Off by one at an edge of the sealed slices, or of the tail."""
    yield Mutant(metric, "the row of this instant not counted", edit=_sql(CLOSED, "<"))
    yield Mutant(metric, "sealed slices closed above", edit=_sql(CLOSED, "<="))
    yield Mutant(metric, "slices and tail open below", edit=_sql(">= %(lower)s", "> %(lower)s"))
    yield Mutant(
        metric, "future rows counted", edit=_sql(f"{CLOSED} %(upper)s", f"{CLOSED} %(upper)s + interval '2 days'")
    )


def _distributions(metric: Distribution, settings: Settings) -> Iterator[Mutant]:
    for column in _others(metric.entity, (metric.value,), Kind.REAL, Kind.INTEGER):
        yield Mutant(metric, f"value {column.name}", replace(metric, value=column))
    bounds = metric.upper_bounds(settings.thresholds.bounds())
    assert set(bounds) <= set(bounds_of(metric.value, metric.entity, settings))
    for bound in bounds:
        # Between two whole numbers there is none: their bounds are moved by one.
        step = 0.5 if metric.value.kind is Kind.INTEGER else NEAR * (bound or 1)
        for instead, words in (
            (f"< {bound!r}", "<"),
            (f">= {bound!r}", ">="),
            (f"<= {bound + 2 * step!r}", "<= a little more than"),
            (f"<= {bound - 2 * step!r}", "<= a little less than"),
        ):
            yield Mutant(
                metric,
                f"bucket {words} {bound!r}",
                edit=_sql(rf"<= {re.escape(repr(bound))}(?![\d.])", instead, regex=True),
            )
    for place, (one, other) in enumerate(pairwise(range(2, len(bounds) + 2))):

        def exchange(family: Family, one: int = one, other: int = other) -> Family:
            slots = list(family.slots)
            slots[one], slots[other] = slots[other], slots[one]
            return replace(family, slots=tuple(slots))

        yield Mutant(metric, f"buckets {bounds[place]} and {bounds[place + 1]} exchanged", edit=_families(exchange))
    yield Mutant(metric, "negative values counted", edit=_sql(r">= 0(?![.\d])", "IS NOT NULL", regex=True))
    yield Mutant(metric, "0 not counted", edit=_sql("< 0)", "<= 0)"))
    if metric.value.kind is not Kind.INTEGER:  # A whole number is always a number.
        yield Mutant(metric, "NaN counted", edit=_sql("< 'Infinity'::double precision", "IS NOT NULL"))
    yield Mutant(metric, "mean instead of sum", edit=_sql("sum(", "avg("))


def _sums(metric: Sum) -> Iterator[Mutant]:
    if metric.value is not None:
        for column in _others(metric.entity, (metric.value,), Kind.INTEGER, Kind.REAL, Kind.MONEY):
            yield Mutant(metric, f"value {column.name}", replace(metric, value=column))
    for one, other in combinations(metric.parts, 2):
        parts = {**metric.parts, one: metric.parts[other], other: metric.parts[one]}
        yield Mutant(metric, f"parts {one} and {other} exchanged", replace(metric, parts=parts))
    for part in metric.parts:
        rest = {name: column for name, column in metric.parts.items() if name != part}
        yield Mutant(metric, f"part {part} left out", replace(metric, parts=rest))
    yield Mutant(metric, "negative values added", edit=_sql(">= 0", "IS NOT NULL"))
    yield Mutant(metric, "rows counted instead of added up", edit=_sql("sum(", "count("))
    yield Mutant(metric, "greatest instead of sum", edit=_sql("sum(", "max("))


def _levels(metric: Level) -> Iterator[Mutant]:
    yield Mutant(metric, "opened and closed exchanged", replace(metric, opened=metric.closed, closed=metric.opened))
    for column in _others(metric.entity, (metric.opened,), Kind.TIME):
        yield Mutant(metric, f"opened {column.name}", replace(metric, opened=column))
    for column in _others(metric.entity, (metric.closed,), Kind.TIME):
        yield Mutant(metric, f"closed {column.name}", replace(metric, closed=column))
    yield Mutant(metric, "zeros left out" if metric.zero else "zeros shown", replace(metric, zero=not metric.zero))
    yield Mutant(metric, "what opens at this instant not counted", edit=_sql("<= %(opened)s", "< %(opened)s"))
    yield Mutant(metric, "what closes at this instant counted", edit=_sql("> %(closed)s", ">= %(closed)s"))
    yield Mutant(metric, "what has no end not counted", edit=_sql("IS NULL", "IS NOT NULL"))
    yield Mutant(metric, "ended counted, open not", edit=_sql("> %(closed)s", "<= %(closed)s"))


def _others(entity: Entity, but: tuple[Column, ...], *kinds: Kind) -> list[Column]:
    return [column for column in entity.columns if column.kind in kinds and column not in but]


def _families(change: Callable[[Family], Family]) -> Edit:
    """A change of every family of the plan."""

    def edit(made: Plan) -> Plan:
        scans = tuple(replace(scan, families=tuple(map(change, scan.families))) for scan in made.scans)
        return replace(
            made, scans=scans, levels=tuple(replace(level, family=change(level.family)) for level in made.levels)
        )

    return edit


def _sql(old: str, new: str, *, regex: bool = False) -> Edit:
    """Other words in the plan's statements; they must be there."""

    def change(item: Any) -> Any:
        pattern = old if regex else re.escape(old)
        text, times = re.subn(pattern, lambda _: new, item.sql)
        assert times, f"{old} is not in {item.sql}"
        return replace(item, sql=text)

    def edit(made: Plan) -> Plan:
        scans: tuple[Scan, ...] = tuple(map(change, made.scans))
        levels: tuple[LevelScan, ...] = tuple(map(change, made.levels))
        return replace(made, scans=scans, levels=levels)

    return edit
