"""Objects that know their JSON become plain values; what is not set disappears."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

ANGULAR: Final = "$$hashKey"
"""A mark that the editor of before Grafana 8 left in what it saved."""
MESSAGE: Final = "cannot write {} into a dashboard; give text, numbers, lists, mappings or objects with to_json_data"


def encode(value: object) -> Any:
    """Plain values without nulls. Grafana fills in what is absent and stumbles over some nulls."""
    if hasattr(value, "to_json_data"):
        return encode(value.to_json_data())
    if isinstance(value, Mapping):
        return {str(key): encode(inner) for key, inner in value.items() if inner is not None and key != ANGULAR}
    if isinstance(value, (list, tuple)):
        return [encode(inner) for inner in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise TypeError(MESSAGE.format(type(value).__name__))
