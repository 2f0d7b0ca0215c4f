"""The compiler: grafanalib objects or old dashboard JSON in, classic Grafana JSON (schemaVersion 42) out, always the same bytes."""

from __future__ import annotations

from typing import Any

import orjson

from dashboards.compiler.dashboard import modernise
from dashboards.compiler.encode import encode
from dashboards.compiler.identity import identify
from dashboards.compiler.layout import place, stack


def classic(dashboard: object) -> dict[str, Any]:
    """The dashboard as plain values in the classic schema, every panel with an id, a place and query letters."""
    data = encode(dashboard)
    if not isinstance(data, dict):
        raise TypeError(f"a dashboard is an object with keys, not {type(data).__name__}")
    modernise(data)
    place(data["panels"])
    identify(data["panels"])
    return data


def imported(dashboard: dict[str, Any]) -> tuple[dict[str, Any], int, list[str]]:
    """Someone's dashboard of any version in the last one: nothing that is not understood is lost.

    Also the version it had, and a sentence for each value that could not be understood and was left out.
    """
    from dashboards.compiler.shape import repair
    from dashboards.compiler.versions import upgrade

    left_out = repair(dashboard)
    data: dict[str, Any] = encode(dashboard)
    version = upgrade(data)
    data = encode(data)
    modernise(data, keep=True)
    stack(data["panels"])
    place(data["panels"])
    identify(data["panels"])
    return data, version, left_out


def canonical(data: object) -> bytes:
    """JSON with sorted keys, two spaces and a final newline."""
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def compile_dashboard(dashboard: object) -> bytes:
    """The bytes of a dashboard file."""
    return canonical(classic(dashboard))
