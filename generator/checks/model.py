"""What a check looks at, what its rules are and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from dashboards.compiler.read import Json, mappings, panels, text, variables

Kind = Literal["dashboard", "rules", "alertmanager", "text"]
Level = Literal["error", "warning"]


class CheckError(Exception):
    """The check cannot be done as asked."""


@dataclass(frozen=True, slots=True)
class File:
    """One document: a dashboard, a file of rules or a configuration, or any other file as text alone.

    `alone` says that the file holds this document and nothing around it, so that its text can be read by a strict reader.
    """

    path: str
    kind: Kind
    data: Json = field(default_factory=dict)
    text: str = ""
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Series:
    """What is known of the series of one name; None is not known."""

    labels: frozenset[str] | None = None
    counter: bool | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The names that there are. `source` says where from, `complete` whether a name that is not here is certainly wrong."""

    source: str
    series: Mapping[str, Series]
    complete: bool


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that is checked together, and what is known beside it."""

    files: tuple[File, ...]
    known: Known
    own_uids: frozenset[str] = frozenset()
    datasources: frozenset[str] = frozenset()

    def of(self, kind: Kind) -> Iterator[File]:
        """The documents of one kind."""
        return (file for file in self.files if file.kind == kind)

    def is_own(self, file: File) -> bool:
        """Whether a file is one of those that we generate."""
        if file.kind == "dashboard":
            return text(file.data.get("uid")) in self.own_uids
        groups = mappings(file.data.get("groups"))
        return bool(groups) and all(text(group.get("name")).startswith("watchfloor-") for group in groups)


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule says of a place. `entry` is what an exclusion names it by: dashboard and panel, or group and rule."""

    place: str
    reason: str
    entry: tuple[str, str] = ("", "")
    file: str = ""
    line: int = 0
    level: Level | None = None


Find = Callable[[File, Project], Iterator[Fault]]
FindAll = Callable[[Project], Iterator[Fault]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: what it demands, why, and what to do. `find` looks at each file of `kind`, `across` at all of them together."""

    id: str
    title: str
    why: str
    remedy: str
    kinds: tuple[Kind, ...]
    find: Find | None = None
    across: FindAll | None = None
    level: Level = "error"
    origin: str = ""

    def faults(self, project: Project) -> Iterator[tuple[str, Fault]]:
        """The path of a file with each fault in it."""
        for file in project.files if self.find else ():
            if self.find and file.kind in self.kinds:
                for fault in self.find(file, project):
                    yield fault.file or file.path, fault
        for fault in self.across(project) if self.across else ():
            yield fault.file, fault


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault as it is reported."""

    rule: str
    level: Level
    file: str
    place: str
    reason: str
    remedy: str
    line: int = 0

    def json(self) -> dict[str, object]:
        """The finding for programs."""
        return {
            "rule": self.rule, "level": self.level, "file": self.file, "line": self.line or None, "place": self.place,
            "reason": self.reason, "remedy": self.remedy,
        }  # fmt: skip


def title(file: File) -> str:
    """What a dashboard is called."""
    return text(file.data.get("title"))


def panel_name(panel: Json) -> str:
    """What a panel is called."""
    return text(panel.get("title")) or f"panel {panel.get('id', 'without id')}"


def on_panel(file: File, panel: Json, reason: str, level: Level | None = None) -> Fault:
    """A fault of a panel."""
    return Fault(f"panel {panel_name(panel)!r}", reason, (title(file), text(panel.get("title"))), level=level)


def on_variable(file: File, variable: Json, reason: str) -> Fault:
    """A fault of a variable."""
    name = text(variable.get("name"))
    return Fault(f"variable {name!r}", reason, (title(file), name))


def on_board(file: File, reason: str) -> Fault:
    """A fault of a dashboard as a whole."""
    return Fault("dashboard", reason, (title(file), ""))


def shown(file: File) -> Iterator[Json]:
    """Every panel but rows."""
    return (panel for panel in panels(file.data) if panel.get("type") != "row")


def typed(file: File, kind: str) -> list[Json]:
    """The variables of one type."""
    return [one for one in variables(file.data) if one.get("type") == kind]
