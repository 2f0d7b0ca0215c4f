"""Names against a real Prometheus, which scrapes itself."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator

import pytest
import requests
import yaml

from generator.checks.model import CheckError
from tests.checks.cases import BOARD, panel
from tests.checks.conftest import Checked
from tests.parallel import free_port
from tests.processes import answers, running, wait_until

pytestmark = pytest.mark.promtool


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus with samples of its own."""
    binary = shutil.which("prometheus")
    if binary is None:
        pytest.skip("prometheus is not on the PATH; Debian's package prometheus has it")
    folder, address = tmp_path_factory.mktemp("prometheus"), f"127.0.0.1:{free_port()}"
    job = {"job_name": "prometheus", "scrape_interval": "1s", "static_configs": [{"targets": [address]}]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump({"scrape_configs": [job]}), encoding="utf-8")
    argv = [
        binary,
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address={address}",
    ]
    with running("prometheus", argv, folder) as process:
        url = f"http://{address}"
        wait_until(lambda: answers(f"{url}/-/ready"), 30, "it was ready", process)
        wait_until(lambda: bool(_names(url)), 30, "it had scraped itself", process)
        yield url


def _names(url: str) -> list[str]:
    names: list[str] = requests.get(f"{url}/api/v1/label/__name__/values", timeout=5).json()["data"]
    return [name for name in names if name == "prometheus_http_requests_total"]


@pytest.mark.parametrize(
    ("expr", "rules"),
    [
        ('sum by (handler) (rate(prometheus_http_requests_total{MATCH, code="200"}[$__rate_interval]))', []),
        ("sum by (handler) (rate(prometheus_http_request_total{MATCH}[$__rate_interval]))", ["metric-unknown"]),
        ("sum by (path) (rate(prometheus_http_requests_total{MATCH}[$__rate_interval]))", ["label-unknown"]),
        ("sum(prometheus_http_requests_total{MATCH})", ["target-counter-agg-rule"]),
        ("sum(rate(prometheus_tsdb_head_series{MATCH}[$__rate_interval]))", ["target-counter-agg-rule"]),
        ("sum(rate(prometheus_http_request_duration_seconds_count{MATCH}[$__rate_interval]))", []),
        ("sum(active_calls{MATCH})", ["metric-unknown"]),
    ],
)
def test_names_are_compared_with_what_is_there(expr: str, rules: list[str], prometheus: str, checked: Checked) -> None:
    """Names, labels and types are those of the server; what only the catalogue has is unknown to it."""
    board = copy.deepcopy(BOARD)
    board["panels"] = [panel(1, expr.replace("MATCH", 'job=~"$job", instance=~"$instance"'))]
    found = checked({"board.json": board}, prometheus=prometheus)
    assert [(one.rule, one.level) for one in found] == [(rule, "error") for rule in rules]


def test_another_server_is_refused(prometheus: str, checked: Checked) -> None:
    """An address at which something else answers is an error and no empty list of names."""
    with pytest.raises(CheckError, match="give the address of a Prometheus"):
        checked({"board.json": BOARD}, prometheus=f"{prometheus}/graph")
