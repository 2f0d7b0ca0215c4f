"""One number from a state source, or the reason why there is none."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)


class ReadError(Exception):
    """A source gives no number; the message is a sentence without secrets."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of a state metric for one label set; None, and a reason, when it is not known."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    value: float | None
    error: str | None


def number(value: object, place: str) -> float:
    """A finite number that is not negative, from JSON or text."""
    if isinstance(value, (bytes, str)):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        value = float(text) if NUMBER.match(text := text.strip()) else text
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ReadError(f"{place} holds {shown(value)}, which is no number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found) or found < 0:
        raise ReadError(f"{place} holds {shown(found)}; a state is a finite number from 0 on")
    return found


def shown(value: object) -> str:
    """A value as it may stand in a message: texts and collections, which may be secrets or long, by kind only."""
    if value is None or isinstance(value, (bool, float)):
        return json.dumps(value)
    words: dict[type, str] = {dict: "an object", list: "a list", str: "text"}
    return words.get(type(value), "a number")


def public(url: str) -> str:
    """A URL without user name, password, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
