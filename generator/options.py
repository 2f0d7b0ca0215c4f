"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def runtime(words: str) -> Callable[[Any], Any]:
    """How the stack runs; `words` are the help of this command."""
    kinds = click.Choice(["native", "compose"])
    return click.option("--runtime", type=kinds, default="native", show_default=True, help=words)
