"""Version 16: rows of panels, twelve columns wide and some pixels high, became places on a grid."""

from __future__ import annotations

from math import ceil
from typing import Final

from dashboards.compiler.read import Json, mapping, mappings, number, panels, text

COLUMNS: Final = 24
SPANS: Final = 12
SPAN: Final = 4
"""Width of a panel that names none."""
ROW_PIXELS: Final = 250
LINE_PIXELS: Final = 38
"""A line of the grid is 30 pixels and a gap of 8."""
SMALLEST: Final = 3


def grid(data: Json) -> None:
    """Put the panels of rows on the grid, with a header above each row when any row shows one."""
    rows = data.pop("rows", None)
    found = mappings(rows)
    if not found:
        return
    placed = mappings(data.get("panels"))
    top = max((_bottom(panel) for panel in placed), default=0)
    headers = any(row.get("collapse") or row.get("showTitle") or row.get("repeat") for row in found)
    free = max([0, *(int(number(panel.get("id")) or 0) for panel in panels({**data, "rows": found}))]) + 1
    for row in found:
        inside = mappings(row.get("panels"))
        if not inside and not headers:
            continue
        top, free = _row(row, placed, top, free if headers else 0)
    data["panels"] = placed


def _row(row: Json, placed: list[Json], top: int, number_: int) -> tuple[int, int]:
    """Append one row below `top`; where the next one begins and the number of its header. Without a number no header."""
    inside, collapsed = mappings(row.get("panels")), bool(row.get("collapse"))
    header: Json = {}
    if number_:
        header = {
            "type": "row", "id": number_, "title": text(row.get("title")), "collapsed": collapsed, "panels": [],
            "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
        }  # fmt: skip
        if row.get("repeat"):
            header["repeat"] = row["repeat"]
        placed.append(header)
        top, number_ = top + 1, number_ + 1
    height = lines(row.get("height")) or lines(ROW_PIXELS)
    free: list[int] = [top] * COLUMNS
    for panel in inside:
        _put(panel, free, height)
    if header and collapsed:
        header["panels"] = inside
        return top, number_
    placed += inside
    return max([*free, top]), number_


def _put(panel: Json, free: list[int], height: int) -> None:
    """Place a panel where it fits first; `free` holds the first free line of each column."""
    span = number(panel.pop("span", None)) or SPAN
    width = max(1, min(COLUMNS, int(span * COLUMNS / SPANS)))
    high = lines(panel.pop("height", None)) or height
    options = [(max(free[x : x + width]), x) for x in range(COLUMNS - width + 1)]
    y, x = min(options)
    panel["gridPos"] = {"x": x, "y": y, "w": width, "h": high}
    free[x : x + width] = [y + high] * width


def lines(height: object) -> int:
    """Lines of the grid for a height such as 250 or '250px'; 0 when it names none."""
    pixels = number(height.removesuffix("px") if isinstance(height, str) else height)
    return max(SMALLEST, min(1000, ceil(pixels / LINE_PIXELS))) if pixels and pixels > 0 else 0


def _bottom(panel: Json) -> int:
    place = mapping(panel.get("gridPos"))
    return int(number(place.get("y")) or 0) + int(number(place.get("h")) or 0)
