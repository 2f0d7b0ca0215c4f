"""Versions 6 to 29: the variables of a dashboard."""

from __future__ import annotations

from typing import Final

from dashboards.compiler.read import Json, text, variables

HIDE_LABEL: Final = 1
HIDE: Final = 2
TAGS: Final = ("tags", "tagsQuery", "tagValuesQuery", "useTags")


def types(data: Json) -> None:
    """Version 6: a variable without a type, or a filter, asks a data source."""
    for variable in variables(data):
        if variable.get("type") in (None, "filter"):
            variable["type"] = "query"


def flags(data: Json) -> None:
    """Version 12: refreshing and hiding became numbers."""
    for variable in variables(data):
        if isinstance(variable.get("refresh"), bool):
            variable["refresh"] = int(variable["refresh"])
        if variable.pop("hideVariable", None):
            variable["hide"] = HIDE
        elif variable.pop("hideLabel", None):
            variable["hide"] = HIDE_LABEL


def multi(data: Json) -> None:
    """Version 23: a variable of many values has a list of them, any other has one."""
    for variable in variables(data):
        current = variable.get("current")
        if not isinstance(current, dict) or not current or "multi" not in variable:
            continue
        for key in ("text", "value"):
            value = current.get(key)
            if variable["multi"] and key in current and not isinstance(value, list):
                current[key] = [value]
            elif not variable["multi"] and isinstance(value, list):
                current[key] = value[0] if value else ""


def constants(data: Json) -> None:
    """Version 27: a constant is not shown; one that was shown is a text box that people may change."""
    for variable in variables(data):
        if variable.get("type") == "constant":
            value = text(variable.get("query"))
            variable["current"] = {"selected": True, "text": value, "value": value}
            variable["options"] = [dict(variable["current"])]
            if variable.get("hide") in (None, 0, HIDE_LABEL):
                variable["type"] = "textbox"


def tags(data: Json) -> None:
    """Version 28: tags of values went away."""
    for variable in variables(data):
        for key in TAGS:
            variable.pop(key, None)


def refresh(data: Json) -> None:
    """Version 29: a variable always asks, on load when it does not say more; its old answers are not kept."""
    for variable in variables(data):
        if variable.get("type") == "query":
            if variable.get("refresh") not in (1, 2):
                variable["refresh"] = 1
            variable["options"] = []
