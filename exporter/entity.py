"""Entities: typed sets of columns that a mapping finds in a database, and conditions on them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

VIEWS: Final = "watchfloor"
"""Schema of the views that people read."""


class Kind(StrEnum):
    """What a column holds; decides how its values are read, checked and compared."""

    TEXT = "text"
    TIME = "time"
    INTEGER = "integer"
    REAL = "real"
    MONEY = "money"
    FLAG = "flag"


class EntityError(Exception):
    """An entity or a condition is defined wrongly."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an entity. Optional ones that no mapping gives make their metrics absent."""

    name: str
    kind: Kind
    help: str
    required: bool = False
    unit: str = ""
    personal: bool = False
    derived: bool = False
    """Worked out by the engine from other columns; no mapping gives it."""

    @property
    def present(self) -> Condition:
        """Rows in which this column has a value."""
        return Condition(self, "present")

    @property
    def absent(self) -> Condition:
        """Rows in which this column has no value."""
        return Condition(self, "absent")

    @property
    def true(self) -> Condition:
        """Rows in which this flag is set."""
        if self.kind is not Kind.FLAG:
            raise EntityError(f"column {self.name} is {self.kind}, only a flag can be tested for true")
        return Condition(self, "true")

    @property
    def not_true(self) -> Condition:
        """Rows in which this flag is not set, or unknown."""
        if self.kind is not Kind.FLAG:
            raise EntityError(f"column {self.name} is {self.kind}, only a flag can be tested for true")
        return Condition(self, "not_true")

    def is_in(self, *values: str) -> Condition:
        """Rows in which this column has one of these values."""
        return Condition(self, "in", values)

    def not_in(self, *values: str) -> Condition:
        """Rows in which this column has another value than these, or none."""
        return Condition(self, "not_in", values)


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter on rows, kept as data so that each engine can write it in its own words."""

    column: Column
    test: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing that rows describe: a call, a turn, an invoice. Its rows never leave the database."""

    name: str
    domain: str
    help: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise EntityError(f"entity {self.name} has column {', '.join(twice)} twice; give each once")

    @property
    def view(self) -> str:
        """The view of the entity (exporter/views.py), as statements of dashboards call it."""
        return f"{VIEWS}.{self.name}"

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(sorted(column.name for column in self.columns))
        raise EntityError(f"entity {self.name} has no column {name}; it has {known}")

    def has(self, name: str) -> bool:
        """Whether the entity has a column of this name."""
        return any(column.name == name for column in self.columns)


def text(name: str, help: str, *, required: bool = False, personal: bool = False) -> Column:
    """A column of words that becomes a label, a condition, or what people read in a table; `personal` words stay hidden."""
    return Column(name, Kind.TEXT, help, required, personal=personal)


def derived(name: str, help: str) -> Column:
    """A column of words that the engine works out itself."""
    return Column(name, Kind.TEXT, help, derived=True)


def time(name: str, help: str, *, required: bool = False) -> Column:
    """An instant. As an event time it must not change once it is set."""
    return Column(name, Kind.TIME, help, required)


def integer(name: str, help: str, *, unit: str = "") -> Column:
    """A whole number; sums of it are exact."""
    return Column(name, Kind.INTEGER, help, unit=unit)


def real(name: str, help: str, *, unit: str = "") -> Column:
    """A measured number in the base unit given."""
    return Column(name, Kind.REAL, help, unit=unit)


def money(name: str, help: str) -> Column:
    """An amount in US dollars."""
    return Column(name, Kind.MONEY, help, unit="usd")


def flag(name: str, help: str) -> Column:
    """True, false or unknown."""
    return Column(name, Kind.FLAG, help)


TENANT: Final = text("tenant", "Customer or workspace that the row belongs to.")
AGENT: Final = text("agent", "Agent (bot, assistant) that did the work.")
AGENT_TYPE: Final = text("agent_type", "Kind of agent: voice, text, 3d.")
CHANNEL: Final = text("channel", "Way in: phone, web, whatsapp, ...")
