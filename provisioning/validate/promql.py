"""Queries as Prometheus 2.42 reads them. The parser speaks a newer dialect, so what it takes beyond is refused here."""

from __future__ import annotations

import re
from typing import Final

NEWER: Final = re.compile(
    r"\b(double_exponential_smoothing|first_over_time|histogram_avg|histogram_stddev|histogram_stdvar|info|limitk|limit_ratio"
    r"|mad_over_time|sort_by_label|sort_by_label_desc|ts_of_\w+_over_time)\s*(?:(?:by|without)\s*\([^)]*\)\s*)?\("
)
OLDER: Final = re.compile(r"\bholt_winters(?=\s*\()")
"""2.42 has a function under a name that the parser does not know; its arguments are those of the newer one."""

STRING_OR_COMMENT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|#[^\n]*')
QUOTED_NAME: Final = re.compile(
    r'\{(?:[^{}]*,)?\s*""\s*(?:[,}]|[=!])|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*""'
)

WITHIN: Final = re.compile(r"\[[^\]]*\]|\boffset\s+-?\s*[0-9a-z]+", re.IGNORECASE)
DURATION: Final = re.compile(r"(?<![\w.:])(?:\d+(?:ms|[smhdwy]))+(?![\w:])")
"""2.42 takes a duration in brackets and behind `offset` only."""


def problem(query: str) -> str:
    """What is wrong with a query; empty when nothing is."""
    import promql_parser

    bare = STRING_OR_COMMENT.sub(lambda found: "" if found[0].startswith("#") else '""', query)
    newer = NEWER.search(bare)
    if newer:
        return f"Prometheus 2.42 has no {newer[1]}"
    if QUOTED_NAME.search(bare):
        return "Prometheus 2.42 takes no names in quotes"
    alone = DURATION.search(WITHIN.sub("", bare))
    if alone:
        return f"the duration {alone[0]} stands where a number belongs"
    try:
        promql_parser.parse(OLDER.sub("double_exponential_smoothing", query))
    except ValueError as error:
        return f"this is no query: {str(error).splitlines()[0]}"
    return ""
