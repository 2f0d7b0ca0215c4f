"""Bytes become plain values: JSON or YAML of bounded size and depth, without code, references to itself or multiplying aliases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from generator.importing.record import Refusal

BYTES: Final = 32 * 1024 * 1024
DEPTH: Final = 100
NODES: Final = 3_000_000
YAML_NODES: Final = 500_000


def documents(data: bytes, form: str) -> list[Any]:
    """The documents of a file; `form` is `json`, `yaml` or empty for either."""
    if len(data) > BYTES:
        raise Refusal(f"it is {len(data) // 2**20} MiB long; the limit is {BYTES // 2**20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(f"it is no UTF-8 text (byte {error.start})") from None
    if not text.strip():
        raise Refusal("it is empty")
    if form != "yaml":
        try:
            return [parse_json(text)]
        except Refusal:
            if form == "json" or text.lstrip()[0] in "[{":
                raise
    return parse_yaml(text)


def parse_json(text: str) -> Any:
    """The value of a JSON text."""
    import orjson

    try:
        value = orjson.loads(text)
    except ValueError as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        raise Refusal(f"it is no JSON: {getattr(error, 'msg', error)} in line {line}, column {column}") from None
    check(value)
    return value


def check(value: object) -> None:
    """Refuse what is nested too deep or too large to work with."""
    level: list[object] = [value]
    total = 0
    for _ in range(DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        total += len(level)
        if not level:
            return
        if total > NODES:
            raise Refusal(f"it holds more than {NODES} values")
    raise Refusal(f"it is nested more than {DEPTH} levels deep")


def parse_yaml(text: str) -> list[Any]:
    """The documents of a YAML text as JSON could hold them."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_events(yaml.parse(text, Loader=loader))
        return list(_documents(loader(text)))
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise Refusal(f"it is no YAML{line}: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise Refusal(f"it is no YAML that can be read ({type(error).__name__})") from None


def _check_events(events: Iterator[Any]) -> None:
    import yaml

    depth = 0
    for count, event in enumerate(events):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH:
            raise Refusal(f"it is nested more than {DEPTH} levels deep")
        if count > YAML_NODES:
            raise Refusal(f"it holds more than {YAML_NODES} values")


def _documents(loader: Any) -> Iterator[Any]:
    """Each document, after its size with all aliases written out was found to be bearable."""
    try:
        while loader.check_node():
            node = loader.get_node()
            _size(node, {}, set())
            yield plain(loader.construct_document(node))
    finally:
        loader.dispose()


def _size(node: Any, known: dict[int, int], above: set[int]) -> int:
    import yaml

    key = id(node)
    if key in above:
        raise Refusal("it has an alias that refers to what it is part of")
    if key in known:
        return known[key]
    above.add(key)
    total = 1
    if isinstance(node, yaml.SequenceNode):
        total += sum(_size(one, known, above) for one in node.value)
    elif isinstance(node, yaml.MappingNode):
        total += sum(_size(one, known, above) for pair in node.value for one in pair)
    above.remove(key)
    known[key] = total
    if total > YAML_NODES:
        raise Refusal(f"its aliases multiply to more than {YAML_NODES} values")
    return total


def plain(value: Any) -> Any:
    """The value with what only YAML has written as text."""
    if isinstance(value, dict):
        return {_key(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(inner) for inner in value]
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return float(value) if abs(value) < 10**300 else str(value)[:40]
    return value


def _key(key: object) -> str:
    return str(plain(key)) if not isinstance(key, bool) else str(key).lower()
