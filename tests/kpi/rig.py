"""Panels run as Grafana would: variables filled in, PromQL asked of a real Prometheus, SQL of a real PostgreSQL.

Two places: `demo` holds 45 days of invented rows with their history, `nothing` holds the schema and no row.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import psycopg
import pytest
import requests
import yaml

import alerts
import dashboards
from dashboards.compiler.identity import walk
from exporter import views
from exporter.mapping import load
from exporter.settings import HistoryStep, Settings
from exporter.sources.database import connect
from generator.history import Target, Wanted, backfill
from provisioning.history import Folder
from provisioning.prometheus import INSTANCE, JOB
from provisioning.stack.binary import Program
from tests.parallel import free_port
from tests.processes import answers, exporter, running, wait_until

Key = frozenset[tuple[str, str]]
DAYS: Final = 45
CALLS: Final = 8000
SEED: Final = 7
RANGES: Final = (7, 14, 30)
"""Days that the time ranges of the tests are long."""

TENANTS: Final = ("harbor-dental", "maple-realty", "summit-solar")
STEPS: Final = (HistoryStep(age=None, step=21600),)
VARIABLE: Final = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(\w+)")
MACRO: Final = re.compile(r"\$__(timeFilter|timeGroup|timeGroupAlias|unixEpochFilter)\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
ESCAPED: Final = re.compile(r"([\\^$*+?.()|{}\[\]/])")
EVERYTHING: Final = ".*"
WINDOW: Final = re.compile(r"\[((?:\d+(?:ms|[smhdwy]))+)((?::[^\]]*)?)\]")
DURATION: Final = re.compile(r"(\d+)(ms|[smhdwy])")
UNITS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
LAP: Final = 2e-8
"""A window is a millisecond longer than a day or the time range (`promql.LAP`), and Prometheus adds the millisecond's share."""


@cache
def boards() -> dict[str, dict[str, Any]]:
    """Every dashboard by name, as generated."""
    return {name.removesuffix(".json"): orjson.loads(data) for name, data in dashboards.build(Settings()).items()}


def panel(board: str, title: str) -> dict[str, Any]:
    """A panel by its title."""
    found = [one for one in walk(boards()[board]["panels"]) if one["type"] != "row" and one["title"] == title]
    titles = sorted(one["title"] for one in walk(boards()[board]["panels"]) if one["type"] != "row")
    assert len(found) == 1, f"{board} has no panel {title!r}; it has {titles}"
    return found[0]


@dataclass
class Place:
    """A database, an exporter on it, and a Prometheus with its history. `end` is the last midnight, where samples stand."""

    url: str
    viewer: str
    prometheus: str
    end: datetime
    now: datetime | None = None
    log: list[str] = field(default_factory=list)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the raw tables, for an independent calculation."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(sql.encode(), values or None).fetchall()

    def value(
        self, board: str, title: str, *, ref: str = "A", days: float = 7, now: bool = False, **filters: str
    ) -> float | None:
        """The one number of a panel; None when it has no answer. `ref` is its query."""
        found = self.values(board, title, ref=ref, days=days, now=now, **filters)
        assert len(found) <= 1, f"{title} gives {len(found)} values: {list(found)[:5]}"
        return next(iter(found.values()), None)

    def values(
        self, board: str, title: str, *, ref: str = "A", days: float = 7, now: bool = False, **filters: str
    ) -> dict[Key, float]:
        """Numbers of a panel's PromQL query by their labels, at the end of the range that ends at `end`, or now.

        `filters` are the dashboard's variables; those that are not given stand at All.
        """
        (target,) = [one for one in panel(board, title)["targets"] if one["refId"] == ref]
        end = datetime.now(UTC) if now else self.end
        expression = filled(target["expr"], board, timedelta(days=days), filters)
        self.log.append(expression)
        ask = self.ask if now else self.ask_both
        result = ask("query", query=expression, time=repr(end.timestamp()))["result"]
        return {frozenset(one["metric"].items()): float(one["value"][1]) for one in result}

    def series(
        self, board: str, title: str, *, ref: str = "A", days: float = 7, step: str = "1d", **filters: str
    ) -> dict[Key, list[tuple[float, float]]]:
        """A graph's points."""
        (target,) = [one for one in panel(board, title)["targets"] if one["refId"] == ref]
        start = self.end - timedelta(days=days)
        expression = filled(target["expr"], board, timedelta(days=days), filters)
        given = {"start": repr(start.timestamp()), "end": repr(self.end.timestamp()), "step": step}
        result = self.ask_both("query_range", query=expression, **given)["result"]
        return {
            frozenset(one["metric"].items()): [(float(time), float(value)) for time, value in one["values"]]
            for one in result
        }

    def table(self, board: str, title: str, *, ref: str = "A", days: float = 7, **filters: str) -> list[dict[str, Any]]:
        """Rows of a panel's SQL statement, read as the role that only sees the views."""
        (target,) = [one for one in panel(board, title)["targets"] if one["refId"] == ref]
        start, end = self.end - timedelta(days=days), self.now or self.end
        statement = macros(filled(target["rawSql"], board, timedelta(days=days), filters), start, end)
        self.log.append(statement)
        with psycopg.connect(self.viewer) as connection:
            cursor = connection.execute(statement.encode())
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def query(self, expression: str, *, now: bool = False) -> dict[Key, float]:
        """Any PromQL at the end, or now."""
        at = datetime.now(UTC) if now else self.end
        result = self.ask("query", query=expression, time=repr(at.timestamp()))["result"]
        return {frozenset(one["metric"].items()): float(one["value"][1]) for one in result}

    @property
    def version(self) -> tuple[int, ...]:
        """Version of Prometheus."""
        return tuple(map(int, version(self.prometheus).split("+")[0].split(".")))

    def ask_both(self, what: str, query: str, **given: str) -> Any:
        """An answer about the past, which is the same by the rules of Prometheus 2 and 3."""
        found = self.ask(what, query=query, **given)
        newer = self.ask(what, query=as_newer(query), **given) if self.version < (3,) else found
        assert _numbers(newer) == pytest.approx(_numbers(found), rel=LAP), f"Prometheus 3 answers otherwise: {query}"
        return found

    def ask(self, what: str, **given: str) -> Any:
        """An answer of Prometheus."""
        answer = requests.post(f"{self.prometheus}/api/v1/{what}", data=given, timeout=60)
        body = answer.json()
        assert body["status"] == "success", f"{body.get('error')}: {given.get('query')}"
        return body["data"]


@cache
def version(prometheus: str) -> str:
    """Version of the Prometheus at a URL."""
    return str(requests.get(f"{prometheus}/api/v1/status/buildinfo", timeout=60).json()["data"]["version"])


def as_newer(query: str) -> str:
    """A query that 2.42 answers as 3 answers the given one: without a sample at the very beginning of a window."""

    def shorter(found: re.Match[str]) -> str:
        length = sum(int(number) * UNITS[unit] for number, unit in DURATION.findall(found[1]))
        return f"[{length - 1}ms{found[2]}]"

    return WINDOW.sub(shorter, query)


def _numbers(answer: Any) -> dict[tuple[Any, ...], float]:
    """Every number of an answer, by labels and time."""
    points = (
        (frozenset(one["metric"].items()), point)
        for one in answer["result"]
        for point in one.get("values", ()) or (one["value"],)
    )
    return {(labels, time): float(value) for labels, (time, value) in points}


def filled(text: str, board: str, length: timedelta, filters: Mapping[str, str]) -> str:
    """Variables as Grafana fills them in: All is its own pattern as it is, a value is quoted as the format says."""
    variables = {one["name"]: one for one in boards()[board]["templating"]["list"]}
    wrong = sorted(set(filters) - set(variables))
    assert not wrong, f"dashboard {board} has no filter {wrong}; it has {sorted(variables)}"
    seconds = round(length.total_seconds())
    fixed = {"__range": f"{seconds}s", "__rate_interval": "1m", "__interval": "1m", "__range_s": str(seconds)}

    def put(match: re.Match[str]) -> str:
        name, form = match[1] or match[3], match[2] or ""
        if name in fixed:
            return fixed[name]
        if name not in variables:
            return match[0]
        if name not in filters:
            standing = str(variables[name].get("allValue") or variables[name]["current"]["value"])
            return _formatted(standing, form, in_promql=False) if form == "sqlstring" else standing
        if not variables[name].get("multi"):
            form = form or "raw"  # Grafana quotes what could be one of several values as a pattern, and nothing else.
        return _formatted(filters[name], form, in_promql="sql" not in form)

    return VARIABLE.sub(put, text)


def _formatted(value: str, form: str, *, in_promql: bool) -> str:
    if form == "sqlstring":
        return "'" + value.replace("'", "''") + "'"
    if form == "raw":
        return value
    escaped = ESCAPED.sub(r"\\\1", value)
    return escaped.replace("\\", "\\\\") if in_promql and form != "regex" else escaped


def macros(statement: str, start: datetime, end: datetime) -> str:
    """What Grafana's PostgreSQL data source writes for its macros."""
    first, last = f"'{start.isoformat()}'", f"'{end.isoformat()}'"

    def put(match: re.Match[str]) -> str:
        name, words = match[1], [word.strip() for word in match[2].split(",")]
        if name == "timeFilter":
            return f"{match[2]} BETWEEN {first} AND {last}"
        if name == "unixEpochFilter":
            return f"{match[2]} >= {start.timestamp():.0f} AND {match[2]} <= {end.timestamp():.0f}"
        interval = words[-1].strip("'\"")
        unit = {"m": 60, "h": 3600, "d": 86400}[interval[-1]] * int(interval[:-1])
        alias = ' AS "time"' if name == "timeGroupAlias" else ""
        return f"floor(extract(epoch from {','.join(words[:-1])})/{unit})*{unit}{alias}"

    statement = MACRO.sub(put, statement)
    return statement.replace("$__timeFrom()", first).replace("$__timeTo()", last)


def make_views(url: str, role: str) -> None:
    """The views, and a role that reads them and nothing else."""
    database = connect(url, 3.0)
    found = views.sources(load(Settings().database), database)
    database.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {role}".encode())
        connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        for statement in views.script(found, role=role):
            connection.execute(statement.encode())
        connection.execute(f"ALTER ROLE {role} SET default_transaction_read_only = on".encode())


def viewer_url(url: str, role: str) -> str:
    """The same database for another role."""
    return re.sub(r"^(postgresql://)[^@/]*@", rf"\1{role}@", url)


@contextmanager
def place(folder: Path, url: str, role: str, *, past: bool) -> Iterator[Place]:
    """A running exporter and Prometheus on a database, with history when there is a past."""
    tools = {name: shutil.which(name) for name in ("prometheus", "promtool")}
    if missing := sorted(name for name, path in tools.items() if path is None):
        pytest.skip(f"{' and '.join(missing)} not on the PATH; run: make packages")
    make_views(url, role)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if past:
        of = Settings.model_validate({"exporter": {"state_file": str(folder / "past.json")}})
        target = Target(Folder(folder / "data"), None, Program((str(tools["promtool"]),)))
        wanted = Wanted((DAYS + 1) * 86400, STEPS)
        backfill(of, url, target, wanted, say=lambda _: None, progress=lambda _, __: None)
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    for group in alerts.build(Settings()):
        (folder / "rules" / f"{group.domain}.yml").write_text(
            yaml.safe_dump(group.content(Settings())), encoding="utf-8"
        )
    sections = {"exporter": {"state_file": str(folder / "state.json"), "settle": "1s"}}
    with exporter(folder / "exporter", url, sections) as source:
        job = {
            "job_name": JOB, "scrape_interval": "2s", "scrape_timeout": "2s",
            "static_configs": [{"targets": [source.url.removeprefix("http://")], "labels": {"instance": INSTANCE}}],
        }  # fmt: skip
        config = {"global": {"evaluation_interval": "5s"}, "rule_files": ["rules/*.yml"], "scrape_configs": [job]}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        address = f"127.0.0.1:{free_port()}"
        argv = [
            str(tools["prometheus"]),
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
        ]
        argv += [f"--web.listen-address={address}", "--storage.tsdb.retention.time=400d", "--log.level=warn"]
        with running("prometheus", argv, folder) as process:
            wait_until(lambda: answers(f"http://{address}/-/ready"), 30, "it was ready", process)
            found = Place(url, viewer_url(url, role), f"http://{address}", midnight)
            wait_until(lambda: bool(found.query("exporter_build_info", now=True)), 30, "it had scraped", process)
            wait_until(lambda: _computed(found), 60, "everything was computed", process)
            yield found


def _computed(found: Place) -> bool:
    """Whether every computation of the exporter has run, and was scraped."""
    from exporter.computed import COMPUTATIONS

    return len(found.query("exporter_computation_age_seconds", now=True)) >= len(COMPUTATIONS)


def close(left: float | None, right: float | None, *, within: float = LAP) -> bool:
    """Equal but for the last bits of floating point and the lap of windows; unknown only equals unknown."""
    if left is None or right is None:
        return left is right
    return abs(left - right) <= within * max(1.0, abs(left), abs(right))


def windows(end: datetime) -> Sequence[tuple[int, datetime]]:
    """The time ranges: their length in days and their beginning."""
    return [(days, end - timedelta(days=days)) for days in RANGES]
