"""Exclusions in the format of grafana/dashboard-linter: files called `.lint` that name rules, reasons and places.

Under `exclusions` a rule, or entries of it, say nothing any more; under `warnings` their findings are warnings.
An entry names a dashboard and a panel or variable, or for rules a group and a rule; what it does not name may be anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dashboards.compiler.read import Json, mapping, mappings, text
from generator.checks.model import CheckError, Fault
from generator.checks.registry import BY_ID

NAME: Final = ".lint"
ENTRY: Final = ("dashboard", "panel", "variable", "group", "rule")


@dataclass(slots=True)
class Exclusion:
    """One rule's exclusion, and how often it was needed."""

    rule: str
    softens: bool
    reason: str
    entries: tuple[Json, ...]
    source: str
    needed: int = 0
    used: set[int] = field(default_factory=set)

    def covers(self, fault: Fault) -> bool:
        """Whether it speaks of a fault."""
        if not self.entries:
            self.needed += 1
            return True
        for index, entry in enumerate(self.entries):
            outer = text(entry.get("dashboard")) or text(entry.get("group"))
            inner = text(entry.get("panel")) or text(entry.get("variable")) or text(entry.get("rule"))
            if (not outer or outer == fault.entry[0]) and (not inner or inner == fault.entry[1]):
                self.needed += 1
                self.used.add(index)
                return True
        return False


class Exclusions:
    """The exclusions of all files that were found."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[Exclusion, ...]] = {}

    def at(self, folders: tuple[Path, ...]) -> tuple[Exclusion, ...]:
        """Those of the files in these folders."""
        return tuple(one for folder in folders for one in self._of(folder / NAME))

    def all(self) -> tuple[Exclusion, ...]:
        """Those of every file that was read."""
        return tuple(one for found in self._read.values() for one in found)

    def _of(self, file: Path) -> tuple[Exclusion, ...]:
        if file not in self._read:
            self._read[file] = read(file) if file.is_file() else ()
        return self._read[file]


def read(file: Path) -> tuple[Exclusion, ...]:
    """The exclusions of one file; each has a reason and names a rule that there is."""
    import yaml

    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise CheckError(
            f"{file} cannot be read ({type(error).__name__}); it is YAML with exclusions and warnings"
        ) from None
    if data is not None and not (isinstance(data, dict) and set(data) <= {"exclusions", "warnings"}):
        raise CheckError(f"{file} may hold exclusions and warnings, and nothing else")
    found = []
    for section in ("exclusions", "warnings"):
        for rule, said in mapping(mapping(data).get(section)).items():
            found.append(_one(file, section == "warnings", str(rule), mapping(said)))
    return tuple(found)


def _one(file: Path, softens: bool, rule: str, said: Json) -> Exclusion:
    if rule not in BY_ID:
        raise CheckError(f"{file} names the rule {rule!r}, which there is not; `watchfloor check --rules` lists them")
    entries = tuple(mappings(said.get("entries")))
    reason = text(said.get("reason"))
    if not reason and not (entries and all(text(entry.get("reason")) for entry in entries)):
        raise CheckError(f"{file} gives no reason for {rule}; write one behind reason:")
    unknown = sorted({key for entry in entries for key in entry} - {*ENTRY, "reason", "targetIdx"})
    if unknown:
        raise CheckError(f"{file}: entries of {rule} name {', '.join(unknown)}; they may name {', '.join(ENTRY)}")
    return Exclusion(rule, softens, reason, entries, str(file))
