"""What a handler gets and gives, and the checks that all handlers make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")


class RefusalError(Exception):
    """An answer that is no success."""

    def __init__(self, code: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.body = {"message": message, **more}


@dataclass(frozen=True)
class Request:
    """One request of somebody who may make it."""

    body: Any
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    org: int

    @property
    def provenance(self) -> str:
        """What a change through the provisioning API is marked with."""
        return "" if "X-Disable-Provenance" in self.headers else "api"

    def one(self, name: str, default: str = "") -> str:
        """A parameter of the query."""
        return self.query.get(name, [default])[0]


def fields(body: Any, **known: type | tuple[type, ...]) -> dict[str, Any]:
    """The body, when it is an object whose fields are known and of the right type; null counts as absent."""
    if not isinstance(body, dict):
        raise RefusalError(400, "bad request data")
    for name, value in body.items():
        if name not in known:
            raise RefusalError(400, f"bad request data: unknown field {name!r}")
        kind = known[name]
        kinds = kind if isinstance(kind, tuple) else (kind,)
        wrong = isinstance(value, bool) and bool not in kinds
        if value is not None and (wrong or not isinstance(value, kinds)):
            raise RefusalError(400, f"bad request data: field {name!r} cannot be a {type(value).__name__}")
    return {name: value for name, value in body.items() if value is not None}


def checked_uid(value: str) -> str:
    """A uid of the right form."""
    if len(value) > 40:
        raise RefusalError(400, "uid too long, max 40 characters")
    if not UID.fullmatch(value):
        raise RefusalError(400, "uid contains illegal characters")
    return value


def change_of_provenance(operation: str, stored: str, given: str) -> None:
    """Grafana lets nobody change where an alerting object comes from, except from nowhere to somewhere."""
    if stored not in ("", given):
        message = f"cannot {operation} with provided provenance '{given}', needs '{stored}'"
        raise RefusalError(409, message, messageId="alerting.provenanceMismatch", statusCode=409)
