"""What Grafana puts in for variables and macros of a query, with every filter at All."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

VARIABLE: Final = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(\w+)")
MACRO: Final = re.compile(r"\$__(timeFilter|timeGroup|timeGroupAlias)\(([^()]*(?:\([^()]*\)[^()]*)*)\)")


def filled(text: str, board: Mapping[str, Any], days: int, step: int, scrape: int) -> str:
    """A query with the variables of its dashboard in it."""
    variables = {one["name"]: one for one in board["templating"]["list"]}
    fixed = {
        "__range": f"{days * 86400}s", "__range_s": str(days * 86400), "__interval": f"{step}s",
        "__rate_interval": f"{max(step + scrape, 4 * scrape)}s",
    }  # fmt: skip

    def put(match: re.Match[str]) -> str:
        name, form = match[1] or match[3], match[2] or ""
        if name in fixed:
            return fixed[name]
        if name not in variables:
            return match[0]
        value = str(variables[name].get("allValue") or variables[name]["current"]["value"])
        return "'" + value.replace("'", "''") + "'" if form == "sqlstring" else value

    return VARIABLE.sub(put, text)


def macros(statement: str, start: datetime, end: datetime) -> str:
    """A statement with Grafana's macros of the PostgreSQL data source written out."""
    first, last = f"'{start.isoformat()}'", f"'{end.isoformat()}'"

    def put(match: re.Match[str]) -> str:
        name, words = match[1], [word.strip() for word in match[2].split(",")]
        if name == "timeFilter":
            return f"{match[2]} BETWEEN {first} AND {last}"
        interval = words[-1].strip("'\"")
        unit = {"m": 60, "h": 3600, "d": 86400}[interval[-1]] * int(interval[:-1])
        alias = ' AS "time"' if name == "timeGroupAlias" else ""
        return f"floor(extract(epoch from {','.join(words[:-1])})/{unit})*{unit}{alias}"

    return MACRO.sub(put, statement).replace("$__timeFrom()", first).replace("$__timeTo()", last)
