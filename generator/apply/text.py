"""Texts of others on a terminal: in quotes, on one line, with nothing that a terminal would obey."""

from __future__ import annotations

import json
from typing import Final

LONGEST: Final = 120


def printable(text: str) -> str:
    """The text with each character that does not print written as an escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def shown(value: object, longest: int = LONGEST) -> str:
    """A value as JSON, cut where it gets too long."""
    text = printable(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
