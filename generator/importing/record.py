"""What an import found, made and refused, as records that a person and a program can read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["dashboard", "rules", "alertmanager"]


class Refusal(Exception):  # noqa: N818 - it is an answer and not an error
    """A document cannot be imported; the message is the reason, one sentence."""


class Irrelevant(Refusal):
    """A document is of a kind that is neither wanted nor missed beside others."""


class ImportsError(Exception):
    """The import as a whole cannot be done as asked."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What the envelope of a dashboard said about it."""

    uid: str = ""
    folder: str = ""
    name: str = ""
    folder_uid: str = ""
    inputs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """One document that can be imported."""

    kind: Kind
    data: Json
    hints: Hints = Hints()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Made:
    """One file of the project."""

    kind: Kind
    name: str
    title: str
    content: bytes
    uid: str = ""
    folder: str = ""
    changes: list[str] = field(default_factory=list)
    attention: list[str] = field(default_factory=list)
    path: str = ""

    def json(self) -> Json:
        """The entry in a report."""
        told = {"kind": self.kind, "title": self.title, "uid": self.uid, "folder": self.folder, "path": self.path}
        return {key: value for key, value in told.items() if value}


@dataclass(slots=True)
class Record:
    """One file that was looked at. It is imported when anything of it was."""

    file: str
    made: list[Made] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def status(self) -> Literal["imported", "refused"]:
        """Whether anything came of it."""
        return "imported" if self.made else "refused"

    @property
    def reason(self) -> str | None:
        """Why nothing came of it."""
        return None if self.made else "; ".join(dict.fromkeys(self.refused)) or "it holds nothing to import"

    @property
    def changes(self) -> list[str]:
        """What was changed on the way."""
        return [self._of(made, line) for made in self.made for line in made.changes]

    @property
    def attention(self) -> list[str]:
        """What a person should look at."""
        left = self.refused if self.made else []
        return [*left, *(self._of(made, line) for made in self.made for line in made.attention)]

    def json(self) -> Json:
        """The record for programs."""
        return {
            "file": self.file, "status": self.status, "reason": self.reason, "changes": self.changes,
            "attention": self.attention, "outputs": [made.json() for made in self.made],
        }  # fmt: skip

    def _of(self, made: Made, line: str) -> str:
        return line if len(self.made) == 1 else f"{made.title!r}: {line}"
