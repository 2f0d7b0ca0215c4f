"""The reference schema in an empty database, and exporters on it that are closed after the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.conftest import place
from tests.engine.rig import Place, Rig
from tests.reconcile.rows import Sealed

__all__ = ["place", "sealed"]


@pytest.fixture
def sealed(place: Place) -> Iterator[Sealed]:
    """Makes exporters that have sealed everything and saved it."""
    rigs: list[Rig] = []

    def make(**given: object) -> Rig:
        rig = place.rig(**given)
        rigs.append(rig)
        rig.collector._file_lock.acquire()
        rig.collector.book.writable = True
        rig.tick()
        return rig

    yield make
    for rig in rigs:
        rig.close()
