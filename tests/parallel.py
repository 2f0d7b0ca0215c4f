"""How the tests are shared out to the workers of pytest-xdist.

A group runs in one worker, in order: the tests of a file, or of a whole folder where they share something dear (a demo with a
year of rows, a Docker engine). The longest groups begin first, so that no worker is left alone with one at the end.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from itertools import chain, cycle
from typing import Any, Final

import pytest

LONGEST: Final = ("compose", "kpi", "stack/test_end_to_end.py", "demo", "verify/test_mutants.py")
"""Groups that take minutes, the longest first."""
TOGETHER: Final = frozenset({"compose", "demo", "kpi"})
"""Folders whose tests share a session's fixtures."""
PORTS: Final = range(10240, 32768)
"""Below the kernel's ephemeral ports, so that no outgoing connection takes one between its choice and its use."""


def group_of(nodeid: str) -> str:
    """Name of the group of a test."""
    file = nodeid.partition("::")[0].removeprefix("tests/")
    folder = file.partition("/")[0]
    return folder if folder in TOGETHER else file


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest groups begin."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(group_of(item.nodeid), len(LONGEST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A scheduler of our own: the marks of `--dist loadgroup` are lost in pytest 9."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):  # type: ignore[misc, unused-ignore]
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False
    return Groups(config, log)


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
