"""What the exporter knows of its own health."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `detail` says in a sentence what was found, `seconds` how long it took."""

    name: str
    ok: bool
    detail: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """All checks. `ready` is true once metrics can be served; every check being fine is `healthy`.

    `first_pass` is how much of all rows was read, 0 to 1, while they are read for the first time; None before and after.
    """

    ready: bool
    checks: tuple[Check, ...]
    first_pass: float | None = None

    @property
    def healthy(self) -> bool:
        """Whether the exporter is ready and nothing is wrong."""
        return self.ready and all(check.ok for check in self.checks)
