"""Versions 19 to 21: links of panels and the names of values in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from dashboards.compiler.read import Json, mapping, mappings, panels, text

SLUG: Final = re.compile(r"[^a-z0-9]+")
OLD_NAMES: Final = re.compile(r"(\$?)__(series_name|value_time|field_name)")
LABELS: Final = "__series.labels"


def upgrade(data: Json) -> None:
    """Version 19: a link has an address, whatever it was made of."""
    for panel in panels(data):
        if isinstance(panel.get("links"), list):
            panel["links"] = [_link(link) for link in mappings(panel["links"])]


def _link(link: Json) -> Json:
    url = text(link.get("url"))
    if not url and text(link.get("dashboard")):
        url = "dashboard/db/" + SLUG.sub("-", link["dashboard"].lower()).strip("-")
    if not url and text(link.get("dashUri")):
        url = f"dashboard/{link['dashUri']}"
    extra = [
        *(["$__url_time_range"] if link.get("keepTime") else []),
        *(["$__all_variables"] if link.get("includeVars") else []),
        *([text(link.get("params"))] if text(link.get("params")) else []),
    ]
    for part in extra:
        url += ("&" if "?" in url else "?") + part
    kept: Json = {key: link[key] for key in ("title", "targetBlank") if key in link}
    return {"url": url or "/", **kept}


def variables(data: Json) -> None:
    """Version 20: names of values in links and titles have dots."""
    _replace(data, _dotted)


def labels(data: Json) -> None:
    """Version 21: labels belong to the field."""
    _replace(data, lambda value: value.replace(LABELS, "__field.labels"))


def _dotted(value: str) -> str:
    def new(match: re.Match[str]) -> str:
        name = "__" + match[2].replace("_", ".")
        return f"${{{name}}}" if match[1] else name

    return OLD_NAMES.sub(new, value)


def _replace(data: Json, rewrite: Any) -> None:
    for panel in panels(data):
        for holder, key in _places(mapping(panel.get("options"))):
            if isinstance(holder.get(key), str):
                holder[key] = rewrite(holder[key])


def _places(options: Json) -> Iterator[tuple[Json, str]]:
    """Where an address or a title of a value stands."""
    defaults = mapping(mapping(options.get("fieldOptions")).get("defaults"))
    for link in (*mappings(options.get("dataLinks")), *mappings(defaults.get("links"))):
        yield link, "url"
    yield defaults, "title"
