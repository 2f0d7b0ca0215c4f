"""The Compose file: both programs read it, and every service is bounded, pinned, unprivileged and on the loopback."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from provisioning import alertmanager, prometheus
from provisioning.container import GENERATED, GRAFANA_FILE, OPTIONAL, URL_FILE
from tests.compose.conftest import ROOT, Reader

FILE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: Final[Mapping[str, Mapping[str, Any]]] = FILE["services"]
ALL: Final = {
    "postgres",
    "demo",
    "exporter",
    "generator",
    "prometheus",
    "alertmanager",
    "alertmanager-2",
    "deadman",
    "relay",
    "acknowledgements",
    "history",
    "grafana",
}
DEMO: Final = {"postgres", "demo"}
PAIR: Final = {"alertmanager-2"}
HISTORY: Final = {"history"}
ONE_SHOT: Final = "generator"
IMAGE: Final = re.compile(r"\$\{[A-Z_]+_IMAGE:-[a-z/-]+:v?\d+\.\d+(\.\d+)?(-\w+)*\}")
PORT: Final = re.compile(r"\$\{WATCHFLOOR_HOST:-127\.0\.0\.1\}:\$\{[A-Z_]+_PORT:-\d+\}:\d+")


def test_without_profile_there_is_no_database_and_no_demo(reader: Reader) -> None:
    """A user's own database brings neither PostgreSQL nor the demo."""
    active = {name for name, service in reader.services().items() if not service.get("profiles")}
    assert active == ALL - DEMO - PAIR - HISTORY


def test_the_demo_profile_has_everything(reader: Reader) -> None:
    """The profile adds the database and the workload; others the second Alertmanager and what writes the past."""
    found = reader.services("--profile", "demo", "--profile", "pair", "--profile", "history")
    assert set(found) == ALL
    assert {name for name, service in found.items() if service.get("profiles") == ["pair"]} == PAIR


def test_everything_that_differs_between_machines_comes_from_the_environment(reader: Reader) -> None:
    """Images, ports, address, folder and retention are overridable."""
    variables = {
        "WATCHFLOOR_IMAGE": "own/watchfloor:9",
        "WATCHFLOOR_HISTORY_IMAGE": "own/history:9",
        "POSTGRES_IMAGE": "own/postgres:9",
        "PROMETHEUS_IMAGE": "own/prometheus:9",
        "ALERTMANAGER_IMAGE": "own/alertmanager:9",
        "GRAFANA_IMAGE": "own/grafana:9",
        "PROMETHEUS_PORT": "19090",
        "WATCHFLOOR_HOST": "127.0.0.9",
        "WATCHFLOOR_DIRECTORY": "/srv/compose",
        "RETENTION_DAYS": "7",
    }
    result = reader.read("--profile", "demo", **variables)
    assert result.returncode == 0, result.stderr
    content = yaml.safe_load(result.stdout)
    images = {service["image"].partition("/")[0] for service in content["services"].values()}
    assert images == {"own"}
    assert "--storage.tsdb.retention.time=7d" in content["services"]["prometheus"]["command"]
    port = content["services"]["prometheus"]["ports"][0]
    said = port if isinstance(port, str) else f"{port['host_ip']}:{port['published']}:{port['target']}"
    assert said.removesuffix("/tcp") == "127.0.0.9:19090:9090"
    assert all(secret["file"].startswith("/srv/compose/secrets/") for secret in content["secrets"].values())


def test_a_misspelt_key_is_refused(reader: Reader, tmp_path: Path) -> None:
    """The check finds mistakes: it is not green whatever the file says."""
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text((ROOT / "docker-compose.yml").read_text().replace("healthcheck:", "healthchek:", 1))
    result = reader.read("--file", str(wrong))
    assert result.returncode != 0
    assert "healthchek" in result.stdout + result.stderr


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_service_is_bounded_and_unprivileged(name: str) -> None:
    """Memory, processors and logs have limits; the account is not root, gains nothing, and writes to volumes only."""
    service = SERVICES[name]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert 0 < service["cpus"] <= 2
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert service["user"] == "postgres" or int(service["user"].partition(":")[0]) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "network_mode" not in service


@pytest.mark.parametrize("name", sorted(ALL - {ONE_SHOT} - HISTORY))
def test_every_lasting_service_is_watched_and_restarted(name: str) -> None:
    """What should go on is restarted, and says whether it works."""
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert {"test", "interval", "timeout", "retries", "start_period"} == set(SERVICES[name]["healthcheck"])


def test_the_generator_ends_before_its_readers_start() -> None:
    """The one-shot service is not restarted, and the three that read its files wait for it."""
    assert SERVICES[ONE_SHOT]["restart"] == "no"
    for name in ("prometheus", "alertmanager", "grafana"):
        assert SERVICES[name]["depends_on"] == {ONE_SHOT: {"condition": "service_completed_successfully"}}
        assert "generated:/generated:ro" in SERVICES[name]["volumes"]


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_image_is_pinned_and_overridable(name: str) -> None:
    """No tag moves by itself."""
    assert IMAGE.fullmatch(SERVICES[name]["image"])


def test_our_image_has_the_version_of_the_project() -> None:
    """A new version is a new image."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert SERVICES["exporter"]["image"] == f"${{WATCHFLOOR_IMAGE:-watchfloor:{version}}}"


def test_the_base_image_is_the_same_in_both_files() -> None:
    """The Dockerfile by itself builds what Compose builds."""
    base = re.search(r"^ARG BASE_IMAGE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert base
    assert SERVICES["exporter"]["build"]["args"]["BASE_IMAGE"] == f"${{BASE_IMAGE:-{base[1]}}}"


def test_history_is_written_by_the_prometheus_that_reads_it() -> None:
    """The image for history takes its programs from the image that Prometheus runs in, as the account that this has."""
    image = re.search(r"^ARG PROMETHEUS_IMAGE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    history, server = SERVICES["history"], SERVICES["prometheus"]
    assert image
    assert history["build"]["args"]["PROMETHEUS_IMAGE"] == server["image"] == f"${{PROMETHEUS_IMAGE:-{image[1]}}}"
    assert history["user"] == server["user"]
    assert "prometheus:/prometheus" in history["volumes"]
    assert "prometheus:/prometheus" in server["volumes"]
    assert "exporter:/var/lib/watchfloor:ro" in history["volumes"]


def test_every_port_is_on_the_loopback() -> None:
    """Nothing is published to other machines unless somebody asks for it."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 7
    assert [port for port in ports if not PORT.fullmatch(port)] == []


def test_secrets_are_files_and_never_values() -> None:
    """Each secret is a file of the folder, is written by the project, and reaches only services that name it."""
    written = {*OPTIONAL, *GENERATED, URL_FILE, GRAFANA_FILE}
    assert set(FILE["secrets"]) == written
    assert {name for service in SERVICES.values() for name in service.get("secrets", [])} == written
    for name, secret in FILE["secrets"].items():
        assert secret == {"file": f"${{WATCHFLOOR_DIRECTORY:-./.stack/compose}}/secrets/{name}"}
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            secretive = re.search("PASSWORD|SECRET|TOKEN|URL", variable)
            assert not secretive or str(value).startswith("/run/secrets/"), variable


def test_timing_flags_are_those_of_the_native_stack() -> None:
    """Alerts are as fast in containers as natively."""
    assert set(prometheus.FLAGS) <= set(SERVICES["prometheus"]["command"])
    for name, other in (("alertmanager", "alertmanager-2"), ("alertmanager-2", "alertmanager")):
        command = SERVICES[name]["command"]
        assert set(alertmanager.FLAGS) <= set(command)
        assert "--cluster.listen-address=${WATCHFLOOR_GOSSIP:-}" in command
        assert f"--cluster.peer={other}:9094" in command
        assert f"--cluster.peer-timeout={alertmanager.PEER_TIMEOUT}" in command


def test_the_image_is_built_from_the_packages_alone() -> None:
    """No secret, state or history of the checkout goes to the engine."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    packages = {"exporter", "provisioning", "alerts", "dashboards", "generator"}
    assert {line[1:] for line in lines if line.startswith("!")} == packages | {"pyproject.toml", "README.md", "LICENSE"}
