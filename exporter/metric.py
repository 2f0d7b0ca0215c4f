"""Metrics as objects: defined once, imported by everything that names, queries, draws or documents them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from exporter.entity import Column, Condition, Entity, Kind
from exporter.labels import KIND, Label

NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")
NAMESPACE: Final = re.compile(r"([a-z][a-z0-9]*(_[a-z0-9]+)*)?\Z")

_namespace = ""


class MetricError(Exception):
    """A metric is defined or used wrongly."""


def set_namespace(namespace: str) -> None:
    """Prefix every metric name everywhere from now on; '' for none. Called once, when settings are loaded."""
    global _namespace  # noqa: PLW0603 - one prefix for one process, by design
    if not NAMESPACE.match(namespace):
        raise MetricError(f"namespace {namespace!r} is no metric prefix; use lower-case words joined by _")
    _namespace = namespace


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What all kinds share. `base` is the name without the namespace; `codes` are those of the specification."""

    type: ClassVar[str] = "gauge"
    kind: ClassVar[str] = ""

    base: str
    help: str
    domain: str
    labels: tuple[Label, ...] = ()
    codes: tuple[str, ...] = ()
    unit: str = ""

    def __post_init__(self) -> None:
        if not NAME.match(self.base):
            raise MetricError(f"{self.base!r} is no metric name; use lower-case words joined by _")
        if self.type == "counter" and not self.base.endswith("_total"):
            raise MetricError(f"counter {self.base} must end in _total")
        if not self.help.endswith("."):
            raise MetricError(f"help of {self.base} must be a sentence that ends with a full stop")

    @property
    def name(self) -> str:
        """The name as exported, namespace included."""
        return f"{_namespace}_{self.base}" if _namespace else self.base

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels, in their fixed order."""
        return tuple(label.name for label in self.labels)

    def require(self, labels: Iterable[Label | str]) -> tuple[str, ...]:
        """Names of these labels; ValueError when the metric lacks one."""
        names = tuple(label if isinstance(label, str) else label.name for label in labels)
        wrong = sorted(set(names) - set(self.label_names))
        if wrong:
            raise ValueError(f"{self.name} has no label {', '.join(wrong)}; it has {', '.join(self.label_names)}")
        return names


@dataclass(frozen=True, kw_only=True)
class EventMetric(Metric):
    """Counts rows of an entity by an event time: the lifetime total at time t is of the rows with `at` <= t."""

    entity: Entity
    at: Column
    where: tuple[Condition, ...] = ()
    apart: str = ""
    """Metrics of one entity and event time that have the same word here are read in a pass of their own. Worth it where
    their labels, taken together with those of the others, would give almost every row a group of its own."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _own(self, (self.at, *(condition.column for condition in self.where)))
        if self.at.kind is not Kind.TIME:
            raise MetricError(f"{self.base}: event time {self.at.name} is no time column")
        for label in self.labels:
            if not (label.derived or label is KIND or self.entity.has(label.name)):
                raise MetricError(f"{self.base}: entity {self.entity.name} has no column for label {label.name}")

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns without which the metric cannot be given at all (labels may be unknown)."""
        return (self.at, *(condition.column for condition in self.where))


@dataclass(frozen=True, kw_only=True)
class Count(EventMetric):
    """Counter of rows."""

    type: ClassVar[str] = "counter"
    kind: ClassVar[str] = "count"


@dataclass(frozen=True, kw_only=True)
class Sum(EventMetric):
    """Counter of amounts. With several `parts` each is a series of label `kind`."""

    type: ClassVar[str] = "counter"
    kind: ClassVar[str] = "sum"

    value: Column | None = None
    parts: Mapping[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        _own(self, self.values)
        if (self.value is None) == (not self.parts) or bool(self.parts) != (KIND in self.labels):
            raise MetricError(f"{self.base}: give either one value, or parts and the label kind")

    @property
    def values(self) -> tuple[Column, ...]:
        """The columns that are added up."""
        return (self.value,) if self.value is not None else tuple(self.parts.values())

    @property
    def columns(self) -> tuple[Column, ...]:
        base = super().columns
        return (*base, self.value) if self.value is not None else base


@dataclass(frozen=True, kw_only=True)
class Distribution(EventMetric):
    """Histogram of a value over fixed upper bounds. `threshold` names the setting whose values become bounds too."""

    type: ClassVar[str] = "histogram"
    kind: ClassVar[str] = "distribution"

    value: Column
    bounds: tuple[float, ...]
    threshold: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        _own(self, (self.value,))
        if tuple(sorted(set(self.bounds))) != self.bounds or not self.bounds:
            raise MetricError(f"{self.base}: bounds must grow, each given once")

    @property
    def columns(self) -> tuple[Column, ...]:
        return (*super().columns, self.value)

    def upper_bounds(self, thresholds: Mapping[str, Iterable[float]]) -> tuple[float, ...]:
        """Bounds in force: the fixed ones and every value of the thresholds that alerts compare with."""
        extra = {float(value) for name in self.threshold for value in thresholds.get(name, ())}
        return tuple(sorted({*self.bounds, *extra}))

    @property
    def bucket(self) -> str:
        """Name of the bucket series."""
        return f"{self.name}_bucket"

    @property
    def sum(self) -> str:
        """Name of the sum series."""
        return f"{self.name}_sum"

    @property
    def count(self) -> str:
        """Name of the count series."""
        return f"{self.name}_count"


@dataclass(frozen=True, kw_only=True)
class Level(Metric):
    """Gauge of what is open at time t: rows with `opened` <= t and (`closed` unset or > t).

    With `zero`, a label set whose rows are all closed shows 0 instead of being absent. `amount` adds up a column
    instead of counting rows.
    """

    type: ClassVar[str] = "gauge"
    kind: ClassVar[str] = "level"

    entity: Entity
    opened: Column
    closed: Column
    where: tuple[Condition, ...] = ()
    amount: Column | None = None
    zero: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _own(self, self.columns)
        for label in self.labels:
            if not self.entity.has(label.name):
                raise MetricError(f"{self.base}: entity {self.entity.name} has no column for label {label.name}")

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns without which the metric cannot be given at all."""
        extra = (self.amount,) if self.amount is not None else ()
        return (self.opened, self.closed, *(condition.column for condition in self.where), *extra)


@dataclass(frozen=True, kw_only=True)
class State(Metric):
    """Gauge read now from Redis, a probe or the host; it has no past."""

    type: ClassVar[str] = "gauge"
    kind: ClassVar[str] = "state"


@dataclass(frozen=True, kw_only=True)
class Computed(Metric):
    """Gauge that a computation works out in the background from the rows: what no total can say, such as distinct people,
    a forecast or a test statistic. It has no past beyond what Prometheus scraped.
    """

    type: ClassVar[str] = "gauge"
    kind: ClassVar[str] = "computed"


@dataclass(frozen=True, kw_only=True)
class Own(Metric):
    """What the exporter says about itself; a counter if its name ends in _total."""

    kind: ClassVar[str] = "own"

    @property
    def exposition_type(self) -> str:
        """counter or gauge."""
        return "counter" if self.base.endswith("_total") else "gauge"


def _own(metric: EventMetric | Level, columns: Iterable[Column]) -> None:
    """Every column must be one of the metric's own entity."""
    for column in columns:
        if column not in metric.entity.columns:
            raise MetricError(f"{metric.base}: column {column.name} is not of entity {metric.entity.name}")
