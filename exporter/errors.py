"""Mistakes of the user's own files, and how a file with a secret is read; free of what checks those files."""

from __future__ import annotations

from pathlib import Path


class SettingsError(Exception):
    """The settings are wrong; the message says which one, what is wrong and what would be right."""


class MappingError(Exception):
    """A mapping file is wrong; the message says where, what is wrong and what would be right."""


class PriceError(MappingError):
    """A price file is wrong; the message says where, what is wrong and what would be right."""


def secret(path: Path, place: str) -> str:
    """The content of a secret file without white space around it."""
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(f"{place}: cannot read {path}: {reason}") from None
    if not value:
        raise SettingsError(f"{place}: {path} is empty; write the secret into it")
    return value
