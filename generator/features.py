"""docs/features.md: for each feature of the specification the metrics, formulas, panels, alerts and commands that deliver it.

Metrics and formulas name their features themselves; panels and alerts deliver those of the metrics, formulas and views
that they read. What no metric says (commands, kinds of chart, row-level tables) stands in the tables below, and a test
fails when one of them names something that does not exist or a feature has nothing.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

FEATURES: Final = {
    "C1": "Live state", "C2": "Outcomes of calls", "C3": "Daily statistics and peak hours", "C4": "One conversation in detail",
    "C5": "Quality of conversations", "C6": "Usage and visitors", "C7": "Transcripts and replay",
    "L1": "Latency of steps and turns", "L2": "Tokens", "L3": "Errors", "L4": "Voice quality", "L5": "Throughput",
    "A1": "Tasks of agents", "A2": "Recommendations", "A3": "State of agents",
    "K1": "Cost", "K2": "Budgets", "K3": "Cost anomalies",
    "R1": "Revenue and clients", "R2": "Return by client", "R3": "Projections and benchmarks", "R4": "ROI calculator",
    "R5": "Revenue against billing",
    "Q1": "Sentiment", "Q2": "Feedback, NPS, retention, adoption", "Q3": "Quality score",
    "T1": "Questions", "T2": "Knowledge base",
    "M1": "Leads", "M2": "Campaigns and funnel",
    "B1": "Use of the product", "X1": "Experiments",
    "H1": "Health of the platform", "H2": "Endpoints of the exporter", "H3": "Data quality",
    "D1": "Dashboards by role", "D2": "Kinds of charts", "D3": "Filters, links, phones", "D5": "Speed of dashboards",
    "N1": "Alerts with thresholds", "N2": "Usage, business and maintenance alerts", "N3": "Contact points and routing", "N4": "Suppression, escalation, acknowledgement",
    "P1": "Environment", "P4": "Definitions, index advice",
}  # fmt: skip

COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "A2": ("recommend",), "C7": ("transcripts",), "K1": ("prices",), "K2": ("config",), "H2": ("exporter",), "H3": ("verify", "doctor"),
    "D3": ("generate",), "N1": ("config",), "N3": ("routes", "relay"), "N4": ("ack", "silences"), "P1": ("config", "init"), "P4": ("doctor", "verify", "views"),
}  # fmt: skip
"""Commands that deliver a feature."""

DASHBOARDS: Final[Mapping[str, tuple[str, ...]]] = {
    "C4": ("conversation",), "C7": ("conversation",), "D1": ("executive", "operations", "client"), "R4": ("roi",), "T1": ("content",),
    "X1": ("experiments",), "H3": ("quality", "alerts"), "D3": ("calls", "client"), "D5": ("overview",),
}  # fmt: skip
"""Dashboards made for a feature as a whole."""

KINDS: Final = {
    "time series and bars over time": "timeseries", "bars": "bargauge", "pie": "piechart", "live counter": "stat",
    "gauge": "gauge", "table": "table", "heatmap by time": "heatmap", "map by geography": "geomap", "states over time": "state-timeline",
}  # fmt: skip
"""Kinds of charts of D2, and the panel type of each."""

NAMED_ALERTS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "N1": {
        "error rate 2 % / 5 %": ("ErrorRateHigh",), "response time 800 / 1200 ms": ("ResponseTimeHigh",),
        "uptime 99 / 95 %": ("UptimeLow",), "churn 5 / 10 %": ("ChurnHigh",), "success rate < 90 %": ("SuccessRateLow",),
        "response > 5 s": ("SlowResponses",), "system latency > 1 s": ("SystemLatencyHigh",), "confidence < 60 %": ("ConfidenceLow",),
        "CPU > 80 %": ("CpuHigh",), "agent error rate > 10 %": ("AgentErrorRateHigh",),
    },
    "N2": {"stale data": ("DataStale",)},
}  # fmt: skip
"""Alerts that the specification names in words."""

VIEW: Final = re.compile(r"\bwatchfloor\.([a-z_]+)")


@dataclass(slots=True)
class Delivery:
    """What delivers one feature."""

    metrics: list[str] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    panels: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    alerts: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing does."""
        return not (self.metrics or self.formulas or self.panels or self.alerts or self.commands)


def deliveries() -> dict[str, Delivery]:
    """Every feature with what delivers it."""
    from exporter.metrics import CATALOGUE
    from exporter.metrics import exporter as own
    from provisioning.kpis import KPIS

    found = {code: Delivery() for code in FEATURES}
    for metric in (*CATALOGUE, *own.METRICS):
        for code in metric.codes:
            if code in found:
                found[code].metrics.append(metric.base)
    for kpi in KPIS:
        for code in kpi.codes:
            if code in found:
                found[code].formulas.append(kpi.title)
    for name, title, codes in _panels():
        for code in codes & found.keys():
            found[code].panels[name].append(title)
    for alert, codes in _alerts().items():
        for code in sorted(codes & found.keys()):
            found[code].alerts.append(alert)
    for code, words in COMMANDS.items():
        found[code].commands += words
    return found


def _series() -> dict[str, set[str]]:
    """Features by name of every series: of metrics, of their parts, and of recordings."""
    import alerts
    from exporter.metric import Distribution
    from exporter.metrics import CATALOGUE
    from exporter.metrics import exporter as own

    found: dict[str, set[str]] = {}
    for metric in (*CATALOGUE, *own.METRICS):
        names = (metric.bucket, metric.sum, metric.count) if isinstance(metric, Distribution) else (metric.name,)
        found.update({name: set(metric.codes) for name in names})
    for recording in alerts.RECORDINGS:
        found[recording.name] = set(recording.metric.codes)
    return found


def _codes(expression: str, series: Mapping[str, set[str]]) -> set[str]:
    words = re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", expression)
    return set().union(*(series.get(word, set()) for word in words))


def _panels() -> Iterator[tuple[str, str, set[str]]]:
    """Dashboard, title and features of every panel."""
    import dashboards
    from dashboards.compiler.identity import walk
    from exporter.metrics import CATALOGUE
    from exporter.settings import Settings

    series = _series()
    views: dict[str, set[str]] = defaultdict(set)
    for metric in CATALOGUE:
        entity = getattr(metric, "entity", None)
        if entity is not None:
            views[entity.name] |= set(metric.codes)
    kinds = set(KINDS.values())
    for file, data in dashboards.build(Settings()).items():
        name = file.removesuffix(".json")
        for panel in walk(json.loads(data)["panels"]):
            if panel["type"] == "row":
                continue
            codes = {code for code, names in DASHBOARDS.items() if name in names}
            codes |= {"D2"} if panel["type"] in kinds else set()
            yield name, panel["title"], codes.union(*_asked(panel, series, views))


def _asked(
    panel: Mapping[str, Any], series: Mapping[str, set[str]], views: Mapping[str, set[str]]
) -> Iterator[set[str]]:
    for target in panel.get("targets", ()):
        if "expr" in target:
            yield _codes(target["expr"], series)
        else:
            yield from (views.get(view, set()) for view in VIEW.findall(target.get("rawSql", "")))


def _alerts() -> dict[str, set[str]]:
    """Features by name of alert."""
    import alerts
    from exporter.settings import Settings

    series = _series()
    found: dict[str, set[str]] = defaultdict(set)
    for group in alerts.build(Settings()):
        for alert in group.alerts:
            found[alert.name] |= _codes(alert.expr, series)
    for code, named in NAMED_ALERTS.items():
        for names in named.values():
            for name in names:
                found[name].add(code)
    return dict(found)


def page() -> Iterator[str]:
    """The page, line by line."""
    yield "# Features\n\nMade from the catalogue by `make docs`; do not edit. What each feature of the specification is delivered by."
    for code, one in deliveries().items():
        yield f"\n## {code} {FEATURES[code]}\n"
        for word, names in (("metrics", one.metrics), ("formulas", one.formulas), ("alerts", one.alerts)):
            if names:
                yield f"- {word}: {', '.join(f'`{name}`' if word != 'formulas' else name for name in dict.fromkeys(names))}"
        if code == "D2":
            yield f"- kinds: {', '.join(f'{words} (`{kind}`)' for words, kind in KINDS.items())}"
        elif one.panels:
            yield "- panels: " + "; ".join(
                f"**{name}**: {', '.join(dict.fromkeys(titles))}" for name, titles in one.panels.items()
            )
        for words, fired in NAMED_ALERTS.get(code, {}).items():
            yield f"- {words}: {', '.join(f'`{name}`' for name in fired)}"
        if one.commands:
            yield f"- commands: {', '.join(f'`watchfloor {name}`' for name in one.commands)}"
