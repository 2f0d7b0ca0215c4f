"""Rules on what queries mean: names and labels that there are, and mistakes that every parser accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from generator.checks.model import Fault, File, Project, Rule
from generator.checks.promql import STAND_IN, Selector, read
from generator.checks.queries import promql

KINDS: Final = ("dashboard", "rules")
SLIPPED: Final = re.compile(r"\s|=|!|~")
LABELS_MADE: Final = frozenset({"label_replace", "label_join", "count_values", "info"})
"""Functions that make labels which no series has."""
ANCHORS: Final = re.compile(r"\^|(?<!\\)\$\Z")
PLAIN: Final = re.compile(r"[\w/: -]*\Z")
WHOLE: Final = re.compile(r"vector\(0\)")


def metric(file: File, project: Project) -> Iterator[Fault]:
    """Names that there are."""
    known, told = project.known, set[str]()
    certain = known.complete or project.is_own(file) or _reads_ours(file, project)
    for one in promql(file):
        for name in (name for selector in read(one.expr).selectors for name in selector.names):
            if name in known.series or name in told:
                continue
            told.add(name)
            near = get_close_matches(name, known.series, 1, 0.9) if len(name) < 200 else []
            meant = f"; {near[0]} is meant, perhaps" if near else ""
            yield one.fault(f"{name} is not in {known.source}{meant}", None if certain else "warning")


def _reads_ours(file: File, project: Project) -> bool:
    """Whether a file reads a metric of the catalogue, so that its other names are meant to be of it, too."""
    names = (name for one in promql(file) for selector in read(one.expr).selectors for name in selector.names)
    return any(name in project.known.series and project.known.series[name].labels is not None for name in names)


def label(file: File, project: Project) -> Iterator[Fault]:
    """Labels that the metrics have."""
    for one in promql(file):
        query = read(one.expr)
        made = LABELS_MADE & {*query.calls, *(name for each in query.selectors for name in each.functions)}
        told: set[tuple[str, str]] = set()
        for selector in query.selectors:
            for name in selector.names:
                for missing in _missing(selector, name, project, grouped=not made):
                    if (name, missing) not in told:
                        told.add((name, missing))
                        yield one.fault(f"{name} has no label {missing} in {project.known.source}")


def _missing(selector: Selector, name: str, project: Project, *, grouped: bool) -> list[str]:
    series = project.known.series.get(name)
    if series is None or series.labels is None:
        return []
    used = set(selector.matched)
    if grouped:
        used = used.union(*selector.groupings)
    return sorted(one for one in used - series.labels if one != STAND_IN)


def operator(file: File, _: Project) -> Iterator[Fault]:
    """Matchers whose value does not begin with an operator."""
    for one in promql(file):
        for selector in read(one.expr).selectors:
            for matcher in selector.matchers:
                if SLIPPED.match(matcher.value):
                    yield one.fault(f"{matcher.label} is compared with the text {matcher.value!r}")


def regexp(file: File, _: Project) -> Iterator[Fault]:
    """Patterns that are patterns."""
    for one in promql(file):
        for matcher in {found for selector in read(one.expr).selectors for found in selector.matchers}:
            if not matcher.operator.endswith("~") or "__var_" in matcher.value:
                continue
            if PLAIN.match(matcher.value) and matcher.value:
                yield one.fault(f"{matcher.label}{matcher.operator}{matcher.value!r} has no pattern in it")
            elif ANCHORS.search(matcher.value):
                yield one.fault(f"{matcher.label}{matcher.operator}{matcher.value!r} is anchored already")


def quantile(file: File, _: Project) -> Iterator[Fault]:
    """Buckets that are still apart where a quantile is made of them."""
    for one in promql(file):
        for selector in read(one.expr).selectors:
            inside = (
                selector.functions[selector.functions.index("histogram_quantile") :]
                if "histogram_quantile" in selector.functions
                else ()
            )
            classic = any(name.endswith("_bucket") for name in selector.names)
            if inside and classic and selector.groupings and not {"le", STAND_IN} & set(selector.groupings[-1]):
                yield one.fault(f"the buckets of {', '.join(selector.names)} are added up over le")


def zero(file: File, _: Project) -> Iterator[Fault]:
    """No numbers where there are none."""
    for one in promql(file):
        if one.drawn and file.kind == "dashboard" and WHOLE.search("".join(one.expr.split())):
            yield one.fault("vector(0) stands where there is no data")


def window(file: File, _: Project) -> Iterator[Fault]:
    """Functions over time have a window with room for two samples."""
    for one in promql(file):
        for selector in read(one.expr).selectors:
            near = selector.functions[-1] if selector.functions else ""
            if (
                near in ("rate", "irate", "increase", "delta", "deriv")
                and isinstance(selector.window, float)
                and 0 < selector.window < 30
            ):
                yield one.fault(f"{near} looks at {selector.window:g} s, in which there may be fewer than two samples")


def odd(file: File, _: Project) -> Iterator[Fault]:
    """Sides of an operator that can have something in common."""
    for one in promql(file):
        for reason in read(one.expr).odd:
            yield one.fault(reason)


RULES: Final = (
    Rule(
        id="metric-unknown", title="Metrics exist", kinds=KINDS, find=metric,
        why="A query for a metric that nobody exposes shows no data, and an alert on it never fires.",
        remedy="Correct the name. Without --prometheus only the catalogue is known: for metrics of other exporters this is a warning, and --prometheus URL looks them up.",
    ),
    Rule(
        id="label-unknown", title="Labels exist", kinds=KINDS, find=label,
        why="A comparison with a label that the metric lacks finds nothing, and a grouping by it puts everything into one series.",
        remedy="Use a label that the metric has; docs/metrics.md lists them.",
    ),
    Rule(
        id="matcher-operator", title="Values of labels do not begin with an operator", kinds=KINDS, find=operator,
        why='In label="=~x" the operator is part of the text, so nothing is found, and nothing says so.',
        remedy='Move the operator out of the quotes: label=~"x".',
    ),
    Rule(
        id="promql-regexp", title="Patterns are needed, and not anchored twice", kinds=KINDS, find=regexp, origin="pint", level="warning",
        why="A plain text compared as a pattern is slower and hides a mistake; Prometheus anchors every pattern itself.",
        remedy="Compare plain texts with = or !=, and leave ^ and $ away.",
    ),
    Rule(
        id="quantile-buckets", title="Quantiles are made of buckets that are apart", kinds=KINDS, find=quantile,
        why="histogram_quantile needs the label le; after a sum without it there is no answer at all.",
        remedy="Group by le, too: sum by (le) (...).",
    ),
    Rule(
        id="invented-zero", title="No data is shown as no data", kinds=("dashboard",), find=zero, level="warning",
        why="vector(0) where there is no data shows an outage as a quiet hour.",
        remedy="Leave it away and let the panel say that there is no data.",
    ),
    Rule(
        id="promql-rate", title="Windows have room for two samples", kinds=KINDS, find=window, origin="pint",
        why="A rate needs two samples; with scrapes every 15 s a window under 30 s has often one.",
        remedy="Use a window of at least twice the scrape interval, in graphs [$__rate_interval].",
    ),
    Rule(
        id="promql-impossible", title="Both sides of an operator can meet", kinds=KINDS, find=odd, origin="pint",
        why="Sides that have no labels in common match nothing, so the result is always empty; a comparison of constants is always the same.",
        remedy="Group both sides by the same labels, or say with on(...) and group_left which ones count.",
    ),
)  # fmt: skip
