"""The limits that panels show against the limits of the alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from dashboards.compiler.read import Json, mapping, mappings, number
from generator.checks.model import Fault, Project, Rule, on_panel, shown
from generator.checks.promql import read
from generator.checks.queries import rule_name, rules, targets
from generator.checks.tree import shape

EXPANDED: Final = 3
"""How many recordings deep an alert's query is followed."""


def differs(project: Project) -> Iterator[Fault]:
    """Thresholds of a panel that are none of the limits of the alerts on the same quantity."""
    limits = _limits(project)
    for file in project.of("dashboard"):
        for panel in shown(file):
            steps = _steps(panel)
            for target in targets(panel) if steps else ():
                expr = target.get("expr")
                query = read(expr) if isinstance(expr, str) and expr.strip() else None
                found = limits.get(query.shape, {}) if query and not query.error else {}
                missing = sorted(value for value in found if not any(_same(value, step) for step in steps))
                if found and len(missing) == len(found):
                    names = ", ".join(sorted({found[value] for value in missing}))
                    shows = ", ".join(f"{step:g}" for step in steps)
                    fault = on_panel(
                        file,
                        panel,
                        f"its limits are {shows}, and alerts speak at {', '.join(f'{v:g}' for v in missing)} ({names})",
                    )
                    yield Fault(fault.place, fault.reason, fault.entry, file.path)
                    break


def _limits(project: Project) -> dict[str, dict[float, str]]:
    """The numbers that alerts compare each quantity with, and the names of the alerts."""
    recordings = {
        rule_name(rule): shape(str(rule.get("expr")))
        for file in project.of("rules")
        for _, rule in rules(file)
        if "record" in rule and not read(str(rule.get("expr"))).error
    }
    found: dict[str, dict[float, str]] = defaultdict(dict)
    for file in project.of("rules"):
        for _, rule in rules(file):
            for quantity, limit in read(str(rule.get("expr"))).limits if "alert" in rule else ():
                if limit == 0:
                    # Any at all is a condition, and no limit that a colour could begin at.
                    continue
                name = quantity
                for _depth in range(EXPANDED):
                    found[name].setdefault(limit, rule_name(rule))
                    if name not in recordings:
                        break
                    name = recordings[name]
    return found


def _steps(panel: Json) -> list[float]:
    defaults = mapping(mapping(panel.get("fieldConfig")).get("defaults"))
    thresholds = mapping(defaults.get("thresholds"))
    style = mapping(mapping(defaults.get("custom")).get("thresholdsStyle")).get("mode", "")
    if thresholds.get("mode") == "percentage" or (panel.get("type") == "timeseries" and style in ("", "off")):
        return []
    steps = [number(step.get("value")) for step in mappings(thresholds.get("steps"))]
    return [float(step) for step in steps[1:] if step is not None]


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1e-9)


RULES: Final = (
    Rule(
        id="threshold-alert", title="Panels change colour where alerts speak", kinds=("dashboard",), across=differs,
        why="A panel that is green while its alert fires, or red while nobody is told, teaches people to trust neither. Panels and alerts are taken for the same quantity when their queries are equal but for filters, windows and groupings.",
        remedy="Take both numbers from one setting, as thresholds in watchfloor.yml are.",
    ),
)  # fmt: skip
