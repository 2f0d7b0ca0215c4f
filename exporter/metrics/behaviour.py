"""Metrics of behaviour."""

from typing import Final

from exporter.metric import Metric

METRICS: Final[tuple[Metric, ...]] = ()
