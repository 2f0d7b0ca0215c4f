"""Where the parts of the stack reach each other, natively or in Compose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from exporter.settings import Settings

ANYWHERE: Final = ("", "0.0.0.0", "::", "[::]")  # noqa: S104 - recognised, not listened on
RUNTIMES: Final = ("native", "compose")


class EndpointError(Exception):
    """There is no such runtime."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses (host:port) as the other parts see them, and the directory in which they find secret files."""

    exporter: str
    prometheus: str
    alertmanager: str
    second_alertmanager: str
    gossip: tuple[str, str]
    """Where the two Alertmanagers hear of each other: what each listens on is only reached by the other."""
    grafana: str
    postgres: str
    deadman: str
    relay: str
    secrets_dir: str
    mail_relayed: bool
    """Whether mail goes by the relay: Debian 12's Alertmanager, which is the native one, loses mail that is refused at its end."""

    @property
    def alertmanagers(self) -> tuple[str, str]:
        """Both Alertmanagers; the second runs only when the settings ask for it."""
        return self.alertmanager, self.second_alertmanager

    def secret(self, name: str) -> str:
        """Path of a secret file."""
        return f"{self.secrets_dir}/{name}"


def native(settings: Settings) -> Endpoints:
    """Plain processes on this machine."""
    stack = settings.stack
    host = _reachable(stack.host)
    return Endpoints(
        exporter=f"{_reachable(settings.exporter.host)}:{settings.exporter.port}",
        prometheus=f"{host}:{stack.prometheus_port}",
        alertmanager=f"{host}:{stack.alertmanager_port}",
        second_alertmanager=f"{host}:{stack.second_alertmanager_port}",
        gossip=(f"127.0.0.1:{stack.gossip_port}", f"127.0.0.1:{stack.second_gossip_port}"),
        grafana=f"{host}:{stack.grafana_port}",
        postgres=f"{host}:{stack.postgres_port}",
        deadman=f"{_reachable(settings.deadman.host)}:{settings.deadman.port}",
        relay=f"{_reachable(settings.relay.host)}:{settings.relay.port}",
        secrets_dir=str(Path(stack.directory).absolute() / "secrets"),
        mail_relayed=True,
    )


def compose() -> Endpoints:
    """Containers that know each other by the names of their services."""
    return Endpoints(
        exporter="exporter:9877",
        prometheus="prometheus:9090",
        alertmanager="alertmanager:9093",
        second_alertmanager="alertmanager-2:9093",
        gossip=("alertmanager:9094", "alertmanager-2:9094"),
        grafana="grafana:3000",
        postgres="postgres:5432",
        deadman="deadman:9880",
        relay="relay:9882",
        secrets_dir="/run/secrets",
        mail_relayed=False,
    )


def endpoints(settings: Settings, runtime: str) -> Endpoints:
    """The endpoints of a runtime."""
    if runtime not in RUNTIMES:
        raise EndpointError(f"there is no runtime {runtime!r}; known are {', '.join(RUNTIMES)}")
    return compose() if runtime == "compose" else native(settings)


def dashboards_url(settings: Settings) -> str:
    """Where links to dashboards point."""
    return (settings.dashboard_url or f"http://{settings.stack.host}:{settings.stack.grafana_port}").rstrip("/")


def _reachable(host: str) -> str:
    """An address to connect to, for one that is listened on."""
    if host in ANYWHERE:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
