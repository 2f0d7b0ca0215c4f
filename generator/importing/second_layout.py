"""Layouts of schema v2 on the classic grid: tabs and rows become rows, automatic grids become places."""

from __future__ import annotations

from typing import Any, Final

from dashboards.compiler.read import mapping, mappings, number, text
from generator.importing.record import Json, Refusal

COLUMNS: Final = 24
HEIGHTS: Final = {"short": 5, "standard": 9, "tall": 14}
CUSTOM: Final = "custom"
LINE_PIXELS: Final = 38
DEPTH: Final = 10
Elements = dict[str, Json]
Placed = tuple[list[Json], int]


class Layout:
    """Places the elements of one dashboard; what is lost on the way is noted."""

    def __init__(self, elements: Elements, notes: list[str]) -> None:
        self._elements, self._notes = elements, notes

    def panels(self, layout: Json) -> list[Json]:
        """The panels of a layout, each with its place."""
        found, _ = self._layout(layout, 0, "", 0)
        return found

    def _layout(self, layout: Json, top: int, title: str, depth: int) -> Placed:
        """The panels below `top` and the first free line after them. `title` is of the rows and tabs around."""
        kind, spec = text(layout.get("kind")), mapping(layout.get("spec"))
        if depth > DEPTH:
            raise Refusal(f"its layouts are nested more than {DEPTH} levels deep")
        if kind == "GridLayout":
            return self._grid(spec, top)
        if kind == "AutoGridLayout":
            return self._auto(spec, top)
        if kind == "RowsLayout":
            return self._parts(mappings(spec.get("rows")), top, title, depth)
        if kind == "TabsLayout":
            self._notes.append("its tabs became rows, since classic dashboards have no tabs")
            return self._parts(mappings(spec.get("tabs")), top, title, depth)
        raise Refusal(f"its layout is a {kind or 'thing without a kind'}, which the classic schema does not have")

    def _parts(self, parts: list[Json], top: int, title: str, depth: int) -> Placed:
        """Rows or tabs, each under a header; what is nested names what it is in."""
        result: list[Json] = []
        for part in parts:
            spec = mapping(part.get("spec"))
            name = " / ".join(one for one in (title, text(spec.get("title"))) if one)
            inner = mapping(spec.get("layout"))
            nested = inner.get("kind") in ("RowsLayout", "TabsLayout")
            self._lost(spec, f"row {name!r}")
            header = None if nested or (spec.get("hideHeader") and not spec.get("repeat")) else _header(spec, name, top)
            inside, bottom = self._layout(inner, top + (1 if header else 0), name, depth + 1)
            if header is None:
                result += inside
            elif header["collapsed"]:
                result.append({**header, "panels": inside})
                bottom = top + 1
            else:
                result += [header, *inside]
            top = bottom
        return result, top

    def _grid(self, spec: Json, top: int) -> Placed:
        result: list[Json] = []
        bottom = top
        for item in mappings(spec.get("items")):
            inner = mapping(item.get("spec"))
            if item.get("kind") == "GridLayoutRow":
                layout = {"kind": "GridLayout", "spec": {"items": inner.get("elements")}}
                part = {"spec": {**inner, "collapse": inner.get("collapsed"), "layout": layout}}
                inside, bottom = self._parts([part], top + _whole(inner.get("y"), bottom - top), "", 1)
                result += inside
                continue
            place = {
                "x": min(COLUMNS - 1, _whole(inner.get("x"), 0)), "y": top + _whole(inner.get("y"), 0),
                "w": max(1, min(COLUMNS, _whole(inner.get("width"), COLUMNS // 2))), "h": max(1, _whole(inner.get("height"), 8)),
            }  # fmt: skip
            result += self._panel(inner, place)
            bottom = max(bottom, place["y"] + place["h"])
        return result, bottom

    def _auto(self, spec: Json, top: int) -> Placed:
        items = mappings(spec.get("items"))
        columns = max(1, min(COLUMNS, _whole(spec.get("maxColumnCount"), 3), len(items) or 1))
        width = COLUMNS // columns
        mode, pixels = text(spec.get("rowHeightMode")), number(spec.get("rowHeight"))
        custom = max(2, min(1000, int(pixels / LINE_PIXELS))) if mode == CUSTOM and pixels else 0
        height = custom or HEIGHTS.get(mode, HEIGHTS["standard"])
        result: list[Json] = []
        for index, item in enumerate(items):
            place = {"x": index % columns * width, "y": top + index // columns * height, "w": width, "h": height}
            result += self._panel(mapping(item.get("spec")), place)
        if items:
            self._notes.append("its automatic grid has fixed places now")
        return result, top + -(-len(items) // columns) * height

    def _panel(self, item: Json, place: Json) -> list[Json]:
        element = mapping(item.get("element"))
        name = text(element.get("name")) or text(mapping(element.get("spec")).get("uid"))
        if name not in self._elements:
            self._notes.append(f"its layout shows an element {name!r} that it does not have; it was left out")
            return []
        self._lost(item, f"element {name!r}")
        panel: Json = {**self._elements[name], "gridPos": place}
        repeat = mapping(item.get("repeat"))
        if text(repeat.get("value")):
            panel["repeat"] = repeat["value"]
            panel["repeatDirection"] = text(repeat.get("direction")) or "h"
            if repeat.get("maxPerRow"):
                panel["maxPerRow"] = repeat["maxPerRow"]
        return [panel]

    def _lost(self, spec: Json, what: str) -> None:
        if mappings(mapping(mapping(spec.get("conditionalRendering")).get("spec")).get("items")):
            self._notes.append(
                f"{what} was shown under conditions, which classic dashboards do not have; it always shows"
            )
        if mappings(spec.get("variables")):
            self._notes.append(f"{what} had variables of its own, which classic dashboards do not have")


def _header(spec: Json, name: str, top: int) -> Json:
    header: Json = {
        "type": "row", "title": name, "collapsed": bool(spec.get("collapse")), "panels": [],
        "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
    }  # fmt: skip
    repeat = text(mapping(spec.get("repeat")).get("value"))
    return {**header, "repeat": repeat} if repeat else header


def _whole(value: Any, default: int) -> int:
    found = number(value)
    return int(found) if found is not None and 0 <= found < 100_000 else default
