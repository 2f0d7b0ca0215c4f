"""Queries of panels: PromQL with the dashboard's variables, a legend and how the answer is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from exporter.entity import Entity
from exporter.labels import UNKNOWN, Label
from exporter.metric import Count, Distribution, Metric
from provisioning import promql
from provisioning.kpi import Kpi

RANGE: Final = promql.RANGE
NOW: Final = "5m"
"""Window of a number that stands for this moment; the same that alerts look at."""
DAY: Final = "1d"
"""How far apart points of graphs by day are."""

DAILY: Final = promql.lapped(DAY)
"""The window of such a point."""

WEEKLY: Final = promql.lapped("7d")

ALL: Final = ".*"
"""What a variable stands for when everything is chosen. Grafana quotes it in no format, and a dot that is chosen it does."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query. `read` is range, instant (one number a series), table or heatmap."""

    expr: str
    legend: str = "__auto"
    read: str = "range"


@dataclass(frozen=True, slots=True)
class Sql:
    """A statement for the views of exporter/views.py, whose rows become a table, or with column `time` a time series.

    Grafana replaces `$__timeFilter(column)`, `$__timeFrom()`, `$__timeTo()` and `$__timeGroup(column, interval)`.
    """

    statement: str
    read: str = "table"


def instant(expr: str, legend: str = "__auto") -> Query:
    """A query for the end of the time range only."""
    return Query(expr, legend, "instant")


def table(expr: str) -> Query:
    """A query whose labels become columns."""
    return Query(expr, "", "table")


def legend(*labels: Label) -> str:
    """The legend that shows these labels."""
    return " · ".join(f"{{{{{label.name}}}}}" for label in labels)


def buckets(metric: Distribution, matchers: promql.Matchers) -> Query:
    """Values of a distribution by bucket over time."""
    series = promql.selector(metric, matchers, metric.bucket)
    return Query(f"sum by (le) (increase({series}[{promql.RATE_INTERVAL}]))", "{{le}}", "heatmap")


@dataclass(frozen=True, slots=True)
class Scope:
    """The labels by which a dashboard can be filtered; a query uses those that its metric has."""

    labels: tuple[Label, ...]

    def on(self, metric: Metric, where: Mapping[Label, str] | None = None) -> dict[Label | str, str]:
        """Matchers for a metric: the dashboard's variables and further conditions."""
        chosen: dict[Label | str, str] = {label: f"=~${label.name}" for label in self.labels if label in metric.labels}
        return chosen | dict(where or {})

    def where(self, entity: Entity) -> str:
        """Conditions on a view's rows: the dashboard's variables. An empty value is `unknown`, as it is in a label.

        Values are quoted as regular expressions between dollar signs, which no escaped value can end. All is the pattern
        that matches anything: PostgreSQL works out once that no row need be compared with it.
        """
        conditions = [
            f"($wf$${{{label.name}:regex}}$wf$ = '{ALL}' "
            f"OR COALESCE(NULLIF({label.name}, ''), '{UNKNOWN}') ~ $wf$^(${{{label.name}:regex}})$$wf$)"
            for label in self.labels
            if entity.has(label.name)
        ]
        return " AND ".join(conditions) or "true"

    def kpi(self, kpi: Kpi, *by: Label, window: str = RANGE) -> str:
        """A formula over the time range, or another window."""
        return kpi.query(window, *by, matchers=self.on)

    def rows(self, kpi: Kpi) -> Sql:
        """A formula over rows."""
        if kpi.entity is None:
            raise ValueError(f"{kpi.name} is worked out by PromQL")
        return Sql(kpi.sql.replace("{where}", self.where(kpi.entity)))

    def rate(self, metric: Metric, *by: Label, window: str = promql.RATE_INTERVAL) -> str:
        """Per-second rate of a counter."""
        return promql.rate(metric, window, by, self.on(metric))

    def increase(
        self, metric: Metric, *by: Label, window: str = RANGE, where: Mapping[Label, str] | None = None
    ) -> str:
        """Increase of a counter over the time range, or another window; of rows, a whole number.

        Prometheus adds a share for the edges of a window at which no sample stands.
        """
        found = promql.increase(metric, window, by, self.on(metric, where))
        return f"round({found})" if isinstance(metric, Count) else found

    def total(self, metric: Metric, *by: Label, where: Mapping[Label, str] | None = None) -> str:
        """Sum of a gauge."""
        return promql.total(metric, by, self.on(metric, where))

    def quantile(self, q: float, metric: Distribution, *by: Label, window: str = promql.RATE_INTERVAL) -> str:
        """A quantile of a distribution; no answer, instead of NaN, where nothing was measured."""
        return f"{promql.quantile(q, metric, window, by, self.on(metric))} >= 0"

    def mean(self, metric: Distribution, *by: Label, window: str = promql.RATE_INTERVAL) -> str:
        """The mean of a distribution."""
        return promql.mean(metric, window, by, self.on(metric))

    def ratio(self, numerator: Metric, denominator: Metric, *by: Label, window: str = RANGE) -> str:
        """Increase of one counter by that of another; without an answer if either is unknown."""
        part, whole = (promql.increase(metric, window, by, self.on(metric)) for metric in (numerator, denominator))
        return promql.ratio(part, whole)
