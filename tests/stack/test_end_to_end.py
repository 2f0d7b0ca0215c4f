"""The whole native stack, with real processes: `up`, what arrives in Prometheus, `status`, faults, and `down`."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
import yaml

from exporter.metrics import CATALOGUE
from exporter.metrics.calls import CALLS_INITIATED
from exporter.series import BUDGET
from provisioning.kpis.roi import BOXES
from provisioning.stack import record
from tests.kpi.rig import filled as filled_sql
from tests.kpi.rig import macros
from tests.parallel import free_port
from tests.processes import wait_until
from tests.stack.days import MAIN, differences

pytestmark = [pytest.mark.stack, pytest.mark.slow]

PAIR = ("second_alertmanager", "gossip", "second_gossip")
RUNNING = {
    "postgres",
    "exporter",
    "demo",
    "prometheus",
    "alertmanager",
    "alertmanager-2",
    "deadman",
    "acknowledgements",
}


KNOWN = {"name": "known", "matchers": ["alertname=PlanLimitNear"], "owner": "anna", "reason": "x", "end": "2099-01-01"}


@dataclass(frozen=True)
class Stack:
    """A stack in a folder of its own, with ports that were free."""

    folder: Path
    ports: dict[str, int]

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Our command line, in the folder."""
        inherited = {
            name: value for name, value in os.environ.items() if name not in ("ANALYTICS_DATABASE_URL", "GRAFANA_HOME")
        }
        command = [sys.executable, "-m", "generator", *words]
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**inherited, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Result of an instant query."""
        url = f"http://127.0.0.1:{self.ports['prometheus']}/api/v1/query"
        result: list[dict[str, Any]] = requests.get(url, {"query": expression}, timeout=5).json()["data"]["result"]
        return result

    def scrape_errors(self) -> dict[str, str]:
        """Why Prometheus' last scrapes failed, by job."""
        url = f"http://127.0.0.1:{self.ports['prometheus']}/api/v1/targets"
        targets = requests.get(url, timeout=5).json()["data"]["activeTargets"]
        return {target["labels"]["job"]: target["lastError"] for target in targets}

    def parts(self) -> dict[str, dict[str, str]]:
        """What `status --json` says, by name."""
        return {part["name"]: part for part in json.loads(self.run("status", "--json").stdout)}

    def records(self) -> dict[str, record.Record]:
        """What the stack remembers."""
        return record.read(self.folder / ".stack")


def expressions(output: Path) -> Iterator[tuple[str, str]]:
    """Every query of every panel and recording rule, by its place, with Grafana's variables filled in as for All."""
    for path in sorted((output / "grafana" / "dashboards").glob("*.json")):
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            place = f"dashboard {board['title']}, {panel['title']}"
            for target in panel.get("targets", ()):
                if "expr" in target:
                    yield f"{place}, {target['refId']}", filled(target["expr"])
    for path in sorted((output / "prometheus" / "rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                if "record" in rule:
                    yield f"recording {rule['record']}", rule["expr"]


def statements(output: Path) -> Iterator[tuple[str, str]]:
    """Every statement of every panel, by its place, as Grafana sends it with every filter at All."""
    end = datetime.now(UTC)
    for path in sorted((output / "grafana" / "dashboards").glob("*.json")):
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            place = f"dashboard {board['title']}, {panel['title']}"
            for target in panel.get("targets", ()):
                if "rawSql" in target:
                    text = filled_sql(
                        target["rawSql"], board["uid"].removeprefix("watchfloor-"), timedelta(days=30), {}
                    )
                    yield f"{place}, {target['refId']}", macros(text, end - timedelta(days=30), end)


def filled(expression: str) -> str:
    """An expression as Grafana sends it."""
    windows = {
        "__rate_interval": "1m",
        "__range": "1h",
        "__interval": "1m",
        "__range_s": "3600",
        **dict.fromkeys(BOXES, "1"),
    }
    return re.sub(r"\$\{?(\w+)(:\w+)?\}?", lambda match: windows.get(match[1], ".*"), expression)


@pytest.fixture(scope="module")
def place() -> Iterator[Stack]:
    """A folder with settings, where nothing runs yet. Not pytest's own: the programs' account must reach it."""
    folder = Path(tempfile.mkdtemp(prefix="watchfloor-stack-"))
    names = ("exporter", "postgres", "prometheus", "alertmanager", "grafana", "demo", "deadman", "ack", *PAIR)
    ports = {name: free_port() for name in names}
    settings = {
        "exporter": {"port": ports["exporter"], "settle": "1s"},
        "stack": {
            "alertmanagers": 2,
            **{f"{name}_port": ports[name] for name in names if name not in ("exporter", "demo", "deadman", "ack")},
        },
        "acknowledgement": {"serve": True, "port": ports["ack"]},
        "silences": [KNOWN],
        "deadman": {"port": ports["deadman"]},
        "demo": {"calls": 20_000, "days": 45, "calls_per_minute": 1200, "state_port": ports["demo"]},
    }
    (folder / "watchfloor.yml").write_text(yaml.safe_dump(settings))
    stack = Stack(folder, ports)
    yield stack
    stack.run("down")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def up(place: Stack) -> Stack:
    """The stack after the first `up`."""
    if missing := [name for name in ("prometheus", "prometheus-alertmanager") if not shutil.which(name)]:
        pytest.skip(f"{' and '.join(missing)} not on the PATH; run: make packages")
    result = place.run("up")
    assert result.returncode == 0, result.stderr
    words = [path.read_text().strip() for path in (place.folder / ".stack" / "secrets").glob("postgres_*")]
    assert len(words) == 4
    assert not any(word in result.stdout + result.stderr for word in words)
    return place


def test_every_part_runs_or_says_why_not(up: Stack) -> None:
    """Status agrees with what answers on the ports."""
    parts = up.parts()
    assert {name for name, part in parts.items() if part["state"] == "running"} >= RUNNING
    assert all(part["why"] for part in parts.values() if part["state"] != "running")
    for name in ("prometheus", "alertmanager"):
        assert requests.get(parts[name]["url"] + "/-/ready", timeout=5).status_code == 200
    assert requests.get(parts["exporter"]["url"], timeout=5).status_code == 200


def test_metrics_arrived(up: Stack) -> None:
    """When `up` has ended, Prometheus has the demo's calls, and goes on to scrape; on a busy machine one scrape may be too late."""
    deadline = time.monotonic() + 60
    while [item["value"][1] for item in up.query('up{job="watchfloor"}')] != ["1"]:
        assert time.monotonic() < deadline, up.scrape_errors()
        time.sleep(0.5)
    total = float(up.query(f"sum({CALLS_INITIATED.name})")[0]["value"][1])
    assert total >= 1000


def test_prometheus_was_started_once_and_reads_what_was_generated(up: Stack) -> None:
    """It begins with an interval of a second; a restart for the configured one would lose sight of levels that end."""
    log = (up.folder / ".stack" / "logs" / "prometheus.log").read_text()
    assert log.count("Server is ready to receive web requests") == 1
    assert log.count("Completed loading of configuration file") == 2
    url = f"http://127.0.0.1:{up.ports['prometheus']}/api/v1/status/config"
    loaded = yaml.safe_load(requests.get(url, timeout=5).json()["data"]["yaml"])
    jobs = {job["job_name"]: job["scrape_interval"] for job in loaded["scrape_configs"]}
    assert set(jobs.values()) == {loaded["global"]["scrape_interval"]}


def test_the_past_is_there(up: Stack) -> None:
    """A fresh stack shows the demo's history, which live samples continue without a step back."""
    ((past,), (resets,)) = (
        up.query(expression)
        for expression in (
            f"sum(last_over_time({CALLS_INITIATED.name}[1d] offset 20d))",
            f"sum(resets({CALLS_INITIATED.name}[30d]))",
        )
    )
    assert float(past["value"][1]) > 10
    assert resets["value"][1] == "0"


def test_the_past_is_that_of_the_database(up: Stack) -> None:
    """`query_range` at every day boundary gives what the rows add up to, for the main metrics of every domain."""
    secret = (up.folder / ".stack" / "secrets" / "postgres_watchfloor_reader").read_text().strip()
    url = f"postgresql://watchfloor_reader:{secret}@127.0.0.1:{up.ports['postgres']}/watchfloor_demo"
    assert {one.domain for one in MAIN} == {metric.domain for metric in CATALOGUE}
    found = list(differences(f"http://127.0.0.1:{up.ports['prometheus']}", url, 45))
    assert not found, "\n".join(found)


def test_the_exporter_sees_rows_that_the_live_workload_writes(up: Stack) -> None:
    """Totals grow while nobody does anything."""

    def total() -> float:
        text = requests.get(f"http://127.0.0.1:{up.ports['exporter']}/metrics", timeout=5).text
        return sum(
            float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{CALLS_INITIATED.name}{{")
        )

    before = total()
    wait_until(lambda: total() > before, 60, "a new call")


def test_rules_are_loaded_and_reach_alertmanager(up: Stack) -> None:
    """The generated rules run in Prometheus, and it knows both Alertmanagers."""
    url = f"http://127.0.0.1:{up.ports['prometheus']}/api/v1"
    groups = requests.get(f"{url}/rules", timeout=5).json()["data"]["groups"]
    assert sum(len(group["rules"]) for group in groups) > 5
    wanted = {f"http://127.0.0.1:{up.ports[name]}/api/v2/alerts" for name in ("alertmanager", "second_alertmanager")}

    def known() -> set[str]:
        found = requests.get(f"{url}/alertmanagers", timeout=5).json()["data"]["activeAlertmanagers"]
        return {item["url"] for item in found}

    wait_until(lambda: known() == wanted, 20, "both Alertmanagers are known")


def test_both_alertmanagers_see_each_other_and_heartbeats_arrive(up: Stack) -> None:
    """Of two one may be lost, and somebody notices when both are."""
    for expression in ("alertmanager_cluster_members == 2", "deadman_beats_total > 0"):
        expected = 1 if "deadman" in expression else 2
        wait_until(lambda e=expression, n=expected: len(up.query(e)) == n, 60, expression)  # type: ignore[misc]


def test_silences_are_made_and_acknowledgements_are_taken(up: Stack) -> None:
    """Both Alertmanagers have the silence of the settings, and the page says that it is there."""
    for name in ("alertmanager", "second_alertmanager"):
        url, deadline = f"http://127.0.0.1:{up.ports[name]}/api/v2/silences", time.monotonic() + 60
        while "x [watchfloor:known]" not in {one["comment"] for one in requests.get(url, timeout=5).json()}:
            assert time.monotonic() < deadline, name
            time.sleep(0.25)
    assert up.run("silences", "list").returncode == 0
    page = f"http://127.0.0.1:{up.ports['ack']}"
    assert requests.get(f"{page}/health", timeout=5).status_code == 200
    assert requests.get(f"{page}/ack", timeout=5).status_code == 403
    assert up.run("ack").returncode == 0


def test_every_expression_gives_data_on_the_demo(up: Stack) -> None:
    """No panel is empty and no recording rule records nothing, once the demo has run for a while."""
    wanted = dict(expressions(up.folder / "out"))
    assert len(wanted) > 150
    deadline = time.monotonic() + 150
    while empty := {place: text for place, text in wanted.items() if not up.query(text)}:
        assert time.monotonic() < deadline, "\n".join(f"{place}: {text}" for place, text in sorted(empty.items()))
        wanted = empty
        time.sleep(0.5)


def test_every_table_has_rows_on_the_demo(up: Stack) -> None:
    """Each statement of a panel gives rows to the role that only sees the views; the role sees nothing else."""
    url = viewer(up)
    with psycopg.connect(url, connect_timeout=5) as connection:
        empty = [
            place for place, text in statements(up.folder / "out") if not connection.execute(text.encode()).fetchall()
        ]
        assert empty == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(b"SELECT 1 FROM call_sessions")


def test_series_are_within_their_budget(up: Stack) -> None:
    """Every domain has a budget, and keeps it."""
    text = requests.get(f"http://127.0.0.1:{up.ports['exporter']}/metrics", timeout=5).text
    found = {
        name: int(count) for name, count in re.findall(r'^exporter_series\{domain="(\w+)"\} (\d+)$', text, re.MULTILINE)
    }
    assert found.keys() == BUDGET.keys()
    assert {name: count for name, count in found.items() if not 0 < count <= BUDGET[name]} == {}


def viewer(up: Stack) -> str:
    """The URL that Grafana's tables use."""
    password = (up.folder / ".stack" / "secrets" / "postgres_watchfloor_viewer").read_text().strip()
    return f"postgresql://watchfloor_viewer:{password}@127.0.0.1:{up.ports['postgres']}/watchfloor_demo"


def test_passwords_are_in_no_command_line_and_no_open_file(up: Stack) -> None:
    """Other users of the machine learn nothing."""
    secrets = [path for path in (up.folder / ".stack" / "secrets").iterdir() if path.is_file()]
    words = [path.read_text().strip() for path in secrets if path.name.startswith("postgres_")]
    assert len(words) == 4
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}
    for item in up.records().values():
        if item.pid:
            line = Path(f"/proc/{item.pid}/cmdline").read_text()
            assert not any(word in line for word in words)
    logs = "".join(path.read_text() for path in (up.folder / ".stack" / "logs").iterdir())
    assert not any(word in logs for word in words)


def test_a_second_up_starts_nothing(up: Stack) -> None:
    """It says so, and every process is the same."""
    before = up.records()
    result = up.run("up")
    assert result.returncode == 0, result.stderr
    assert "running already" in result.stderr
    assert up.records() == before


def test_up_restarts_what_died_and_nothing_else(up: Stack) -> None:
    """Status says what failed; after `up` it runs again."""
    before = up.records()
    os.kill(before["alertmanager"].pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while before["alertmanager"].alive:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert up.run("status").returncode == 1
    assert up.parts()["alertmanager"]["state"] == "failed"
    assert up.run("up").returncode == 0
    after = up.records()
    assert {name for name in after if after[name] != before[name]} == {"alertmanager"}
    assert up.run("status").returncode == 0


def test_down_stops_everything_and_can_be_repeated(up: Stack) -> None:
    """No process and no listener is left; the data stays."""
    before = up.records()
    first, second = up.run("down"), up.run("down")
    assert (first.returncode, second.returncode) == (0, 0)
    assert "nothing was running" in second.stderr
    assert not any(item.alive for item in before.values())
    for port in up.ports.values():
        socket.create_server(("127.0.0.1", port)).close()
    assert up.run("status").returncode == 1
    assert (up.folder / ".stack" / "postgres" / "data").exists()


def test_a_warm_start_does_no_work_again_and_continues_the_data(up: Stack) -> None:
    """The second start loads nothing and makes no history again, and still proves that metrics arrive."""
    result = up.run("up")
    assert result.returncode == 0, result.stderr
    for work in ("loading", "writing", "indexing", "counting", "samples of history"):
        assert work not in result.stderr
    for part in RUNNING:
        assert result.stderr.count(f"starting {part}\n") == 1
    assert up.query('up{job="watchfloor"}')
    assert up.run("down").returncode == 0


FAULTS = {
    "a database that is not there": (
        {"ANALYTICS_DATABASE_URL": "postgresql://me:s3cret@127.0.0.1:1/x"},
        "cannot connect",
    ),
    "a URL of another kind": (
        {"ANALYTICS_DATABASE_URL": "mongodb://me:s3cret@127.0.0.1/x"},
        "'mongodb' is no database",
    ),
    "a wrong number": ({"RETENTION_DAYS": "many"}, "RETENTION_DAYS"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence_and_starts_nothing(place: Stack, fault: str) -> None:
    """No traceback, no password, no process."""
    environment, words = FAULTS[fault]
    result = place.run("up", **environment)
    assert result.returncode == 1
    assert words in result.stderr
    assert "s3cret" not in result.stderr
    assert "Traceback" not in result.stderr
    assert len([line for line in result.stderr.splitlines() if line.startswith("Error: ")]) == 1
    assert not place.records()


def test_a_missing_settings_file_is_named(place: Stack) -> None:
    """A wrong --config is not an empty one."""
    result = place.run("--config", "other.yml", "up")
    assert result.returncode == 1
    assert "other.yml: cannot read it" in result.stderr


def test_a_busy_port_is_named_and_what_was_started_is_stopped(place: Stack) -> None:
    """The sentence has the part, the port and the setting; nothing is left running."""
    with socket.create_server(("127.0.0.1", place.ports["prometheus"])):
        result = place.run("up")
    assert result.returncode == 1
    assert f"prometheus: port {place.ports['prometheus']} is in use" in result.stderr
    assert "stack.prometheus_port" in result.stderr
    assert not place.records()


def test_two_ups_at_once_are_refused(place: Stack) -> None:
    """The second one says who is at work."""
    directory = place.folder / ".stack"
    directory.mkdir(exist_ok=True)
    with record.lock(directory):
        result = place.run("up")
    assert result.returncode == 1
    assert f"pid {os.getpid()}" in result.stderr
