"""The parts of a native stack as services: what each runs, where it listens, and how it says that it is ready."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from exporter.settings import DEMO_STATES, Settings
from provisioning import alertmanager as alertmanager_files
from provisioning import grafana as grafana_files
from provisioning import grafana_kinds
from provisioning import prometheus as prometheus_files
from provisioning.endpoints import Endpoints, native
from provisioning.stack import binary, secret
from provisioning.stack.account import Account
from provisioning.stack.debian import Say
from provisioning.stack.port import Port
from provisioning.stack.process import Service

if TYPE_CHECKING:
    import requests

START_INTERVAL: Final = "1s"
CONFIG: Final = "prometheus.yml"
LOADED: Final = re.compile(r"^prometheus_config_last_reload_success_timestamp_seconds (\S+)$", re.MULTILINE)
DIRECT: Final = {"http": "", "https": ""}
"""No proxy on the way to our own parts."""
EXPORTER_SECRETS: Final = ("REDIS_URL", "PGPASSWORD", "PGPASSFILE")
SECRETS: Final = ("ANALYTICS_DATABASE_URL", "SLACK_WEBHOOK_URL", *EXPORTER_SECRETS)
"""Variables that not every part may see."""
PROMETHEUS_SECRETS: Final = (prometheus_files.PASSWORD_FILE, prometheus_files.CA_FILE)
PROGRAM_SECRETS: Final = (
    *alertmanager_files.SECRET_FILES,
    prometheus_files.PASSWORD_FILE,
    prometheus_files.CA_FILE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stack lives: its settings, folders, and the account of foreign programs."""

    settings: Settings
    config: Path | None
    account: Account | None
    say: Say

    @property
    def directory(self) -> Path:
        """Data, logs and state."""
        return self.settings.stack.directory.absolute()

    @property
    def output(self) -> Path:
        """Generated files."""
        return self.settings.stack.output.absolute()

    @property
    def secrets(self) -> Path:
        """Generated passwords, and secrets that the programs read."""
        return self.directory / "secrets"

    def own_secrets(self, names: Iterable[str]) -> list[Path]:
        """Files of secrets that one program reads. Those of others come and go without it."""
        return [self.secrets / name for name in names]

    @property
    def endpoints(self) -> Endpoints:
        """Where the parts reach each other."""
        return native(self.settings)

    def log(self, name: str) -> Path:
        """Log of a part."""
        return self.directory / "logs" / f"{name}.log"

    def port(self, name: str) -> Port:
        """Port of a part."""
        stack = self.settings.stack
        return Port(getattr(stack, f"{name}_port"), f"stack.{name}_port", stack.host)

    def folder(self, name: str) -> Path:
        """Data folder of a foreign program, which belongs to its account."""
        path = self.directory / name
        path.mkdir(exist_ok=True)
        if self.account:
            self.account.own(path)
        return path

    def command(self, *arguments: str) -> tuple[str, ...]:
        """Our own command line in a new process."""
        config = ("--config", str(self.config)) if self.config else ()
        return (sys.executable, "-m", "generator", *config, *arguments)


def inherited(settings: Settings | None = None) -> dict[str, str]:
    """Our environment without what only one part may see, the secrets of channels among it."""
    channels = settings.alerting.channels if settings else ()
    hidden = {*SECRETS, *(channel.secret_variable for channel in channels)}
    return {name: value for name, value in os.environ.items() if name not in hidden}


def write_secrets(place: Place) -> None:
    """Write the secrets that Prometheus and Alertmanager read, and remove those that are no longer configured."""
    files = alertmanager_files.secrets(place.settings, os.environ, place.endpoints)
    for name in (*PROGRAM_SECRETS, *files):
        path = place.secrets / name
        if name not in files:
            path.unlink(missing_ok=True)
            continue
        secret.write(path, files[name])
        if place.account:
            place.account.own(path)


def exporter(place: Place, database_url: str, *, demo: bool = False) -> Service:
    """The exporter. The URL goes by the environment, where other users cannot read it."""
    port = place.settings.demo.state_port
    states = {DEMO_STATES: f"http://127.0.0.1:{port}/"} if demo and port else {}
    options = place.settings.exporter
    scheme = "https" if options.tls else "http"
    url = f"{scheme}://{place.endpoints.exporter}"
    digest = hashlib.sha256(place.settings.model_dump_json().encode()).hexdigest()
    return Service(
        name="exporter",
        command=place.command("exporter"),
        log=place.log("exporter"),
        ready=answers(f"{url}/health/ready"),
        progress=first_pass(f"{url}/health/ready"),
        url=f"{url}/metrics",
        environment={
            "ANALYTICS_DATABASE_URL": database_url,
            **states,
            **{name: os.environ[name] for name in EXPORTER_SECRETS if name in os.environ},
        },
        inherited=inherited(place.settings),
        port=Port(options.port, "exporter.port", options.host),
        version=digest,
        timeout=max(60.0, place.settings.database.seal_timeout),
    )


def demo(place: Place, database_url: str) -> Service:
    """The live workload, which adds conversations to the demo database."""
    port = place.settings.demo.state_port
    return Service(
        name="demo",
        command=place.command("demo", "live"),
        log=place.log("demo"),
        ready=answers(f"http://127.0.0.1:{port}/") if port else lambda: True,
        environment={"WATCHFLOOR_DEMO_URL": database_url},
        inherited=inherited(place.settings),
        port=Port(port, "demo.state_port", "127.0.0.1") if port else None,
    )


def prometheus(place: Place, *, starting: bool = False) -> Service:
    """Prometheus. While starting it scrapes each second, so that one need not wait a whole interval for proof.

    It reads its files through a link, so that what it reads can change while it runs: a restart would lose sight of
    the series that end meanwhile, which then seem to live for five minutes more.
    """
    port = place.port("prometheus")
    url = f"http://{place.endpoints.prometheus}"
    program = binary.prometheus(place.directory / "packages", place.say)
    data = place.folder("prometheus")
    generated, link = place.output / "prometheus", data / "config"
    files = digest(generated, *place.own_secrets(PROMETHEUS_SECRETS))
    return Service(
        name="prometheus",
        command=program.call(
            f"--config.file={link / CONFIG}",
            f"--storage.tsdb.path={data / 'data'}",
            f"--storage.tsdb.retention.time={place.settings.retention_days}d",
            f"--web.listen-address={listen(port)}",
            *prometheus_files.FLAGS,
        ),
        log=place.log("prometheus"),
        ready=answers(f"{url}/-/ready"),
        url=url,
        inherited=inherited(place.settings),
        port=port,
        account=place.account,
        version=f"starting {files}" if starting else files,
        prepare=lambda: _point(link, _starting(generated, data / "start") if starting else generated),
        loaded=_loaded(f"{url}/metrics"),
    )


def _starting(generated: Path, folder: Path) -> Path:
    """A folder like the generated one, whose configuration scrapes the exporter each second.

    Nothing else differs: rules find the state of their alerts again with the first configuration only, and a series
    keeps its place in Prometheus over a change of the interval, not over one of its target.
    """
    import yaml

    config = yaml.safe_load((generated / CONFIG).read_text(encoding="utf-8"))
    for job in config["scrape_configs"]:
        if job["job_name"] == prometheus_files.JOB:
            job |= {"scrape_interval": START_INTERVAL, "scrape_timeout": START_INTERVAL}
    folder.mkdir(exist_ok=True)
    for path in generated.iterdir():
        if path.name != CONFIG:
            _point(folder / path.name, path)
    new = folder / f"{CONFIG}.new"
    new.write_text(yaml.safe_dump(config), encoding="utf-8")
    new.replace(folder / CONFIG)
    return folder


def _point(link: Path, target: Path) -> None:
    """Let a link lead elsewhere, in one step."""
    new = link.with_name(f"{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)


def _loaded(url: str) -> Callable[[], str]:
    """A question when Prometheus last took a configuration."""

    def ask() -> str:
        answer = _get(url)
        found = LOADED.search(answer.text) if answer is not None else None
        return found[1] if found else ""

    return ask


def grafana(place: Place, reader_url: str | None) -> Service:
    """Grafana with the generated dashboards, data sources and alerting."""
    program, home = binary.grafana()
    port = place.port("grafana")
    url = f"http://{place.endpoints.grafana}"
    files = place.output / "grafana"
    settings = {
        "GF_PATHS_DATA": str(place.folder("grafana")),
        "GF_PATHS_LOGS": str(place.folder("grafana")),
        "GF_PATHS_PROVISIONING": str(files / "provisioning"),
        "GF_SERVER_HTTP_ADDR": port.host,
        "GF_SERVER_HTTP_PORT": str(port.number),
        "GF_SECURITY_ADMIN_PASSWORD": secret.generated(place.secrets / "grafana_admin"),
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    }
    variables = grafana_files.environment(place.endpoints, files / "dashboards", reader_url)
    variables |= grafana_kinds.environment(place.settings, os.environ)
    return Service(
        name="grafana",
        command=(str(program), "server", "--homepath", str(home)),
        log=place.log("grafana"),
        ready=answers(f"{url}/api/health"),
        url=url,
        environment={**settings, **variables},
        inherited=inherited(place.settings),
        port=port,
        account=place.account,
        version=digest(files / "provisioning"),
        timeout=120.0,
    )


def answers(url: str) -> Callable[[], bool]:
    """A question whether a URL answers 200."""

    def ask() -> bool:
        answer = _get(url)
        return answer is not None and answer.status_code == 200

    return ask


def first_pass(url: str) -> Callable[[], str]:
    """A question how much of all rows an exporter has read."""

    def ask() -> str:
        answer = _get(url)
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            return f"{answer.json()['first_pass']:.0%} of all rows are read"  # type: ignore[union-attr]
        return ""

    return ask


def _get(url: str) -> requests.Response | None:
    """An answer. The certificate is not checked: this asks for life, not for identity."""
    import requests
    import urllib3

    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    try:
        return requests.get(url, timeout=2, verify=False, proxies=DIRECT)  # noqa: S501
    except requests.RequestException:
        return None


def listen(port: Port) -> str:
    """Where a program listens, as its flag has it."""
    return f"[{port.host}]:{port.number}" if ":" in port.host else f"{port.host}:{port.number}"


def digest(*places: Path) -> str:
    """Digest of files, and of all files in folders; what is not there counts as nothing."""
    digest = hashlib.sha256()
    for place in places:
        for path in sorted(path for path in (place, *place.rglob("*")) if path.is_file()):
            digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
