"""Formulas, each defined once: what it means, how it is worked out, and what unknown looks like.

Panels, recording rules, alerts and docs/metrics.md take a formula from here. A quotient adds up its numerator and its
denominator first; where there is nothing to divide by there is no answer, never 0 and never NaN.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from exporter.entity import Entity
from exporter.labels import UNKNOWN, Label
from exporter.metric import Distribution, Metric
from provisioning import promql

NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")


class KpiError(Exception):
    """A formula is defined or used wrongly."""


def nothing(_: Metric) -> promql.Matchers:
    """No matchers."""
    return {}


@dataclass(frozen=True, slots=True)
class Asked:
    """For whom a formula is worked out: over which window, by which labels, of which series."""

    window: str
    by: tuple[Label, ...] = ()
    matchers: Callable[[Metric], promql.Matchers] = nothing
    least: float = 0.0
    """Fewest events that a quotient may be computed from; alerts ask for more than none."""

    def of(self, metric: Metric, where: Mapping[Label, str] | None = None) -> promql.Matchers:
        """Matchers for a metric, with further conditions."""
        chosen: dict[Label | str, str] = dict(self.matchers(metric))
        return chosen | dict(where or {})

    def increase(self, metric: Metric, where: Mapping[Label, str] | None = None) -> str:
        """What a counter gained in the window."""
        return promql.increase(metric, self.window, self.by, self.of(metric, where))

    def observed(self, metric: Distribution, where: Mapping[Label, str] | None = None) -> str:
        """How many values a distribution gained in the window."""
        series = promql.selector(metric, self.of(metric, where), metric.count)
        return f"sum{promql.by(metric, self.by)} (increase({series}[{self.window}]))"

    def amount(self, metric: Distribution, where: Mapping[Label, str] | None = None) -> str:
        """The sum of the values that a distribution gained in the window."""
        series = promql.selector(metric, self.of(metric, where), metric.sum)
        return f"sum{promql.by(metric, self.by)} (increase({series}[{self.window}]))"

    def upto(self, metric: Distribution, bound: float, where: Mapping[Label, str] | None = None) -> str:
        """How many values up to one of its bounds a distribution gained in the window."""
        if bound not in metric.bounds:
            raise KpiError(f"{metric.base} has no bound {bound!r}; it has {', '.join(map(repr, metric.bounds))}")
        series = promql.bucket(metric, bound, self.of(metric, where))
        return f"sum{promql.by(metric, self.by)} (increase({series}[{self.window}]))"

    def total(self, metric: Metric, where: Mapping[Label, str] | None = None) -> str:
        """Sum of a gauge now."""
        return promql.total(metric, self.by, self.of(metric, where))

    def ago(self, metric: Metric, where: Mapping[Label, str] | None = None) -> str:
        """Sum of a gauge one window ago."""
        group = promql.by(metric, self.by)
        return f"sum{group} ({promql.selector(metric, self.of(metric, where))} offset {promql.span(self.window)})"

    def before(self, metric: Metric, where: Mapping[Label, str] | None = None) -> str:
        """What a counter gained in the window before this one."""
        series = promql.selector(metric, self.of(metric, where))
        return f"sum{promql.by(metric, self.by)} (increase({series}[{self.window}] offset {promql.span(self.window)}))"

    def mean(self, metric: Distribution, where: Mapping[Label, str] | None = None) -> str:
        """Mean of the values that a distribution gained. Their sum is there wherever their number is."""
        return promql.ratio(self.amount(metric, where), self.observed(metric, where), self.least)

    def ratio(self, part: str, whole: str) -> str:
        """A quotient; 0 where the part has no series though the whole has, absent where the whole is 0 or unknown."""
        return promql.share_of(part, whole, self.least)

    def known(self, metric: Metric, label: Label, wanted: str) -> str:
        """Share of the events whose label is known that have a value (or match `=~pattern`)."""
        part, whole = self.increase(metric, {label: wanted}), self.increase(metric, {label: f"!={UNKNOWN}"})
        return self.ratio(part, whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One formula. `formula` says it in words, `unknown` what is seen when it cannot be worked out.

    `expression` gives the query in PromQL; a formula over rows has `sql` instead, a statement for the views (exporter/views.py) in which
    `{where}` stands for the dashboard's conditions on `entity`.
    """

    name: str
    title: str
    meaning: str
    unit: str
    formula: str
    unknown: str
    domain: str
    codes: tuple[str, ...]
    metrics: tuple[Metric, ...] = ()
    expression: Callable[[Asked], str] | None = None
    sql: str = ""
    entity: Entity | None = None

    def __post_init__(self) -> None:
        if not NAME.match(self.name):
            raise KpiError(f"{self.name!r} is no name of a formula; use lower-case words joined by _")
        if (self.expression is None) == (not self.sql) or bool(self.sql) != (self.entity is not None):
            raise KpiError(f"{self.name}: give either an expression, or sql and its entity")
        if not (self.meaning.endswith(".") and self.unknown.endswith(".")):
            raise KpiError(f"{self.name}: meaning and unknown are sentences that end with a full stop")

    def query(
        self, window: str, *by: Label, matchers: Callable[[Metric], promql.Matchers] = nothing, least: float = 0.0
    ) -> str:
        """The formula in PromQL."""
        return self.within(Asked(window, by, matchers, least))

    def within(self, asked: Asked) -> str:
        """The formula as a part of another one."""
        if self.expression is None:
            raise KpiError(f"{self.name} is worked out by SQL, not by PromQL")
        return self.expression(asked)
