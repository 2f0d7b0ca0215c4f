"""Time intervals as Alertmanager reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml

from provisioning.validate.node import Checker, Fields, Mistake, list_of, struct, text, text_of, wrong

CLOCK: Final = re.compile(r"(([01]\d|2[0-3]):[0-5]\d|24:00)\Z", re.ASCII)
DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip


def _clock(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    start, end = text_of(found, "start_time"), text_of(found, "end_time")
    if not (CLOCK.match(start) and CLOCK.match(end)):
        yield from wrong(node, place, "give start_time and end_time, such as 09:00 and 18:00")
    elif start >= end:
        yield from wrong(node, place, "start_time must be before end_time; make two intervals to cross midnight")


def _range(names: tuple[str, ...], low: int | None, high: int | None, first: int) -> Checker:
    """A value, or two with a colon between. `names` stand for numbers from `first` on. Alertmanager checks no lowest month."""

    def number(word: str) -> int | None:
        word = word.strip().lower()
        if word in names:
            return names.index(word) + first
        return int(word) if re.fullmatch(r"-?\d+", word) and (not names or first) else None

    def check(node: yaml.Node, place: str) -> Iterator[Mistake]:
        parts = str(node.value).split(":") if isinstance(node, yaml.ScalarNode) else []
        numbers = [number(part) for part in parts]
        known = [one for one in numbers if one is not None]
        if (
            len(known) != len(parts)
            or len(parts) not in (1, 2)
            or any((low is not None and one < low) or (high is not None and one > high) for one in known)
        ):
            yield from wrong(node, place, f"{node.value!r} is no value or range with a colon")
        elif low is not None and low < 0:
            yield from _days_of_month(known, node, place)
        elif known[0] > known[-1]:
            yield from wrong(node, place, f"{node.value!r} ends before it begins")

    return check


def _days_of_month(known: list[int], node: yaml.Node, place: str) -> Iterator[Mistake]:
    start, end = known[0], known[-1]
    if 0 in known:
        yield from wrong(node, place, "0 is no day of a month")
    elif start < 0 < end or ((start > 0) == (end > 0) and start > end):
        yield from wrong(node, place, f"{node.value!r} ends before it begins")


def _location(node: yaml.Node, place: str) -> Iterator[Mistake]:
    from zoneinfo import ZoneInfo

    if not isinstance(node, yaml.ScalarNode):
        yield from wrong(node, place, "must be the name of a time zone")
        return
    name = str(node.value)
    if name not in ("", "Local"):
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError):
            yield from wrong(node, place, f"{name!r} is no time zone")


TIMES: Final = struct(
    {
        "times": list_of(struct({"start_time": text, "end_time": text}, _clock)),
        "weekdays": list_of(_range(DAYS, 0, 6, 0)),
        "days_of_month": list_of(_range((), -31, 31, 0)),
        "months": list_of(_range(MONTHS, None, 12, 1)),
        "years": list_of(_range((), None, None, 0)),
        "location": _location,
    }
)
