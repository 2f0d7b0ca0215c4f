"""Data sources of an imported dashboard: Prometheus by any name becomes a variable whose first choice is ours; others are named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dashboards.compiler.read import annotation_queries, mapping, mappings, panels, text, variables
from generator.importing.record import Json
from provisioning.grafana import ALERTMANAGER_UID, POSTGRES_UID, PROMETHEUS_UID

OURS: Final = {
    PROMETHEUS_UID: "prometheus",
    POSTGRES_UID: "grafana-postgresql-datasource",
    ALERTMANAGER_UID: "alertmanager",
}
OWN_TYPES: Final = frozenset({"grafana", "datasource", "__expr__", "dashboard", "-- Grafana --"})
OWN_UIDS: Final = frozenset({"grafana", "__expr__", "-100", "-- Grafana --", "-- Mixed --", "-- Dashboard --"})
VARIABLE: Final = re.compile(r"\$(?:\{([^}:.]+)[^}]*\}|(\w+)|\[\[([^\]]+)\]\])\Z")
SLUG: Final = re.compile(r"[^A-Za-z0-9]+")
PROMETHEUS: Final = "prometheus"
PLUTONO: Final = "-- Plutono --"
"""What a fork of Grafana calls its own source."""
NO_QUERIES: Final = frozenset(
    {"text", "row", "news", "dashlist", "alertlist", "annolist", "welcome", "canvas", "pluginlist"}
)

TELLS: Final[tuple[tuple[str, str], ...]] = (
    ("rawSql", "SQL"), ("metricName", "CloudWatch"), ("bucketAggs", "Elasticsearch"), ("scenarioId", "TestData"), ("measurement", "InfluxDB"),
    ("select", "InfluxDB"), ("target", "Graphite"), ("expr", PROMETHEUS), ("queryType", "another"), ("query", "another"),
)  # fmt: skip
"""Keys of a query by which its kind is known when nothing else says it."""


class Sources:
    """Rewrites the references of one dashboard."""

    def __init__(
        self, data: Json, inputs: dict[str, Json], known: Mapping[str, str], changes: list[str], attention: list[str]
    ) -> None:
        self._data, self._inputs, self._known = data, inputs, known
        self._changes, self._attention = changes, attention
        self._named = {text(one.get("name")): one for one in variables(data)}
        self._made: dict[str, dict[str, str]] = {}
        self._counts: Counter[str] = Counter()
        self._needs: Counter[str] = Counter()

    def rewrite(self) -> None:
        """Every reference, and the variables that choose a source, in place."""
        for holder, targets in _holders(self._data):
            self._holder(holder, targets)
        for variable in self._named.values():
            if variable.get("type") == "datasource" and text(variable.get("query")) == PROMETHEUS:
                self._first_choice(variable)
        for what, count in sorted(self._needs.items()):
            self._attention.append(f"{count} {'place needs' if count == 1 else 'places need'} {what}")

    def _holder(self, holder: Json, targets: list[Json]) -> None:
        """The reference of a panel, query, annotation or variable."""
        before = holder.get("datasource")
        if isinstance(before, dict):
            kind, uid = text(before.get("type")), text(before.get("uid"))
        else:
            kind, uid = "", text(before)
        kind = "" if kind in ("default", "default-datasource") else kind
        if uid == PLUTONO:
            holder["datasource"] = {"type": "grafana", "uid": "-- Grafana --"}
            return
        after = self._reference(kind, uid, targets, mapping(before).get("apiVersion"))
        if after is None:
            return
        holder["datasource"] = after
        for target in mappings(holder.get("targets")):
            target.setdefault("datasource", dict(after))

    def _reference(self, kind: str, uid: str, targets: list[Json], version: Any) -> Json | None:
        """What to refer to; None to leave it as it is."""
        extra = {"apiVersion": version} if version else {}
        if kind in OWN_TYPES or uid in OWN_UIDS:
            return None
        if uid in self._known:
            return {"type": OURS.get(self._known[uid], kind or _tell(targets)), "uid": self._known[uid]}
        match = VARIABLE.match(uid)
        name = next((one for one in match.groups() if one), "") if match else ""
        if name in self._named:
            kind = kind or text(self._named[name].get("query") if self._named[name].get("type") == "datasource" else "")
            return {**({"type": kind} if kind else {}), **extra, "uid": f"${{{name}}}"}
        if name in self._inputs:
            asked = self._inputs[name]
            return {"type": kind or asked["type"], "uid": f"${{{self._variable(asked['type'], name)}}}"}
        if uid in OURS:
            return {"type": OURS[uid], "uid": uid}
        kind = kind or _guess(uid, targets)
        if name and kind:
            return {"type": kind, "uid": f"${{{self._variable(kind, name)}}}"}
        if kind == PROMETHEUS:
            return {"type": PROMETHEUS, "uid": f"${{{self._variable(PROMETHEUS, uid)}}}"}
        self._need(kind, uid, targets)
        return None

    def _need(self, kind: str, uid: str, targets: list[Json]) -> None:
        told = f"a data source {uid!r}" + (f" of type {kind}" if kind else "") if uid else ""
        guess = _tell(targets)
        if not uid and kind:
            told = f"the default data source of type {kind}"
        elif not uid and guess:
            told = (
                f"the default data source to answer queries of {guess}"
                if guess != "another"
                else "the default data source"
            )
        if told:
            self._needs[told] += 1

    def _variable(self, kind: str, source: str) -> str:
        """The variable for a source of a type, made when it is first used."""
        known = self._made.setdefault(kind, {})
        if source in known:
            return known[source]
        # The default source is taken for the first one that is named: nobody can tell what it was.
        first = not any(known) or not source
        if first and known:
            known[source] = next(iter(known.values()))
            return known[source]
        chosen = self._existing(kind) if first else None
        if chosen is None:
            name = (
                "datasource"
                if kind == PROMETHEUS
                else f"{SLUG.sub('_', kind).strip('_').lower() or 'other'}_datasource"
            )
            chosen = name if first else f"{name}_{SLUG.sub('_', source).strip('_').lower()[:40] or 'default'}"
            while chosen in self._named:
                chosen += "_2"
            self._add(chosen, kind)
        known[source] = chosen
        told = source or "the default one"
        self._changes.append(f"data source {told} ({kind}) became the variable ${chosen}")
        return chosen

    def _existing(self, kind: str) -> str | None:
        """A variable of the dashboard that chooses a source of this type already."""
        for name, variable in self._named.items():
            if variable.get("type") == "datasource" and variable.get("query") == kind and not variable.get("multi"):
                return name
        return None

    def _add(self, name: str, kind: str) -> None:
        label = "Data source" if name == "datasource" else f"{kind.capitalize()} data source"
        variable: Json = {
            "type": "datasource",
            "name": name,
            "label": label,
            "query": kind,
            "hide": 0,
            "refresh": 1,
            "options": [],
            "regex": "",
        }
        if kind == PROMETHEUS:
            self._first_choice(variable)
        else:
            self._attention.append(f"it needs a data source of type {kind}; choose it in the variable ${name}")
        self._named[name] = variable
        templating = self._data.setdefault("templating", {"list": []})
        templating["list"] = [variable, *mappings(templating.get("list"))]

    def _first_choice(self, variable: Json) -> None:
        variable["current"] = {"selected": True, "text": "Watchfloor Prometheus", "value": PROMETHEUS_UID}
        variable["options"] = []


def _holders(data: Json) -> Iterator[tuple[Json, list[Json]]]:
    """Whatever refers to a data source, with the queries that show which kind it is."""
    for panel in panels(data):
        targets = mappings(panel.get("targets"))
        if panel.get("datasource") is not None or (targets and panel.get("type") not in NO_QUERIES):
            yield panel, targets
        for target in targets:
            if target.get("datasource") is not None:
                yield target, [target]
    for one in annotation_queries(data):
        if one.get("datasource") is not None:
            yield one, [one, mapping(one.get("target"))]
    for one in variables(data):
        if one.get("type") in ("query", "adhoc", "groupby"):
            query = (
                text(one.get("query")) or text(mapping(one.get("query")).get("query")) or text(one.get("definition"))
            )
            kind = (
                {"expr": query}
                if query.startswith(("label_values(", "label_names(", "query_result(", "metrics("))
                else {"query": query}
            )
            if one.get("datasource") is not None or "expr" in kind or one.get("type") != "query":
                yield one, [kind]


def _guess(uid: str, targets: list[Json]) -> str:
    """Whether a source of unknown type is Prometheus, by its queries or else by its name."""
    looks = _tell(targets)
    if looks == PROMETHEUS:
        return "" if uid.lower().startswith(("loki", "logs")) else PROMETHEUS
    return PROMETHEUS if "prom" in uid.lower() and looks in ("", "another") else ""


def _tell(targets: list[Json]) -> str:
    """The kind of source that queries look like; empty when they show nothing."""
    for target in targets:
        for key, kind in TELLS:
            if target.get(key):
                return kind
    return ""
