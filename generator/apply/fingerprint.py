"""What is known of secrets that Grafana never shows: slow, salted digests of those that were sent last, in a file of ours.

Without the file, as on another machine, it is not known whether a secret has changed, and that is what the plan says.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from generator.apply.connection import Target

COST: Final = 2**14
Key = tuple[str, str, str]
"""Kind and key of the object, and the name of the secret in it."""


@dataclass(slots=True)
class Fingerprints:
    """Digests by the place of the secret."""

    path: Path
    digests: dict[str, str] = field(default_factory=dict)

    def same(self, key: Key, value: str) -> bool | None:
        """Whether this is what was sent last; None when that is not known."""
        there = self.digests.get(_name(key))
        if there is None:
            return None
        salt, _, digest = there.partition(":")
        try:
            return secrets.compare_digest(_digest(salt, value), digest)
        except ValueError:
            return None

    def remember(self, sent: Mapping[Key, str], gone: Iterable[tuple[str, str]] = ()) -> None:
        """Keep what was sent and forget the secrets of objects that are gone."""
        prefixes = tuple(_name((kind, key, "")) for kind, key in gone)
        self.digests = {name: one for name, one in self.digests.items() if not name.startswith(prefixes or ("\0",))}
        for key, value in sent.items():
            salt = secrets.token_hex(16)
            self.digests[_name(key)] = f"{salt}:{_digest(salt, value)}"
        if sent or prefixes:
            self._write()

    def _write(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.path.with_name(f"{self.path.name}.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump({"digests": dict(sorted(self.digests.items()))}, file, indent=1)
        new.replace(self.path)


def load(folder: Path, target: Target, owner: str) -> Fingerprints:
    """Those of one Grafana and owner. A file that cannot be read is as none: then it is not known what was sent."""
    place = f"{owner} {target.organisation} {target.url}"
    path = folder / f"{hashlib.sha256(place.encode()).hexdigest()[:16]}.json"
    try:
        digests = json.loads(path.read_text("utf-8"))["digests"]
        return Fingerprints(path, {str(name): str(digest) for name, digest in digests.items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Fingerprints(path)


def _name(key: Key) -> str:
    return "\n".join(key)


def _digest(salt: str, value: str) -> str:
    return hashlib.scrypt(value.encode(), salt=bytes.fromhex(salt), n=COST, r=8, p=1).hex()
