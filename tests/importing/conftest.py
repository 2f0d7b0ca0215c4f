"""What the tests of the import share: an importer, and the records it gives for values and texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from generator.importing.record import Record
from generator.importing.run import Importer

Bring = Callable[..., Record]
Board = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def bring() -> Bring:
    """The record of a value, or of a text as it is."""

    def of(value: Any, name: str = "source.json", **sources: str) -> Record:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        return Importer("Imported", sources).text(data, name)

    return of


@pytest.fixture(scope="session")
def board(bring: Bring) -> Board:
    """The one dashboard that comes of a value."""

    def of(value: Any, name: str = "source.json", **sources: str) -> dict[str, Any]:
        record = bring(value, name, **sources)
        assert record.reason is None, record.reason
        (made,) = record.made
        found: dict[str, Any] = json.loads(made.content)
        return found

    return of
