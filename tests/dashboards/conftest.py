"""The generated dashboards, built once, and a walk through what they ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

import dashboards
from dashboards.compiler.identity import walk
from exporter.metric import set_namespace
from exporter.settings import Settings

Boards = dict[str, dict[str, Any]]


def panels(boards: Boards) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every panel but rows, with a name that tells where it is."""
    for name, board in boards.items():
        for panel in walk(board["panels"]):
            if panel["type"] != "row":
                yield f"{name}: {panel['title']}", panel


def expressions(boards: Boards) -> Iterator[tuple[str, str]]:
    """Every query of every panel, annotation and variable, with where it is."""
    for where, panel in panels(boards):
        for target in panel.get("targets", ()):
            if "expr" in target:
                yield where, target["expr"]
    for name, board in boards.items():
        for annotation in board["annotations"]["list"]:
            if "expr" in annotation:
                yield f"{name}: annotation {annotation['name']}", annotation["expr"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                query = variable["query"].removeprefix("label_values(").removesuffix(")")
                yield f"{name}: variable {variable['name']}", query.rpartition(",")[0]


def sql(boards: Boards) -> Iterator[tuple[str, str]]:
    """Every statement of every panel, with where it is."""
    for where, panel in panels(boards):
        for target in panel.get("targets", ()):
            if "rawSql" in target:
                yield where, target["rawSql"]


@pytest.fixture(scope="session")
def boards() -> Boards:
    """Dashboards by file name, with the settings that nobody changed."""
    set_namespace("")
    return {name: orjson.loads(data) for name, data in dashboards.build(Settings()).items()}
