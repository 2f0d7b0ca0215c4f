"""The Compose file on a real engine: everything comes up, metrics arrive, nothing leaks, everything goes away.

Images are stand-ins made from this machine's programs unless the environment names others; in Grafana's place stands a
program that only checks what Grafana would be given.
"""

from __future__ import annotations

import json
import os
import re
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import requests

from tests.compose.conftest import ROOT
from tests.compose.engine import Engine
from tests.compose.rig import (
    HOOK,
    PROJECT,
    Stack,
    address,
    calls,
    certificate,
    command,
    compose,
    container,
    messages,
    midnights,
    named,
    own_database,
    owners,
    wait,
)  # fmt: skip
from tests.parallel import free_port

pytestmark = [pytest.mark.docker, pytest.mark.slow]

CALLS: Final = 2000
VERSION: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
DAYS: Final = 30
NAMES: Final = (
    "exporter",
    "postgres",
    "prometheus",
    "alertmanager",
    "second_alertmanager",
    "grafana",
    "acknowledgements",
)
INCIDENT: Final = "ExporterDown"


def test_only_the_image_for_history_has_prometheus_programs(engine: Engine, image_names: dict[str, str]) -> None:
    """What serves metrics is not larger for it."""
    compose(engine, image_names, "--profile", "history", "build", "generator", "history")
    ask = "import shutil; print(*map(shutil.which, ('prometheus', 'promtool')))"
    found = {
        name: engine.docker(
            "run", "--rm", "--network=none", "--entrypoint=python3", f"{name}:{VERSION}", "-c", ask
        ).split()
        for name in ("watchfloor", "watchfloor-history")
    }
    assert found["watchfloor"] == ["None", "None"]
    assert found["watchfloor-history"] == ["/usr/local/bin/prometheus", "/usr/local/bin/promtool"]


@pytest.fixture(scope="module")
def stack(engine: Engine, image_names: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole stack with a small demo, as a user starts it."""
    folder = tmp_path_factory.mktemp("compose")
    ports = {name: free_port() for name in NAMES}
    own = {f"{name}_port": port for name, port in ports.items() if name not in ("exporter", "acknowledgements")}
    settings = {
        "exporter": {"port": ports["exporter"]},
        "stack": {"directory": str(folder / "stack"), "output": str(folder / "out"), **own},
        "demo": {"calls": CALLS, "days": DAYS},
        "acknowledgement": {"port": ports["acknowledgements"]},
    }
    (folder / "watchfloor.yml").write_text(json.dumps(settings))
    try:
        result = command(engine, image_names, folder, "up", "--runtime", "compose", check=True)
        yield Stack(engine, folder, ports, image_names, result.stdout + result.stderr)
    finally:
        for kind in (("container", "ls", "--all"), ("volume", "ls")):
            names = engine.docker(*kind, "--quiet").split()
            if names:
                engine.docker(kind[0], "rm", "--force", *names)
        engine.docker("network", "prune", "--force")


def test_every_service_is_healthy(stack: Stack) -> None:
    """What lasts is healthy, and the generator has done its work."""
    status = json.loads(stack.command("status", "--runtime", "compose", "--json").stdout)
    assert {part["name"]: part["state"] for part in status} == dict.fromkeys(
        ("alertmanager", "deadman", "demo", "exporter", "grafana", "postgres", "prometheus"), "running"
    )
    assert stack.inspect()["generator"]["State"]["ExitCode"] == 0


def test_calls_of_the_demo_arrive_in_prometheus(stack: Stack) -> None:
    """The whole history is counted, and what the live workload adds to it."""
    wait(lambda: (stack.query("sum(calls_initiated_total)") or 0) > CALLS, 60)


def test_the_past_of_the_demo_is_in_prometheus(stack: Stack) -> None:
    """A fresh start shows the database's count at every day's beginning, in blocks that are Prometheus' own."""
    with stack.database("127.0.0.1", stack.ports["postgres"]) as database:
        days = midnights(DAYS - 1)
        found = [stack.query("sum(calls_initiated_total)", day.timestamp()) for day in days]
        assert found == [calls(database, day) for day in days]
    assert owners(stack) == {65534}
    again = stack.command("backfill", "--runtime", "compose", check=False)
    assert again.returncode == 1
    assert "history is there already" in again.stderr


def test_old_scrapes_are_looked_for_beside_prometheus(stack: Stack) -> None:
    """A fresh stack has none, and its history is left as it is."""
    before = stack.query(f"count_over_time(sum(calls_initiated_total)[{DAYS}d:1h])")
    done = stack.command("thin", "--runtime", "compose", "--older-than", "1d")
    assert "nothing to do: no block older than 1d is denser than 1h" in done.stdout
    assert stack.query(f"count_over_time(sum(calls_initiated_total)[{DAYS}d:1h])") == before


def test_live_samples_go_on_where_history_ends(stack: Stack) -> None:
    """Over the seam nothing is reset, and increases are right to the unit: of each series, and of all together."""
    total, selector = "sum(calls_initiated_total)", f"calls_initiated_total[{DAYS + 1}d]"
    midnight, demo, gained = midnights(1)[0], stack.inspect()["demo"]["Id"], 0.0
    stack.engine.docker("pause", demo)
    try:
        with stack.database("127.0.0.1", stack.ports["postgres"]) as database:
            wait(lambda: stack.query(total) == calls(database))
            expected = calls(database) - calls(database, midnight)
        assert stack.query(f"sum(resets({selector}))") == 0
        for series in stack.get(selector):
            values = [(float(time), float(value)) for time, value in series["values"]]
            (begin, first), (end, last) = values[0], values[-1]
            increase = stack.query(f"increase({named(series['metric'])}[{round((end - begin) * 1000)}ms])", end)
            assert increase == pytest.approx(last - first, abs=1e-6)
            gained += last - max((value for time, value in values if time <= midnight.timestamp()), default=0)
        assert gained == expected
    finally:
        stack.engine.docker("unpause", demo)


def test_states_of_the_demo_arrive_in_prometheus(stack: Stack) -> None:
    """The exporter reaches what the workload serves beside its database."""
    wait(lambda: stack.query("sum(websocket_connections)") is not None, 60)


def test_prometheus_and_alertmanager_run_the_generated_files(stack: Stack) -> None:
    """Rules are loaded, and Prometheus knows its Alertmanager."""
    url = f"http://127.0.0.1:{stack.ports['prometheus']}/api/v1"
    assert len(requests.get(f"{url}/rules", timeout=5).json()["data"]["groups"]) > 3
    known = requests.get(f"{url}/alertmanagers", timeout=5).json()["data"]["activeAlertmanagers"]
    assert [item["url"] for item in known] == ["http://alertmanager:9093/api/v2/alerts"]
    status = requests.get(f"http://127.0.0.1:{stack.ports['alertmanager']}/api/v2/status", timeout=5).json()
    assert "receiver: heartbeat" in status["config"]["original"]


def test_heartbeats_reach_the_dead_mans_switch(stack: Stack) -> None:
    """Prometheus scrapes it, and Alertmanager's heartbeats come in."""
    wait(lambda: bool(stack.query("max(deadman_beats_total)")), 90)


def test_ports_are_on_the_loopback_only(stack: Stack) -> None:
    """The engine publishes nothing to other machines."""
    published = [
        binding["HostIp"]
        for item in stack.inspect().values()
        for bindings in item["NetworkSettings"]["Ports"].values()
        for binding in bindings or []
    ]
    assert len(published) == 5
    assert set(published) == {"127.0.0.1"}


def test_no_secret_is_told(stack: Stack) -> None:
    """Neither what was printed, nor a container's definition, nor its log has a password."""
    logs = [stack.engine.docker("logs", item["Id"]) for item in stack.inspect().values()]
    told = "\n".join((stack.up, json.dumps(stack.inspect()), *logs))
    secrets = stack.secrets()
    assert len(secrets) == 5
    assert [name for name, value in secrets.items() if value in told] == []


def test_no_process_is_root(stack: Stack) -> None:
    """Every container's processes run without privileges and cannot gain any."""
    for service, item in stack.inspect().items():
        if item["State"]["Running"]:
            lines = stack.engine.docker("top", item["Id"], "-eo", "pid,uid").splitlines()[1:]
            assert lines, service
            assert "0" not in {line.split()[1] for line in lines}, service


def test_a_second_up_changes_nothing(stack: Stack) -> None:
    """Containers that are right already go on."""
    before = {name: item["Id"] for name, item in stack.inspect().items() if name != "generator"}
    stack.command("up", "--runtime", "compose")
    assert {name: item["Id"] for name, item in stack.inspect().items() if name != "generator"} == before


def test_a_dead_exporter_comes_back(stack: Stack) -> None:
    """The restart policy starts it again, with its totals from its volume."""
    pid = stack.inspect()["exporter"]["State"]["Pid"]
    os.kill(pid, 9)
    deadline = time.monotonic() + 60
    while True:
        state = stack.inspect()["exporter"]["State"]
        if state["Pid"] not in (0, pid) and state["Health"]["Status"] == "healthy":
            break
        assert time.monotonic() < deadline, state
        time.sleep(0.2)
    totals = requests.get(f"http://127.0.0.1:{stack.ports['exporter']}/metrics", timeout=10).text
    calls = [float(line.split()[-1]) for line in totals.splitlines() if line.startswith("calls_initiated_total{")]
    assert sum(calls) > CALLS


def test_of_two_alertmanagers_one_may_be_killed(stack: Stack, tmp_path: Path) -> None:
    """In the middle of an incident: each message comes once, what comes after comes too, and the acknowledgement holds."""
    (tmp_path / "hook").write_text("http://hook:8080/")
    with (
        stack.settings() as settings,
        container(stack.engine, "hook", stack.images["BASE_IMAGE"], "--user=65534", words=("python3", "-c", HOOK)),
    ):
        settings["alerting"] = {"webhook_url_file": str(tmp_path / "hook")}
        settings["acknowledgement"]["serve"] = True
        settings["stack"]["alertmanagers"] = 2
        stack.write(settings)
        stack.command("up", "--runtime", "compose")
        wait(lambda: len(stack.get("alertmanager_cluster_members == 2")) == 2)
        parts = stack.inspect()
        stack.engine.docker("kill", parts["exporter"]["Id"])
        wait(lambda: messages(stack, "firing", INCIDENT) > 0)
        acknowledge(stack)
        # The second would send its copy after the peer timeout of 5 s.
        time.sleep(8)
        stack.engine.docker("kill", parts["alertmanager"]["Id"])
        stack.engine.docker("start", parts["exporter"]["Id"])
        wait(lambda: messages(stack, "firing", "AlertmanagerDown") > 0)
        (incident,) = (one for one in json.loads(stack.command("ack", "--json").stdout) if one["alert"] == INCIDENT)
        assert incident["acknowledged"]["by"] == "anna"
        wait(lambda: messages(stack, "resolved", INCIDENT) > 0, 150)
        assert [messages(stack, status, INCIDENT) for status in ("firing", "resolved")] == [1, 1]


def acknowledge(stack: Stack) -> None:
    """As somebody does who was given a link."""
    link = stack.command("ack", INCIDENT, "--link").stdout.strip()
    page = requests.get(link, timeout=10)
    (action,) = re.findall(r'action="([^"]+)"', page.text)
    base = f"http://127.0.0.1:{stack.ports['acknowledgements']}"
    answer = requests.post(f"{base}{action}", {"who": "anna", "comment": "restarted"}, timeout=10)
    assert answer.status_code == 200, answer.text


def test_down_leaves_data_and_passwords_only(stack: Stack) -> None:
    """Containers and network are gone; the next start finds its volumes."""
    stack.command("down", "--runtime", "compose")
    assert stack.inspect() == {}
    assert f"{PROJECT}_postgres" in stack.engine.docker("volume", "ls", "--quiet").split()
    assert stack.secrets()
    status = stack.command("status", "--runtime", "compose", check=False)
    assert status.returncode == 1
    assert "not running" in status.stderr


def test_an_own_database_takes_the_place_of_the_demo(stack: Stack, tmp_path: Path) -> None:
    """With a database of the user's, over TLS and with a password at the exporter: no demo, and the user's rows arrive."""
    certificate(tmp_path)
    (tmp_path / "hook").write_text("https://hook.example.org/secret-hook")
    (tmp_path / "password").write_text("secret-password")
    settings = json.loads((stack.folder / "watchfloor.yml").read_text())
    settings["exporter"] |= {
        "basic_auth": {"username": "me", "password_file": str(tmp_path / "password")},
        "tls": {"cert_file": str(tmp_path / "cert.pem"), "key_file": str(tmp_path / "key.pem")},
    }
    settings["alerting"] = {"webhook_url_file": str(tmp_path / "hook")}
    settings["database"] = {"viewer_url_file": str(tmp_path / "viewer")}
    (stack.folder / "watchfloor.yml").write_text(json.dumps(settings))
    with own_database(stack) as url:
        viewer = f"postgresql://watchfloor_viewer:{stack.secrets()['postgres_watchfloor_viewer']}@own-database:5432/watchfloor_demo"
        (tmp_path / "viewer").write_text(viewer)
        # A Prometheus that has never run.
        stack.engine.docker("volume", "rm", f"{PROJECT}_prometheus")
        result = stack.command("up", "--runtime", "compose", ANALYTICS_DATABASE_URL=url)
        assert "once this runs: watchfloor backfill --runtime compose" in result.stderr
        filled(stack)
    assert set(stack.inspect()) == {"exporter", "generator", "prometheus", "alertmanager", "deadman", "grafana"}
    calls = stack.query("sum(calls_initiated_total)")
    assert calls is not None
    assert calls > CALLS
    told = result.stdout + result.stderr + json.dumps(stack.inspect())
    assert [secret for secret in (url, viewer, "secret-hook", "secret-password") if secret in told] == []
    status = requests.get(f"http://127.0.0.1:{stack.ports['alertmanager']}/api/v2/status", timeout=5).json()
    assert "webhook_configs" in status["config"]["original"]
    address = f"https://127.0.0.1:{stack.ports['exporter']}/metrics"
    assert requests.get(address, timeout=5, verify=str(tmp_path / "cert.pem")).status_code == 401


def filled(stack: Stack) -> None:
    """The past of a database of the user's own comes in beside the running Prometheus."""
    days = midnights(10)
    assert stack.query("sum(calls_initiated_total)", days[0].timestamp()) is None
    done = stack.command("backfill", "--runtime", "compose", "--since", "12d", "--step", "12h", "--json")
    assert json.loads(done.stdout)["blocks"] > 0
    wait(lambda: stack.query("sum(calls_initiated_total)", days[0].timestamp()) is not None, 120)
    found = [stack.query("sum(calls_initiated_total)", day.timestamp()) for day in days]
    with stack.database(address(stack.engine, "own-database"), 5432) as database:
        assert found == [calls(database, day) for day in days]
