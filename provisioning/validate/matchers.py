"""Matchers of labels and regular expressions as Alertmanager reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

import yaml

from provisioning.validate.node import Mistake, is_null, wrong

MATCHER: Final = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*\Z", re.ASCII | re.DOTALL)


def regex(node: yaml.Node, place: str) -> Iterator[Mistake]:
    """A regular expression."""
    if not isinstance(node, yaml.ScalarNode):
        yield from wrong(node, place, "must be a regular expression")
    elif is_null(node) or not is_regex(str(node.value)):
        yield from wrong(node, place, f"{node.value!r} is no regular expression")


def is_regex(text: str) -> bool:
    """Whether the engine of Prometheus can read a regular expression; that of promql_parser knows the same syntax."""
    import promql_parser

    try:
        promql_parser.parse(f"x{{a=~{json.dumps(text, ensure_ascii=False)}}}")
    except ValueError:
        return False
    return True


def matchers(node: yaml.Node, place: str) -> Iterator[Mistake]:
    """One or several matchers with commas between, in braces or not."""
    if not isinstance(node, yaml.ScalarNode):
        yield from wrong(node, place, 'must be a matcher, such as severity="critical"')
        return
    for part in parts(str(node.value)):
        problem = _problem(part)
        if problem:
            yield from wrong(node, place, f"{part.strip()!r} {problem}")


def parts(text: str) -> list[str]:
    """The single matchers of a text."""
    inner = text.removeprefix("{").removesuffix("}")
    return _split(inner) if inner.strip() else []


def plain(value: str) -> str:
    """The value of a matcher without its quotes."""
    if not value.startswith('"'):
        return value
    return value[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


def _split(text: str) -> list[str]:
    """Parts between commas that are outside quotes; a comma at the end is allowed."""
    parts, quoted, escaped = [""], False, False
    for character in text:
        if character == "," and not quoted:
            parts.append("")
            continue
        parts[-1] += character
        quoted ^= character == '"' and not escaped
        escaped = character == "\\" and not escaped
    return parts[:-1] if len(parts) > 1 and not parts[-1].strip() else parts


def _problem(part: str) -> str:
    found = MATCHER.match(part)
    if found is None:
        return 'is no matcher; write one such as severity="critical"'
    value = found[3]
    if value.startswith('"'):
        if len(value) < 2 or not re.fullmatch(r'"(?:[^"\\]|\\.)*"', value, re.DOTALL):
            return "has a quote that does not end where the value ends"
        value = plain(value)
    elif re.search(r'(?<!\\)"', value):
        return "has a quote inside its value; put the whole value in quotes"
    if found[2] in ("=~", "!~") and not is_regex(value):
        return "has no regular expression that can be read"
    return ""
