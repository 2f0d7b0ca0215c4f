"""Folders that files name by their titles, with uids that stay the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any, Final

from generator.apply.error import ApplyError
from generator.apply.item import Item

LONGEST: Final = 40


class Folders:
    """Folders by the path of their titles; the same path is the same folder wherever it is named."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._uids: dict[tuple[str, ...], str] = {}

    def uid(self, titles: tuple[str, ...], given: object = None) -> str:
        """The uid for a path of titles; empty for the general folder, which always exists."""
        if not titles:
            return str(given or "")
        if len(titles) > 1:
            self.uid(titles[:-1])
        there = self._uids.get(titles)
        if there is None or given:
            if there is not None and there != given:
                raise ApplyError(f"the folder {'/'.join(titles)} has two uids, {there} and {given}; give it one")
            there = self._uids[titles] = str(given or _uid(self._owner, titles))
        return there

    def items(self) -> Iterator[Item]:
        """Every folder, parents first."""
        for titles, uid in sorted(self._uids.items(), key=lambda one: (len(one[0]), one[0])):
            content: dict[str, Any] = {"uid": uid, "title": titles[-1]}
            if len(titles) > 1:
                content["parentUid"] = self._uids[titles[:-1]]
            yield Item("folder", uid, "/".join(titles), content)


def _uid(owner: str, titles: tuple[str, ...]) -> str:
    """The owner's own folder is called like the owner; others have a part of a digest, so that no two paths meet."""
    path = "/".join(title.replace("/", "\\/") for title in titles)
    if path == owner.capitalize():
        return owner
    slug = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    digest = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"{f'{owner}-{slug}'[: LONGEST - 9].rstrip('-')}-{digest}"
