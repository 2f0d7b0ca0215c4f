"""Panel ids and query letters, the same on every run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from string import ascii_uppercase
from typing import Any


def walk(panels: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every panel, those inside rows included, in order."""
    for panel in panels:
        yield panel
        yield from walk(panel.get("panels", ()))


def identify(panels: list[dict[str, Any]]) -> None:
    """Number the panels and letter their queries; an id or letter that is given and not taken stays."""
    taken: set[int] = set()
    missing = []
    for panel in walk(panels):
        if panel.get("id") and panel["id"] not in taken:
            taken.add(panel["id"])
        else:
            missing.append(panel)
        _letter(panel.get("targets", []))
    free = (number for number in count(1) if number not in taken)
    for panel in missing:
        panel["id"] = next(free)


def _letter(targets: list[dict[str, Any]]) -> None:
    taken = {target["refId"] for target in targets if target.get("refId")}
    free = (name for name in letters() if name not in taken)
    for target in targets:
        if not target.get("refId"):
            target["refId"] = next(free)


def letters() -> Iterator[str]:
    """A to Z, then A1 to Z1 and so on."""
    yield from ascii_uppercase
    for number in count(1):
        yield from (f"{letter}{number}" for letter in ascii_uppercase)
