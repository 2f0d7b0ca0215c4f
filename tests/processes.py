"""Real processes for tests: on free ports of the loopback, ready before they are used, ended after, with their logs told.

A test folder shows the logs under its failing tests when its conftest imports `pytest_runtest_makereport` from here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.parallel import free_port
from tests.samples import Samples, parse

ROOT = Path(__file__).resolve().parent.parent
LOGS: dict[Path, str] = {}
"""Logs of processes that run or ran, with their names; shown when a test fails."""


class ProcessError(Exception):
    """A process ended early or did not become ready."""


def wait_until(ready: Callable[[], bool], seconds: float, what: str, process: Process | None = None) -> None:
    """Poll until `ready`; ProcessError after the time or when the process has ended."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process is not None and process.handle.poll() is not None:
            raise ProcessError(f"{process.name} ended with {process.handle.returncode} before {what}\n{process.log()}")
        if time.monotonic() > deadline:
            raise ProcessError(f"waited {seconds:g} s in vain: {what}" + (f"\n{process.log()}" if process else ""))
        time.sleep(0.05)


@dataclass
class Process:
    """A process that writes to a log file."""

    name: str
    handle: subprocess.Popen[bytes]
    path: Path

    def log(self) -> str:
        """The end of what it wrote."""
        return self.path.read_text(errors="replace")[-4000:]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it, by force after ten seconds; returns how it ended. May be called twice."""
        if self.handle.poll() is None:
            self.handle.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.handle.wait(10)
            self.handle.kill()
        return self.handle.wait()


@contextlib.contextmanager
def running(
    name: str, argv: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """A process of this program, with only these variables beside PATH and HOME; ended at the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.log"
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    with path.open("ab") as log:
        handle = subprocess.Popen(
            argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=ROOT, env={**kept, **(environment or {})}
        )
    process = Process(name, handle, path)
    LOGS[path] = name
    try:
        yield process
    finally:
        process.stop()


def answers(url: str) -> bool:
    """Whether a GET of the URL is answered with 200."""
    with contextlib.suppress(requests.RequestException):
        return requests.get(url, timeout=2).status_code == 200
    return False


@dataclass
class Exporter:
    """A running exporter."""

    url: str
    process: Process

    def samples(self) -> Samples:
        """One scrape."""
        answer = requests.get(f"{self.url}/metrics", headers={"Accept": "text/plain"}, timeout=10)
        answer.raise_for_status()
        return parse(answer.text)


@contextlib.contextmanager
def exporter(
    folder: Path, database_url: str, settings: Mapping[str, Any], *, seconds: float = 30.0, port: int | None = None
) -> Iterator[Exporter]:
    """`watchfloor exporter` on a database, ready. Port, unless given, and state file are chosen here, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    section = {"state_file": str(folder / "state.json"), **settings.get("exporter", {}), "port": port}
    config = folder / "watchfloor.yml"
    config.write_text(yaml.safe_dump({**settings, "exporter": section}), encoding="utf-8")
    argv = [sys.executable, "-m", "generator", "--config", str(config), "exporter"]
    with running("exporter", argv, folder, {"ANALYTICS_DATABASE_URL": database_url}) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/health/ready"), seconds, "it was ready", process)
        yield Exporter(url, process)


@dataclass
class Prometheus:
    """A running Prometheus."""

    url: str
    process: Process

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Labels (with `__name__`) and values of an instant query."""
        answer = requests.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=10)
        answer.raise_for_status()
        return [(item["metric"], float(item["value"][1])) for item in answer.json()["data"]["result"]]

    def samples(self, job: str) -> Samples:
        """The newest sample of every series of a job, without the labels that Prometheus adds."""
        found = []
        for labels, value in self.query(f'{{job="{job}"}}'):
            name = labels.pop("__name__")
            own = {key: word for key, word in labels.items() if key not in ("job", "instance")}
            found.append((name, own, value))
        return Samples(tuple(found))


@contextlib.contextmanager
def prometheus(folder: Path, targets: Mapping[str, str], *, seconds: float = 30.0) -> Iterator[Prometheus]:
    """Prometheus that scrapes each job's URL every two seconds, after its first scrape of all. Skips where it is missing."""
    binary = shutil.which("prometheus")
    if binary is None:
        pytest.skip("prometheus is not on the PATH; Debian's package prometheus has it")
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [{"job_name": job, "static_configs": [{"targets": [_address(url)]}]} for job, url in targets.items()]
    config = {"global": {"scrape_interval": "2s", "scrape_timeout": "2s"}, "scrape_configs": jobs}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    argv = [
        binary,
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address={_address(url)}",
        "--log.level=warn",
    ]
    with running("prometheus", argv, folder) as process:
        wait_until(lambda: answers(f"{url}/-/ready"), seconds, "it was ready", process)
        found = Prometheus(url, process)
        wait_until(lambda: len(found.query("up == 1")) == len(jobs), seconds, "every target was scraped", process)
        yield found


def _address(url: str) -> str:
    return url.removeprefix("http://")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the logs of all processes under a test that failed."""
    report = yield
    if report.failed:
        for path, name in LOGS.items():
            if path.exists():
                report.sections.append(
                    (f"log of {name} ({path.parent.name}) for {item.name}", path.read_text(errors="replace")[-4000:])
                )
    return report
