"""Links of dashboards, panels and values, complete as the classic schema wants them."""

from __future__ import annotations

from typing import Any, Final

DEFAULTS: Final[dict[str, Any]] = {
    "title": "", "type": "link", "icon": "", "tooltip": "", "tags": [], "asDropdown": False,
    "targetBlank": False, "includeVars": False, "keepTime": False,
}  # fmt: skip
KEYS: Final = frozenset({*DEFAULTS, "url", "placement"})


def complete(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The links with every key that is required and none that is unknown; old names are translated."""
    return [_complete(dict(link)) for link in links]


def _complete(link: dict[str, Any]) -> dict[str, Any]:
    if "uri" in link and "url" not in link:
        link["url"] = link["uri"]
    if link.get("type") == "absolute":
        link["type"] = "link"
    if link.get("dashUri") and "url" not in link:
        link["url"] = f"dashboard/{link['dashUri']}"
    return {**DEFAULTS, **{key: value for key, value in link.items() if key in KEYS}}
