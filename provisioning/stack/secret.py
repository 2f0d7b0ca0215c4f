"""Generated passwords, each in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from provisioning.stack.part import StackError


def read(path: Path) -> str | None:
    """The secret in a file; None when there is none."""
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StackError(f"cannot read {path}: {error.strerror}; run as the user who started the stack") from None


def write(path: Path, value: str) -> None:
    """Keep a secret, in one step."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(value.rstrip("\n") + "\n")
    new.replace(path)


def generated(path: Path) -> str:
    """A password that is made once and kept."""
    value = read(path)
    if value is None:
        value = secrets.token_urlsafe(24)
        write(path, value)
    return value
