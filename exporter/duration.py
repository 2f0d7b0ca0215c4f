"""Durations as people and Prometheus write them."""

from __future__ import annotations

import re
from typing import Final

DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)\Z", re.ASCII)
UNIT_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(value: object) -> float:
    """Seconds in a duration such as 500ms, 10s, 5m, 1h or 30d."""
    match = DURATION.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{str(value)[:40]!r} is no duration; write a number and ms, s, m, h or d, such as 60s")
    return float(match[1]) * UNIT_SECONDS[match[2]]


def duration(value: float) -> str:
    """A number of seconds in Prometheus' form: 90 -> 90s, 120 -> 2m, 0.5 -> 500ms."""
    if value != int(value):
        return f"{round(value * 1000)}ms"
    for unit in ("d", "h", "m"):
        if value and value % UNIT_SECONDS[unit] == 0:
            return f"{int(value / UNIT_SECONDS[unit])}{unit}"
    return f"{int(value)}s"
