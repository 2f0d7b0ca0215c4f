"""Rules on what refers to something: data sources, variables, dashboards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from dashboards.compiler.read import annotation_queries, mapping, text, variables
from generator.checks.model import Fault, File, Project, Rule, on_board, on_panel, on_variable, shown, title
from generator.checks.panels import CHOSEN, OURS
from generator.checks.queries import targets

USE: Final = re.compile(r"\$\{([a-zA-Z_]\w*)(?:[.:\[][^}]*)?\}|\$([a-zA-Z_]\w*)|\[\[([a-zA-Z_]\w*)(?::\w+)?\]\]")
BUILT_IN: Final = frozenset(
    {"timeFilter", "org", "user", "dashboard", "value", "tag", "col", "measurement", "series", "fields", "labels"}
)
"""Names that Grafana or a plugin fills in without a variable; those that begin with two underscores are, too."""
GROUP: Final = re.compile(r"\$\d")
STATEMENTS: Final = frozenset({"rawSql", "rawQuery", "expr", "query", "expression", "regex", "definition", "target"})
TEXTS: Final = frozenset({"content", "code", "js", "afterRender", "script", "css", "helpers", "getOption", "onInit"})
"""Keys whose text is a program or a page, in which a dollar means something else."""
LINK: Final = re.compile(r"/d/([\w-]+)")
DEPTH: Final = 60


def _texts(value: Any, skipped: frozenset[str] = frozenset(), depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < DEPTH and isinstance(value, dict):
        for key, inner in value.items():
            if key not in skipped:
                yield from _texts(inner, skipped, depth + 1)
    elif depth < DEPTH and isinstance(value, list):
        for inner in value:
            yield from _texts(inner, skipped, depth + 1)


def _used(value: Any, skipped: frozenset[str] = frozenset()) -> set[str]:
    return {found[1] or found[2] or found[3] for said in _texts(value, skipped) for found in USE.finditer(said)}


def _defined(file: File) -> set[str]:
    inputs = file.data.get("__inputs")
    given = {text(mapping(one).get("name")) for one in inputs} if isinstance(inputs, list) else set()
    return {text(one.get("name")) for one in variables(file.data)} | given


def undefined(file: File, _: Project) -> Iterator[Fault]:
    """Variables that are used and not there."""
    defined = _defined(file)
    for panel in shown(file):
        parts = {key: panel.get(key) for key in ("targets", "datasource", "title", "repeat")}
        used = _used(parts, TEXTS) | ({text(panel.get("repeat"))} if panel.get("repeat") else set())
        used -= {"$"}
        wrong = sorted(name for name in used if name and name not in defined | BUILT_IN and not name.startswith("__"))
        wrong = [name for name in wrong if not _is_shell(panel, name)]
        if wrong:
            yield on_panel(
                file, panel, f"it uses {', '.join(f'${name}' for name in wrong)}, and there is no such variable"
            )
    for one in variables(file.data):
        for name in sorted(_used({key: one.get(key) for key in ("query", "datasource")})):
            if name not in defined | BUILT_IN and not name.startswith("__"):
                yield on_variable(file, one, f"it uses ${name}, and there is no such variable")


def _is_shell(panel: dict[str, Any], name: str) -> bool:
    """Whether a name stands in dollar quotes of SQL (`$name$`) alone."""
    said = [one for target in targets(panel) for one in _texts(target)]
    return any(f"${name}$" in one for one in said) and not any(re.search(rf"\$\{{{name}\b", one) for one in said)


def unused(file: File, _: Project) -> Iterator[Fault]:
    """Variables that nothing reads."""
    everything = _used(file.data)
    repeated = {
        text(panel.get("repeat"))
        for panel in (*shown(file), *(one for one in file.data.get("panels") or [] if isinstance(one, dict)))
    }
    for one in variables(file.data):
        name = text(one.get("name"))
        if one.get("type") not in ("adhoc", "groupby") and name and name not in everything | repeated:
            yield on_variable(file, one, "nothing uses it")


def source(file: File, project: Project) -> Iterator[Fault]:
    """Data sources that are there."""
    defined = _defined(file)
    holders = [(panel, one) for panel in shown(file) for one in (panel, *targets(panel))]
    for panel, one in holders:
        wrong = _wrong_source(one.get("datasource"), defined, project)
        if wrong:
            yield on_panel(file, panel, wrong)
    for one in (*annotation_queries(file.data), *variables(file.data)):
        wrong = _wrong_source(one.get("datasource"), defined, project)
        if wrong:
            yield Fault(f"{text(one.get('name'))!r}", wrong, (title(file), text(one.get("name"))))


def _wrong_source(asked: object, defined: set[str], project: Project) -> str:
    uid = asked if isinstance(asked, str) else text(mapping(asked).get("uid"))
    if (
        not uid
        or uid in OURS
        or uid in project.datasources
        or mapping(asked).get("type") in ("datasource", "grafana", "__expr__")
    ):
        return ""
    found = CHOSEN.match(uid)
    if found:
        return "" if found[1] in defined else f"it asks ${found[1]}, and there is no such variable"
    return f"it asks the data source {uid!r}, which is not provisioned" if project.datasources else ""


def link(file: File, project: Project) -> Iterator[Fault]:
    """Links to dashboards that are there."""
    uids = {text(one.data.get("uid")) for one in project.of("dashboard")} | project.own_uids
    urls = [
        said
        for said in _texts({"panels": file.data.get("panels"), "links": file.data.get("links")})
        if said.startswith(("/d/", "d/", "../d/"))
    ]
    missing = {
        found[1] for said in urls for found in LINK.finditer(f"/{said}" if said.startswith("d/") else said)
    } - uids
    for one in sorted(missing):
        yield on_board(file, f"it links to the dashboard {one!r}, which is not among those that are checked")


RULES: Final = (
    Rule(
        id="variable-undefined", title="Variables that are used are defined", kinds=("dashboard",), find=undefined,
        why="Grafana sends the name of an unknown variable as it is, and the query finds nothing.",
        remedy="Define the variable, or correct its name.",
    ),
    Rule(
        id="variable-unused", title="Variables that are defined are used", kinds=("dashboard",), find=unused, level="warning",
        why="A filter that filters nothing lies to whoever sets it.",
        remedy="Use it in the queries, or remove it.",
    ),
    Rule(
        id="datasource-unknown", title="Data sources are provisioned", kinds=("dashboard",), find=source,
        why="A panel that asks a data source which this Grafana has not shows an error.",
        remedy="Ask ${datasource}, or one of the data sources in grafana/provisioning/datasources; `watchfloor import` puts them in.",
    ),
    Rule(
        id="link-unknown", title="Links lead to dashboards that are there", kinds=("dashboard",), find=link, level="warning",
        why="A link to a missing dashboard ends at 'Dashboard not found'.",
        remedy="Correct the uid in the link, or check both dashboards together.",
    ),
)  # fmt: skip
