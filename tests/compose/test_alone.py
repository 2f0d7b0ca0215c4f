"""One container by itself, as somebody runs it who has no Compose."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

import pytest
import requests

from exporter.settings import load
from generator.generate import build
from tests.compose.engine import Engine

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def test_one_container_takes_the_generated_rules(
    engine: Engine, image_names: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prometheus in a container of its own loads what is generated for it."""
    monkeypatch.setenv("DOCKER_HOST", engine.environment["DOCKER_HOST"])
    monkeypatch.setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
    monkeypatch.setenv("TESTCONTAINERS_CONNECTION_MODE", "docker_host")
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.network import Network

    settings = tmp_path / "watchfloor.yml"
    settings.touch()
    for name, content in build(load(settings, {}), "compose", {}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    arguments = "--config.file=/generated/prometheus.yml --storage.tsdb.path=/prometheus"
    with Network() as network:
        container = DockerContainer(image_names["PROMETHEUS_IMAGE"]).with_command(arguments).with_network(network)
        container.with_volume_mapping(str(tmp_path / "prometheus"), "/generated")
        cast(dict[str, Any], container.ports)["9090/tcp"] = ("127.0.0.1", None)
        with container:
            url = f"http://127.0.0.1:{container.get_exposed_port(9090)}"
            assert _answer(f"{url}/-/ready").ok
            groups = _answer(f"{url}/api/v1/rules").json()["data"]["groups"]
            assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}
            assert len(groups) > 3


def _answer(url: str) -> requests.Response:
    deadline = time.monotonic() + 30
    while True:
        try:
            answer = requests.get(url, timeout=2)
        except requests.RequestException:
            answer = None
        if answer is not None and answer.status_code == 200:
            return answer
        assert time.monotonic() < deadline, url
        time.sleep(0.1)
