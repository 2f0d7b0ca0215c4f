"""Durations as Prometheus' own library reads and writes them, which Grafana uses for rules and policies."""

from __future__ import annotations

import re

from tests.grafana_api.answer import RefusalError

UNITS = (
    ("y", 31_536_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
)
FORM = re.compile("".join(rf"(?:(\d+){unit})?" for unit, _ in UNITS))


def milliseconds(text: object) -> int:
    """The length of a duration."""
    found = FORM.fullmatch(text) if isinstance(text, str) else None
    if text == "0":
        return 0
    if found is None or not text:
        raise RefusalError(400, f"not a valid duration string: {text!r}")
    return sum(int(number) * size for number, (_, size) in zip(found.groups(), UNITS, strict=True) if number)


def written(text: object) -> str:
    """The same duration as Grafana gives it back."""
    left, result = milliseconds(text), ""
    if left == 0:
        return "0s"
    for unit, size in UNITS:
        if left >= size and (unit not in "yw" or left % size == 0):
            result += f"{left // size}{unit}"
            left %= size
    return result
