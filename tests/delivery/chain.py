"""The real chain of alerts: a target, Prometheus, Alertmanagers and receivers, with the generated configuration.

Only what is scraped and which rules there are is chosen here; intervals, routes, receivers and flags are the product's.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import requests
import yaml

from exporter.settings import Settings
from provisioning import alertmanager as alertmanager_files
from provisioning import prometheus as prometheus_files
from provisioning.endpoints import native
from tests.delivery.ports import quiet_port
from tests.delivery.receivers import Message, Receivers, Target, receivers
from tests.processes import Process, answers, running, wait_until
from tests.rules.promtool import tool

ORDER: Final = ("relay", "alertmanager", "alertmanager-2", "prometheus")
"""What every chain starts; the dead man's switch and a real exporter on request."""


@dataclass
class Chain:
    """The running chain. Processes are started and stopped by their names: relay, alertmanager, alertmanager-2, prometheus, deadman,
    exporter.
    """

    folder: Path
    settings: Settings
    receivers: Receivers
    target: Target
    commands: dict[str, tuple[list[str], str]] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def start(self, name: str, spawned: Callable[[int], None] | None = None) -> None:
        """Start a process and wait until it is ready; `spawned` is told its number at once."""
        command, ready = self.commands[name]
        process = self._stack.enter_context(running(name, command, self.folder, self.environment))
        self.processes[name] = process
        if spawned is not None:
            spawned(process.handle.pid)
        wait_until(lambda: answers(ready), 60, f"{name} was ready", process)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> float:
        """End a process; returns when."""
        now = time.time()
        self.processes[name].stop(number)
        return now

    @property
    def prometheus(self) -> str:
        """Address of Prometheus."""
        return f"http://{native(self.settings).prometheus}"

    def alertmanager(self, number: int = 0) -> str:
        """Address of an Alertmanager."""
        return f"http://{native(self.settings).alertmanagers[number]}"

    def page(self, name: str) -> str:
        """Metrics of a process as it serves them."""
        address = self.commands[name][1].rpartition("/")[0]
        return requests.get(f"{address}/metrics", timeout=10).text

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Labels and values of an instant query."""
        answer = requests.get(f"{self.prometheus}/api/v1/query", params={"query": expression}, timeout=10)
        return [(item["metric"], float(item["value"][1])) for item in answer.json()["data"]["result"]]

    def wait_for(self, receiver: str, text: str, seconds: float, since: float = 0.0) -> Message:
        """The first message with a text at a receiver: slack, hook or mail."""
        found: list[Message] = []

        def come() -> bool:
            found[:] = self.messages(receiver, text, since)
            return bool(found)

        wait_until(come, seconds, f"{text} came to {receiver}")
        return found[0]

    def messages(self, receiver: str, text: str, since: float = 0.0) -> list[Message]:
        """Messages with a text that came to a receiver."""
        return [m for m in list(self.receivers.of(receiver)) if text in m.body and m.time >= since]

    def close(self) -> None:
        """End every process."""
        self._stack.close()


def settings_for(folder: Path, receivers: Receivers, changes: Mapping[str, Any] | None = None) -> Settings:
    """Settings with ports that were free and with every receiver that needs no account."""
    (folder / "hook").write_text(f"{receivers.hook.url}/hook")
    (folder / "slack").write_text(f"{receivers.slack.url}/slack")
    given = dict(changes or {})
    ports = ("prometheus_port", "alertmanager_port", "second_alertmanager_port", "gossip_port", "second_gossip_port")
    stack = {"directory": str(folder), **{name: quiet_port() for name in ports}, **given.pop("stack", {})}
    alerting = {
        "email": "ops@example.org",
        "smtp_host": f"127.0.0.1:{receivers.mail.port}",
        "smtp_require_tls": False,
        "slack_webhook_url_file": str(folder / "slack"),
        "webhook_url_file": str(folder / "hook"),
        **given.pop("alerting", {}),
    }
    deadman = {"enabled": False, "port": quiet_port(), **given.pop("deadman", {})}
    relay = {"port": quiet_port(), **given.pop("relay", {})}
    exporter = {"port": quiet_port(), "state_file": str(folder / "state.json"), **given.pop("exporter", {})}
    content = {
        "stack": stack,
        "alerting": alerting,
        "deadman": deadman,
        "relay": relay,
        "exporter": exporter,
        **given,
    }
    (folder / "watchfloor.yml").write_text(yaml.safe_dump(content))
    return Settings.model_validate(content)


def rule(name: str, severity: str, expr: str, *, wait: str = "", keep: str = "", **labels: str) -> dict[str, Any]:
    """An alert in Prometheus' form, with the texts that the messages need."""
    timing = {"for": wait, "keep_firing_for": keep}
    return {
        "alert": name,
        "expr": expr,
        **{key: value for key, value in timing.items() if value},
        "labels": {"severity": severity, "domain": "calls", **labels},
        "annotations": {
            "summary": f"{name} happened.",
            "description": "Case {{ $labels.case }} happened.",
            "dashboard_url": "http://127.0.0.1:3000/d/x",
            "runbook_url": "alerts/runbooks/x.md",
        },
    }


def write(
    chain: Chain, groups: Mapping[str, Sequence[Mapping[str, Any]]], jobs: Sequence[Mapping[str, Any]] | None = None
) -> None:
    """Write what Prometheus and the Alertmanagers read."""
    settings, folder = chain.settings, chain.folder
    config = yaml.safe_load(prometheus_files.config(settings, native(settings)))
    if jobs is not None:
        own = [job for job in config["scrape_configs"] if job["job_name"] != prometheus_files.JOB]
        config["scrape_configs"] = [*own, *jobs]
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    for name, rules in groups.items():
        (folder / "rules" / f"{name}.yml").write_text(
            yaml.safe_dump({"groups": [{"name": name, "rules": list(rules)}]}, sort_keys=False)
        )
    generated = folder / "alertmanager.yml"
    generated.write_bytes(alertmanager_files.config(settings, native(settings), {}))
    (folder / "secrets").mkdir(exist_ok=True)
    for name, text in alertmanager_files.secrets(settings, {}, native(settings)).items():
        (folder / "secrets" / name).write_text(text)


def commands(chain: Chain) -> dict[str, tuple[list[str], str]]:
    """How each process is started, and the address that says that it is ready."""
    settings, folder = chain.settings, chain.folder
    places = native(settings)
    config = alertmanager_files.config_file(settings, places, str(folder / "alertmanager.yml"))
    found = {
        "prometheus": (
            [
                tool("prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address={places.prometheus}", "--web.enable-lifecycle", *prometheus_files.FLAGS,
            ],
            f"http://{places.prometheus}/-/ready",
        )
    }  # fmt: skip
    for number, address in enumerate(places.alertmanagers[: settings.stack.alertmanagers]):
        name = "alertmanager" if number == 0 else "alertmanager-2"
        found[name] = (
            [
                tool("prometheus-alertmanager"), f"--config.file={config}", f"--storage.path={folder}/{name}",
                f"--web.listen-address={address}", *alertmanager_files.flags(settings, places, number),
            ],
            f"http://{address}/-/ready",
        )  # fmt: skip
    own = [sys.executable, "-m", "generator", "--config", f"{folder}/watchfloor.yml"]
    found["relay"] = ([*own, "relay"], f"http://{places.relay}/health")
    found["deadman"] = ([*own, "deadman"], f"http://{places.deadman}/health")
    found["exporter"] = ([*own, "exporter"], f"http://{places.exporter}/health/ready")
    return found


@contextmanager
def chain(
    folder: Path,
    groups: Mapping[str, Sequence[Mapping[str, Any]]] | Callable[[Settings], Mapping[str, Sequence[Mapping[str, Any]]]],
    *,
    jobs: Callable[[Target], Sequence[Mapping[str, Any]]] | None = None,
    changes: Mapping[str, Any] | None = None,
    start: Sequence[str] | None = None,
    real_exporter: bool = False,
) -> Iterator[Chain]:
    """The whole chain, ready; ended at the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with receivers() as heard, contextlib.closing(_Stop(Target())) as held:
        target = held.target
        settings = settings_for(folder, heard, changes)
        made = Chain(folder, settings, heard, target)
        own = None if real_exporter else (jobs or _jobs)(target)
        write(made, groups(settings) if callable(groups) else groups, own)
        made.commands = commands(made)
        try:
            for name in ORDER if start is None else start:
                if name in made.commands:
                    made.start(name)
            yield made
        finally:
            made.close()


@dataclass
class _Stop:
    target: Target

    def close(self) -> None:
        self.target.stop()


def _jobs(target: Target) -> list[dict[str, Any]]:
    static = {"targets": [f"127.0.0.1:{target.port}"], "labels": {"instance": "watchfloor"}}
    return [{"job_name": prometheus_files.JOB, "static_configs": [static]}]
