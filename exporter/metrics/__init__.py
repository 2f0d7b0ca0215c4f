"""The catalogue: every metric, by domain."""

from typing import Final

from exporter.metric import Metric
from exporter.metrics import calls, conversations, pipeline

CATALOGUE: Final[tuple[Metric, ...]] = (*calls.METRICS, *conversations.METRICS, *pipeline.METRICS)
DOMAINS: Final[tuple[str, ...]] = ("calls", "conversations", "pipeline")
