"""What the user sees of a part of the stack."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StackError(Exception):
    """The stack cannot be started or stopped; the message says which part, why, and what would be right."""


class State(StrEnum):
    """How a part is."""

    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    NOT_INSTALLED = "not installed"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the stack. `why` says why it is not running."""

    name: str
    state: State
    url: str = ""
    why: str = ""

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong: it runs, or it was never there to run."""
        return self.state in (State.RUNNING, State.NOT_INSTALLED)
