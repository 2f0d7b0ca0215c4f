"""Rules on what must be there once only."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from dashboards.compiler.read import mapping, mappings, panels, text
from generator.checks.model import Fault, File, Project, Rule, on_board, on_panel, panel_name, title
from generator.checks.queries import on_rule, rule_name, rules


def uid(project: Project) -> Iterator[Fault]:
    """Uids that are each of one dashboard."""
    seen: dict[str, File] = {}
    for file in project.of("dashboard"):
        found = text(file.data.get("uid"))
        if found in seen and found:
            yield Fault("dashboard", f"{seen[found].path} has the uid {found!r}, too", (title(file), ""), file.path)
        seen.setdefault(found, file)


def titles(project: Project) -> Iterator[Fault]:
    """Titles that are each of one dashboard of a folder."""
    seen: dict[tuple[str, str], File] = {}
    for file in project.of("dashboard"):
        found = (posixpath.dirname(file.path), title(file).casefold())
        if found in seen and found[1]:
            yield Fault(
                "dashboard",
                f"{seen[found].path} in the same folder has the title {title(file)!r}, too",
                (title(file), ""),
                file.path,
            )
        seen.setdefault(found, file)


def address(file: File, _: Project) -> Iterator[Fault]:
    """Dashboards with a uid and a title."""
    found = text(file.data.get("uid"))
    if not found:
        yield on_board(file, "it has no uid")
    elif len(found) > 40 or not all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in found):
        yield on_board(
            file, f"its uid {found[:60]!r} is longer than 40 characters, or has others than letters, digits, - and _"
        )
    if not title(file).strip():
        yield on_board(file, "it has no title")


def ids(file: File, _: Project) -> Iterator[Fault]:
    """Panels with numbers of their own."""
    seen: dict[object, str] = {}
    for panel in panels(file.data):
        number = panel.get("id")
        if isinstance(number, (int, str)) and number in seen:
            yield on_panel(file, panel, f"panel {seen[number]!r} has the id {number}, too")
        elif isinstance(number, (int, str)):
            seen[number] = panel_name(panel)


def letters(file: File, _: Project) -> Iterator[Fault]:
    """Queries of a panel with letters of their own."""
    for panel in panels(file.data):
        found = [text(target.get("refId")) for target in mappings(panel.get("targets"))]
        twice = sorted({letter for letter in found if letter and found.count(letter) > 1})
        if twice:
            yield on_panel(file, panel, f"two queries are called {', '.join(twice)}")


def overlap(file: File, _: Project) -> Iterator[Fault]:
    """Panels that do not lie on each other."""
    groups = [
        mappings(file.data.get("panels")),
        *(mappings(row.get("panels")) for row in mappings(file.data.get("panels"))),
    ]
    for group in groups:
        taken: dict[tuple[int, int], str] = {}
        for panel in group[:1000]:
            at = mapping(panel.get("gridPos"))
            x, y, w, h = (
                value if isinstance(value, int) and 0 <= value < 100_000 else -1 for value in map(at.get, "xywh")
            )
            if min(x, y, w, h) < 0 or w > 24 or h > 500:
                continue
            if x + w > 24:
                yield on_panel(file, panel, f"it reaches column {x + w} of 24")
            cells = [(column, row) for column in range(x, x + w) for row in range(y, y + h)]
            under = next((taken[cell] for cell in cells if cell in taken), None)
            if under is not None:
                yield on_panel(file, panel, f"it lies on panel {under!r}")
            taken |= dict.fromkeys(cells, panel_name(panel))


def duplicate(project: Project) -> Iterator[Fault]:
    """Rules that are there once."""
    seen: dict[tuple[object, ...], str] = {}
    names: dict[str, set[str]] = defaultdict(set)
    for file in project.of("rules"):
        for group, rule in rules(file):
            labels = tuple(sorted((str(key), str(value)) for key, value in mapping(rule.get("labels")).items()))
            kind, name = ("alert" if "alert" in rule else "record"), rule_name(rule)
            key = (kind, name, labels)
            if name and key in seen:
                fault = on_rule(group, rule, f"{kind} {name!r} with the same labels is in {seen[key]}, too")
                yield Fault(fault.place, fault.reason, fault.entry, file.path)
            seen.setdefault(key, f"{file.path}, group {text(group.get('name'))!r}")
        for group in mappings(file.data.get("groups")):
            name = text(group.get("name"))
            if name in names[file.path]:
                yield Fault(f"group {name!r}", f"group {name!r} is in this file twice", (name, ""), file.path)
            names[file.path].add(name)


RULES: Final = (
    Rule(
        id="dashboard-uid-duplicate", title="A uid is of one dashboard", kinds=("dashboard",), across=uid,
        why="Grafana's provisioning stops writing to a folder in which two dashboards have the same uid: the old state stays, and only the log says so.",
        remedy="Give one of them another uid.",
    ),
    Rule(
        id="dashboard-title-duplicate", title="A title is of one dashboard of a folder", kinds=("dashboard",), across=titles,
        why="Grafana's provisioning stops writing to a folder in which two dashboards have the same title.",
        remedy="Give one of them another title, or put it into another folder.",
    ),
    Rule(
        id="dashboard-address", title="A dashboard has a title and a uid that can be in an address", kinds=("dashboard",), find=address,
        why="Without a uid Grafana makes one up, and every link to the dashboard breaks with the next installation.",
        remedy="Give it a uid of at most 40 letters, digits, - and _, and a title.",
    ),
    Rule(
        id="panel-id-duplicate", title="A panel's id is its own", kinds=("dashboard",), find=ids,
        why="Links, shared panels and 'view panel' open the first panel with that id.",
        remedy="Number the panels of a dashboard from 1, each with another number.",
    ),
    Rule(
        id="target-letter-duplicate", title="A query's letter is its own", kinds=("dashboard",), find=letters,
        why="Grafana answers only one of two queries with the same refId.",
        remedy="Letter the queries of a panel A, B, C, ...",
    ),
    Rule(
        id="panel-overlap", title="Panels do not lie on each other", kinds=("dashboard",), find=overlap, level="warning",
        why="Grafana moves panels that overlap, to places that nobody chose.",
        remedy="Give each panel a place of its own in the 24 columns.",
    ),
    Rule(
        id="rule-duplicate", title="A rule is there once", kinds=("rules",), across=duplicate, origin="pint",
        why="Two recordings of one name and labels overwrite each other; two such alerts come as one. A file with two groups of one name is refused.",
        remedy="Remove one of them, or tell them apart by name or labels.",
    ),
)  # fmt: skip
