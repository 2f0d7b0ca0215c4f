"""The mapping file: which table or SQL gives an entity, and which column or expression each of its columns."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from exporter.entities import ENTITIES
from exporter.errors import MappingError
from exporter.settings import Database

UNITS: Final = {"us": "0.000001", "ms": "0.001", "s": "1", "min": "60", "percent": "0.01", "cents": "0.01"}
PRESETS: Final = "exporter.mapping.presets"


class Model(BaseModel):
    """Strict: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnSource(Model):
    """What gives one column: exactly one of a source column, an SQL expression and a constant."""

    column: str | None = None
    sql: str | None = None
    value: str | None = None
    unit: Literal["us", "ms", "s", "min", "percent", "cents"] | None = None
    format: Literal["epoch", "epoch_ms", "iso"] | None = None
    values: dict[str, str] = Field(default_factory=dict)
    default: str | None = None
    time_zone: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        return {"column": data} if isinstance(data, str) else data

    @field_validator("values", mode="before")
    @classmethod
    def _words(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {_word(key): _word(value) for key, value in data.items()}

    @model_validator(mode="after")
    def _one(self) -> ColumnSource:
        if [self.column, self.sql, self.value].count(None) != 2:
            raise ValueError("give exactly one of column, sql and value")
        if self.default is not None and not self.values:
            raise ValueError("default needs values: it stands for every value that is not listed there")
        return self


class Counting(Model):
    """How a source counts tokens: `inclusive` when input (or output) contains the kinds that have columns of their own."""

    input: Literal["inclusive", "exclusive"] = "exclusive"
    output: Literal["inclusive", "exclusive"] = "exclusive"

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        return {"input": data, "output": data} if isinstance(data, str) else data


class EntityMapping(Model):
    """Where one entity's rows are."""

    table: str | None = None
    sql: str | None = None
    where: str | None = None
    counting: Counting | None = None
    columns: dict[str, ColumnSource]

    @model_validator(mode="after")
    def _one(self) -> EntityMapping:
        if (self.table is None) == (self.sql is None):
            raise ValueError("give exactly one of table and sql")
        return self


class Mapping(Model):
    """A whole mapping file."""

    version: Literal[1]
    name: str
    time_zone: str = "UTC"
    entities: dict[str, EntityMapping]

    @model_validator(mode="after")
    def _names(self) -> Mapping:
        known = {entity.name: entity for entity in ENTITIES}
        for name, mapped in self.entities.items():
            if name not in known:
                raise ValueError(f"there is no entity {name}; known are {', '.join(sorted(known))}")
            columns = {column.name for column in known[name].columns if not column.derived}
            wrong = sorted(set(mapped.columns) - columns)
            if wrong:
                raise ValueError(f"entity {name} has no column {', '.join(wrong)}; it has {', '.join(sorted(columns))}")
            lacking = sorted(c.name for c in known[name].columns if c.required and c.name not in mapped.columns)
            if lacking:
                raise ValueError(
                    f"entity {name}: column {', '.join(lacking)} is required; map it or leave the entity out"
                )
            if mapped.counting is not None and "input_tokens" not in columns:
                raise ValueError(f"entity {name} has no tokens, so it has no counting; leave it out")
        return self


def presets() -> tuple[str, ...]:
    """Names of the mappings that ship with Watchfloor."""
    files = resources.files(PRESETS).iterdir()
    return tuple(sorted(file.name.removesuffix(".yml") for file in files if file.name.endswith(".yml")))


def load(database: Database) -> Mapping:
    """The mapping in force: the user's own file, else the preset."""
    if database.mapping is not None:
        return parse(_read(database.mapping), str(database.mapping))
    if database.preset not in presets():
        raise MappingError(f"database.preset: there is no preset {database.preset!r}; known are {', '.join(presets())}")
    return parse((resources.files(PRESETS) / f"{database.preset}.yml").read_text(encoding="utf-8"), database.preset)


def parse(text: str, source: str) -> Mapping:
    """A mapping from YAML text; `source` names it in messages."""
    import yaml

    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        return Mapping.model_validate(data)
    except yaml.YAMLError as error:
        raise MappingError(f"mapping {source}: this is no YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        problems = [_problem(problem) for problem in error.errors(include_url=False)]
        raise MappingError("\n".join(f"mapping {source}: {problem}" for problem in problems)) from None


def _problem(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = "there is no such key"
    return f"{place}: {message}" if place else message


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise MappingError(f"database.mapping: cannot read {path}: {reason}") from None


def _word(value: Any) -> str:
    """YAML reads yes and 1 as other things than words; here they are words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
