"""Queries that alerts share: quotients with a least amount of traffic, and values held while nobody can see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from alerts.rule import Recording
from exporter.labels import DOMAIN, Label
from exporter.metric import Distribution, Metric
from exporter.metrics.exporter import DOMAIN_UP
from provisioning.promql import by, quantile, selector

WINDOW: Final = "5m"
HOLD: Final = "1h"
LEAST: Final = 20
"""Fewest events in a window that a share or a quantile may be computed from; below it one event decides too much."""
HELD: Final = f"While the domain cannot be read the last known value stands for {HOLD}; without traffic the alert ends."


def increase_ago(metric: Metric, window: str, ago: str, labels: Iterable[Label] = ()) -> str:
    """Increase of a counter over a window that ended some time ago."""
    return f"sum{by(metric, labels)} (increase({selector(metric)}[{window}] offset {ago}))"


def busy_quantile(q: float, metric: Distribution, labels: Iterable[Label], window: str = WINDOW) -> str:
    """A quantile, absent below the least traffic."""
    names = tuple(labels)
    return f"{quantile(q, metric, window, names)} and {enough(metric, names, window)}"


def enough(metric: Distribution, labels: Iterable[Label], window: str) -> str:
    """Series with enough observations in a window."""
    names = tuple(labels)
    return f"sum{by(metric, names)} (increase({selector(metric, None, metric.count)}[{window}])) >= {LEAST}"


def held(recording: Recording, domain: str) -> str:
    """The recorded value, or the last one known while the domain cannot be read, so that no alert ends for want of data."""
    return held_series(recording.name, domain)


def held_series(series: str, domain: str) -> str:
    """The same for a selector."""
    up = selector(DOMAIN_UP, {DOMAIN: domain})
    return f"({series} or (last_over_time({series}[{HOLD}]) unless on () ({up} == 1)))"


def number(value: float) -> str:
    """A limit as PromQL reads it."""
    return f"{value:.12g}"


def percent(value: float) -> str:
    """A ratio as people read it."""
    return f"{value * 100:.4g}%"
