"""Reading values of any type safely: what is not of the kind asked for counts as absent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def mapping(value: object) -> Json:
    """The mapping itself, or an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[Json]:
    """The mappings of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def number(value: object) -> float | int | None:
    """A finite number, or a text that is one."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
        value = int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) < float("inf") else None


def text(value: object) -> str:
    """A text, or an empty one."""
    return value if isinstance(value, str) else ""


def panels(data: Json) -> Iterator[Json]:
    """Every panel: of old rows, on the dashboard, and inside row panels."""
    for row in mappings(data.get("rows")):
        yield from mappings(row.get("panels"))
    for panel in mappings(data.get("panels")):
        yield panel
        yield from mappings(panel.get("panels"))


def variables(data: Json) -> list[Json]:
    """The variables of a dashboard."""
    return mappings(mapping(data.get("templating")).get("list"))


def annotation_queries(data: Json) -> list[Json]:
    """The annotation queries of a dashboard."""
    return mappings(mapping(data.get("annotations")).get("list"))
