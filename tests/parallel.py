"""How the tests are shared out to the workers of pytest-xdist.

A group runs in one worker, in order: the tests of a file, or of a whole folder where they share something dear (a demo with a
year of rows, a Docker engine). Tests that measure themselves need nothing more, since none depends on timing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from itertools import chain, cycle
from typing import Final

import pytest

TOGETHER: Final = frozenset({"compose", "demo", "kpi"})
"""Folders whose tests share a session's fixtures."""
PORTS: Final = range(10240, 32768)
"""Below the kernel's ephemeral ports, so that no outgoing connection takes one between its choice and its use."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the group of each test, before xdist looks for the names."""
    for item in items:
        folder, _, _ = item.path.relative_to(item.config.rootpath / "tests").as_posix().partition("/")
        item.add_marker(pytest.mark.xdist_group(folder if folder in TOGETHER else str(item.path)))


def _candidates() -> Iterator[int]:
    """Ports of this worker alone, begun at a place of this process' own since runs may stand beside each other."""
    worker, workers = (
        int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]),
        int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")),
    )
    own = PORTS[worker::workers]
    start = os.getpid() * 37 % len(own)
    return cycle(chain(own[start:], own[:start]))


_NEXT: Final = _candidates()


def free_port() -> int:
    """A port of the loopback that was free a moment ago and that no other test of this run is given."""
    for port in _NEXT:
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError
