"""Values that are written in several ways and mean one thing: absent and empty, durations, matchers, times of day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdwy])")
MATCHER: Final = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^\s=!~,{}"]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^,{}"]*)\s*')


def pruned(value: Any) -> Any:
    """Without what is empty: Grafana takes an absent key, null, an empty text and an empty list for the same."""
    if isinstance(value, Mapping):
        inner = {key: pruned(one) for key, one in value.items()}
        return {key: one for key, one in inner.items() if not empty(one)}
    if isinstance(value, (list, tuple)):
        return [pruned(one) for one in value]
    return value


def empty(value: object) -> bool:
    """Whether a value says nothing. False and 0 do say something."""
    return value is None or (isinstance(value, (str, Mapping, list, tuple)) and len(value) == 0)


def without(value: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """A copy that lacks some keys."""
    return {key: one for key, one in value.items() if key not in keys}


def lean(value: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Without keys that have their default; defaults that are mappings are compared inside."""
    result = {}
    for key, one in value.items():
        if key not in defaults:
            result[key] = one
        elif isinstance(one, Mapping) and isinstance(defaults[key], Mapping):
            result[key] = lean(one, defaults[key])
        elif one != defaults[key]:
            result[key] = one
    return result


def seconds(value: object) -> object:
    """A duration such as 1h30m as seconds; what is no duration stays as it is."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return value
    if not isinstance(value, str):
        return float(value)
    text = value.strip()
    if text in ("", "0"):
        return 0.0
    parts = DURATION.findall(text)
    if "".join(number + unit for number, unit in parts) != text:
        return value
    return sum(float(number) * UNITS[unit] for number, unit in parts)


def matchers(route: Mapping[str, Any]) -> list[list[str]]:
    """What a route matches, from any of the four ways in which it may be written, sorted."""
    found = [[str(part) for part in one] for one in route.get("object_matchers") or () if len(one) == 3]
    for text in route.get("matchers") or ():
        found += _parsed(text)
    found += [[str(name), "=", str(value)] for name, value in (route.get("match") or {}).items()]
    found += [[str(name), "=~", str(value)] for name, value in (route.get("match_re") or {}).items()]
    return sorted(found)


def _parsed(text: object) -> Iterable[list[str]]:
    """Matchers of a text such as `severity = critical` or `{a="b", c=~"d"}`."""
    inside = str(text).strip().removeprefix("{").removesuffix("}")
    for name, operator, value in MATCHER.findall(inside):
        yield [_unquoted(name), operator, _unquoted(value.strip())]


def _unquoted(text: str) -> str:
    if len(text) < 2 or not (text.startswith('"') and text.endswith('"')):
        return text
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), text[1:-1])
