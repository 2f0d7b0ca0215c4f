"""Metrics of content."""

from typing import Final

from exporter.metric import Metric

METRICS: Final[tuple[Metric, ...]] = ()
