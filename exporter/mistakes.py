"""Mistakes in settings, in words: where, what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

WORDS: Final = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text; put it in quotes",
    "path_type": "must be the path of a file",
    "model_type": "must be a section with settings in it, not a single value",
    "dict_type": "must be a section with settings in it, not a single value",
    "tuple_type": "must be a list, such as [a, b]",
    "missing": "is missing; it must be given here",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be {le:g} or less",
    "literal_error": "must be one of {expected}",
    "invalid_key": "the name of a setting must be text",
}


def explain(error: ValidationError, model: type[BaseModel], file: str, variables: dict[tuple[str, ...], str]) -> str:
    """One line for each mistake. `variables` are those of the environment that set a place."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in problem["loc"])
        source = variables.get(tuple(str(part) for part in problem["loc"]), file)
        lines.append(f"{source}: {place + ': ' if place else ''}{_words(problem, model)}")
    return "\n".join(lines)


def _words(problem: ErrorDetails, model: type[BaseModel]) -> str:
    kind, place = problem["type"], problem["loc"]
    if kind == "extra_forbidden":
        owner = _owner(model, place)
        known = f"; known here are {', '.join(sorted(owner.model_fields))}" if owner is not None else ""
        return f"there is no such setting{known}"
    if kind == "string_pattern_mismatch":
        owner = _owner(model, place)
        examples = owner.model_fields[str(place[-1])].examples if owner is not None else None
        return "has the wrong form" + (f"; write one such as {examples[0]}" if examples else "")
    if kind in WORDS:
        return WORDS[kind].format(**problem.get("ctx", {}))
    return problem["msg"].removeprefix("Value error, ")


def _owner(model: type[BaseModel], place: Collection[int | str]) -> type[BaseModel] | None:
    """The model that holds the setting at a place."""
    owner: type[BaseModel] | None = model
    for part in list(place)[:-1]:
        if owner is not None and isinstance(part, str):
            field = owner.model_fields.get(part)
            owner = inner_model(field.annotation) if field is not None else None
    return owner


def inner_model(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `Tls | None` or `tuple[StateSource, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (inner_model(inner) for inner in getattr(annotation, "__args__", ()))
    return next((model for model in found if model is not None), None)
