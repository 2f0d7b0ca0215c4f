"""What can go wrong between the generated files and a Grafana."""

from __future__ import annotations


class ApplyError(Exception):
    """Something cannot be planned or applied; the message says which thing, what is wrong and what would be right."""


class UnreachableError(ApplyError):
    """Grafana does not answer, or not to us: nothing more can be done in this run."""


class UnsureError(ApplyError):
    """No answer came to a change that Grafana may have made: one must look before one tries again."""


class RefusedError(ApplyError):
    """Grafana refused a request."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
