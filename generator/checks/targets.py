"""Rules of grafana/dashboard-linter on the queries of panels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dashboards.compiler.read import text
from generator.checks.model import Fault, File, Project, Rule, on_panel, shown
from generator.checks.promql import read
from generator.checks.queries import promql as asked
from generator.checks.queries import source_type, targets
from generator.checks.templates import ORIGIN

RATES: Final = frozenset({"rate", "irate", "increase"})
READ_WHOLE: Final = frozenset(
    {"rate", "irate", "increase", "resets", "changes", "absent", "absent_over_time", "timestamp", "count", "group"}
)
"""Functions that a counter may stand under."""
DAY: Final = 86400
AUTO: Final = re.compile(r"\[\s*(\$\{?__auto\}?|\$__auto)\s*\]")
RANGED: Final = re.compile(r"\[[^\]]*\]")
QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')


def promql(file: File, _: Project) -> Iterator[Fault]:
    """Queries that Prometheus can read."""
    for one in asked(file):
        error = read(one.expr).error if one.drawn or not one.place.startswith("variable") else ""
        if error:
            yield one.fault(f"its query is no PromQL: {error}")


def _logql(file: File) -> Iterator[tuple[str, Fault]]:
    for panel in shown(file):
        for target in targets(panel):
            expr = text(target.get("expr"))
            if expr and source_type(file, panel, target) == "loki":
                yield expr, on_panel(file, panel, f"query {text(target.get('refId')) or '?'}")


def logql(file: File, _: Project) -> Iterator[Fault]:
    """LogQL with brackets and quotes that are closed and a stream to read."""
    for expr, fault in _logql(file):
        bare = QUOTED.sub("", expr)
        wrong = [f"{a} and {b} do not match" for a, b in ("()", "{}", "[]") if bare.count(a) != bare.count(b)]
        if '"' in bare or "`" in bare:
            wrong.append("a quote is not closed")
        if not wrong and "{" not in bare and "$" not in RANGED.sub("", bare) and not re.search(r"\bvector\s*\(", bare):
            wrong.append("it selects no stream")
        if wrong:
            yield Fault(fault.place, f"{fault.reason} is no LogQL: {wrong[0]}", fault.entry)


def logql_auto(file: File, _: Project) -> Iterator[Fault]:
    """Windows of LogQL that fit the graph."""
    for expr, fault in _logql(file):
        bare = QUOTED.sub("", expr)
        fixed = [one for one in RANGED.findall(bare) if not AUTO.fullmatch(one)]
        if fixed:
            yield Fault(fault.place, f"{fault.reason} has the window {fixed[0]} and not [$__auto]", fault.entry)


def rate_interval(file: File, _: Project) -> Iterator[Fault]:
    """Rates in graphs over the window that fits the graph; whole days and the whole time range are meant as they are."""
    for one in asked(file):
        if not one.drawn or not one.ranged:
            continue
        for selector in read(one.expr).selectors:
            near = selector.functions[-1:] and selector.functions[-1] in RATES
            if near and isinstance(selector.window, float) and selector.window < DAY:
                yield one.fault(f"{selector.functions[-1]} has a fixed window of {selector.window:g} s in a graph")
                break


def _compares(file: File, label: str) -> Iterator[Fault]:
    for one in asked(file):
        if one.drawn and any(label not in selector.matched for selector in read(one.expr).selectors):
            yield one.fault(f"a selector does not compare {label}")


def job(file: File, _: Project) -> Iterator[Fault]:
    """Selectors that compare job."""
    yield from _compares(file, "job")


def instance(file: File, _: Project) -> Iterator[Fault]:
    """Selectors that compare instance."""
    yield from _compares(file, "instance")


def counters(file: File, project: Project) -> Iterator[Fault]:
    """Counters under a rate, gauges under none."""
    for one in asked(file):
        if not one.drawn:
            continue
        told: set[str] = set()
        for selector in read(one.expr).selectors:
            near = selector.functions[-1] if selector.functions else ""
            for name in selector.names:
                known = project.known.series.get(name)
                counter = known.counter if known and known.counter is not None else name.endswith("_total") or None
                if counter and near not in READ_WHOLE and name not in told:
                    told.add(name)
                    yield one.fault(f"{name} is a counter and is read as it is")
                elif counter is False and near in RATES | {"resets"} and name not in told:
                    told.add(name)
                    yield one.fault(f"{name} is no counter and stands under {near}")


RULES: Final = (
    Rule(
        id="target-promql-rule", title="Queries can be read", kinds=("dashboard", "rules"),
        why="A query that Prometheus refuses shows an error instead of a graph, and a rule with one is refused with its whole file.",
        remedy="Correct the query; the reason says where the parser stopped.",
        find=promql, origin=ORIGIN,
    ),
    Rule(
        id="target-logql-rule", title="Queries of logs can be read", kinds=("dashboard",),
        why="A query that Loki refuses shows an error instead of lines. Brackets, quotes and the stream are looked at, not the whole grammar.",
        remedy='Close what is open, and select a stream with {label="value"}.',
        find=logql, origin=ORIGIN,
    ),
    Rule(
        id="target-logql-auto-rule", title="Windows of log queries fit the graph", kinds=("dashboard",),
        why="A fixed window counts lines twice or leaves some out when the graph's step is another.",
        remedy="Write [$__auto].",
        find=logql_auto, origin=ORIGIN,
    ),
    Rule(
        id="target-rate-interval-rule", title="Rates fit the graph and the scrapes", kinds=("dashboard",),
        why="A fixed window shorter than the step leaves data out, one shorter than two scrapes shows nothing at all.",
        remedy="Write [$__rate_interval]; windows of a day and longer, the whole time range and numbers of this moment are not meant.",
        find=rate_interval, origin=ORIGIN,
    ),
    Rule(
        id="target-job-rule", title="Queries follow the filter job", kinds=("dashboard",),
        why="A selector without it adds up the jobs that somebody has filtered out.",
        remedy='Compare job=~"$job" in every selector, or exclude the rule with the reason why there is no such filter.',
        find=job, origin=ORIGIN,
    ),
    Rule(
        id="target-instance-rule", title="Queries follow the filter instance", kinds=("dashboard",),
        why="A selector without it adds up the instances that somebody has filtered out.",
        remedy='Compare instance=~"$instance" in every selector, or exclude the rule with the reason why there is no such filter.',
        find=instance, origin=ORIGIN,
    ),
    Rule(
        id="target-counter-agg-rule", title="Counters are read as rates", kinds=("dashboard", "rules"),
        why="The bare value of a counter is its total since the process started, which falls to 0 with each start; the rate of a gauge means nothing.",
        remedy="Put rate(...) or increase(...) directly around a counter, and nothing of that kind around a gauge (deriv or delta).",
        find=counters, origin=ORIGIN,
    ),
)  # fmt: skip
