"""A catalogue with every kind of metric over one entity, and what its samples are, worked out in Python row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from exporter.entity import TENANT, Condition, Entity, flag, integer, money, real, text, time
from exporter.labels import HOUR, KIND, REASON, STATUS, WEEKDAY
from exporter.labels import TENANT as OF
from exporter.metric import Count, Distribution, EventMetric, Level, Sum

ZONE: Final = "America/New_York"
Row = Mapping[str, Any]
Table = dict[tuple[str, tuple[tuple[str, str], ...]], Decimal]

WORK: Final = Entity(
    "work",
    "calls",
    "One piece of work.",
    (
        TENANT,
        text("status", "ok or error."),
        text("reason", "Why not."),
        time("began", "When it began.", required=True),
        time("ended", "When it ended."),
        real("duration", "How long it took.", unit="seconds"),
        integer("messages", "Messages."),
        integer("input", "One kind of token."),
        integer("output", "Another kind of token."),
        money("cost", "What it cost."),
        flag("done", "Whether it is done."),
    ),
)
BEGAN, ENDED, DURATION = WORK["began"], WORK["ended"], WORK["duration"]
COMMON: Final[dict[str, Any]] = {"help": "A test.", "domain": "calls", "entity": WORK}
BOUNDS: Final = (0.05, 0.1, 0.3, 0.7, 1.0, 7.0, 60.0)

METRICS: Final[tuple[EventMetric | Level, ...]] = (
    Count(base="begun_total", at=BEGAN, labels=(OF,), **COMMON),
    Count(base="finished_total", at=ENDED, labels=(OF, STATUS), where=(WORK["done"].true,), **COMMON),
    Count(
        base="unfinished_total",
        at=ENDED,
        labels=(OF, REASON),
        where=(WORK["done"].not_true, WORK["status"].not_in("ok"), WORK["reason"].present),
        **COMMON,
    ),
    Count(base="unexplained_total", at=BEGAN, labels=(), where=(WORK["reason"].absent,), **COMMON),
    Count(base="begun_by_hour_total", at=BEGAN, labels=(OF, WEEKDAY, HOUR), **COMMON),
    Distribution(
        base="took_seconds",
        at=ENDED,
        labels=(OF,),
        where=(WORK["status"].is_in("ok", "else"),),
        value=DURATION,
        bounds=BOUNDS,
        **COMMON,
    ),
    Distribution(base="began_seconds", at=BEGAN, labels=(), value=DURATION, bounds=BOUNDS, **COMMON),
    Sum(base="messages_total", at=ENDED, labels=(OF,), value=WORK["messages"], **COMMON),
    Sum(base="cost_usd_total", at=ENDED, labels=(STATUS,), value=WORK["cost"], **COMMON),
    Sum(
        base="tokens_total",
        at=BEGAN,
        labels=(OF, KIND),
        parts={"input": WORK["input"], "output": WORK["output"]},
        **COMMON,
    ),
    Level(base="open_work", opened=BEGAN, closed=ENDED, labels=(OF,), **COMMON),
    Level(
        base="open_messages",
        opened=BEGAN,
        closed=ENDED,
        labels=(OF,),
        amount=WORK["messages"],
        where=(WORK["status"].is_in("ok"),),
        zero=True,
        **COMMON,
    ),
)


def samples(rows: Iterable[Row], at: datetime) -> Table:
    """Every sample that is not 0 at an instant."""
    found: Table = {}
    rows = list(rows)
    for metric in METRICS:
        for row in rows:
            for name, labels, amount in _of(metric, row, at):
                place = name, tuple(sorted(labels.items()))
                found[place] = found.get(place, Decimal(0)) + amount
    return {place: value for place, value in found.items() if value}


def _of(metric: EventMetric | Level, row: Row, at: datetime) -> Iterator[tuple[str, dict[str, str], Decimal]]:
    if not all(_meets(condition, row) for condition in metric.where):
        return
    labels = {label.name: _word(row.get(label.name)) for label in metric.labels if label is not KIND}
    if isinstance(metric, Level):
        opened, closed = row[metric.opened.name], row[metric.closed.name]
        amount = _valid(row[metric.amount.name]) if metric.amount is not None else Decimal(1)
        if opened is not None and opened <= at and (closed is None or closed > at) and amount is not None:
            yield metric.name, labels, amount
        return
    event = row[metric.at.name]
    if event is None or event > at:
        return
    local = event.astimezone(ZoneInfo(ZONE))
    labels |= {"weekday": f"{local:%u}", "hour": f"{local:%H}"} if HOUR in metric.labels else {}
    if isinstance(metric, Count):
        yield metric.name, labels, Decimal(1)
    elif isinstance(metric, Distribution):
        yield from _observed(metric, labels, _valid(row[metric.value.name]))
    elif isinstance(metric, Sum):
        for kind, column in (metric.parts or {"": metric.values[0]}).items():
            number = _valid(row[column.name])
            if number is not None:
                yield metric.name, {**labels, "kind": kind} if kind else labels, number


def _observed(
    metric: Distribution, labels: dict[str, str], value: Decimal | None
) -> Iterator[tuple[str, dict[str, str], Decimal]]:
    if value is None:
        return
    yield metric.count, labels, Decimal(1)
    yield metric.sum, labels, value
    yield metric.bucket, {**labels, "le": "inf"}, Decimal(1)
    for bound in metric.bounds:
        if value <= Decimal(repr(bound)):
            yield metric.bucket, {**labels, "le": repr(bound)}, Decimal(1)


def _meets(condition: Condition, row: Row) -> bool:
    value = row[condition.column.name]
    return {
        "true": value is True,
        "not_true": value is not True,
        "present": value not in (None, ""),
        "absent": value in (None, ""),
        "in": value in condition.values,
        "not_in": value not in condition.values,
    }[condition.test]


def _word(value: Any) -> str:
    return str(value) if value not in (None, "") else "unknown"


def _valid(value: Decimal | None) -> Decimal | None:
    return value if value is not None and value.is_finite() and value >= 0 else None
