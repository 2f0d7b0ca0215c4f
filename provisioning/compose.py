"""The stack in containers: start it and prove that metrics arrive, stop it, say how it is."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from exporter.settings import DEMO_STATES, Settings, database_url
from provisioning import alertmanager, container, docker, endpoints
from provisioning.acknowledgement import served
from provisioning.container import Folder
from provisioning.docker import Compose, Container
from provisioning.relay import relayed
from provisioning.stack import Part, StackError, State, proof, record
from provisioning.stack.port import Port

ROOT: Final = Path(__file__).resolve().parents[1]
FILE: Final = "docker-compose.yml"
PROJECT: Final = "watchfloor"
DEMO: Final = ("demo", "postgres")
EXPORTER: Final = "exporter"
PROMETHEUS: Final = "prometheus"
HISTORY: Final = "history"
PAIR: Final = "alertmanager-2"
DEADMAN: Final = "deadman"
RELAY: Final = "relay"
ACKNOWLEDGEMENTS: Final = "acknowledgements"
ONE_SHOT: Final = "generator"
IMAGE: Final = "WATCHFLOOR_IMAGE"
HISTORY_IMAGE: Final = "WATCHFLOOR_HISTORY_IMAGE"
SETTINGS: Final = ("--config", f"{container.CONFIG}/watchfloor.yml")
DATA: Final = ("--data-dir", "/prometheus")
BUILD_TIMEOUT: Final = 1800.0
START_TIMEOUT: Final = 1800.0
"""Images are downloaded in this time."""
READY_TIMEOUT: Final = 600.0
STOP_TIMEOUT: Final = 180.0
POLL: Final = 0.5


def say(text: str) -> None:
    """Tell how far we are."""
    sys.stderr.write(f"{text}\n")


def up(
    settings: Settings, generated: Mapping[str, bytes], *, calls: int | None = None, timeout: float = 60.0
) -> list[Part]:
    """Start everything, wait until it is ready, and prove that metrics arrive in Prometheus.

    `generated` are the files that the generator's container will write: containers are replaced when they change.
    """
    words, folder = docker.find(), _folder(settings)
    if calls is not None:
        settings = settings.model_copy(update={"demo": settings.demo.model_copy(update={"calls": calls})})
    folder.path.parent.mkdir(parents=True, exist_ok=True)
    with record.lock(folder.path.parent):
        container.write(folder, settings, os.environ)
        compose = _compose(settings, words, folder.digest(generated))
        compose.run("config", "--quiet", timeout=docker.QUICK)
        since = time.time()
        _start(compose, settings)
        _prove(settings, since, timeout)
        say(f"passwords are in {folder.secrets}; Grafana's account is admin, its password in {container.ADMIN_FILE}")
        return _parts(settings, compose.containers())


def down(settings: Settings) -> None:
    """Stop and remove every container; data and passwords stay."""
    compose, folder = _compose(settings, docker.find(), ""), _folder(settings).path.parent
    if not compose.containers():
        say("nothing was running")
        return
    folder.mkdir(parents=True, exist_ok=True)
    with record.lock(folder):
        compose.run(
            "--profile", "demo", "--profile", "pair", "down", "--remove-orphans", timeout=STOP_TIMEOUT, show=True
        )


def status(settings: Settings) -> list[Part]:
    """Every part that was started, and how it is now."""
    return _parts(settings, _compose(settings, docker.find(), "").containers())


def beside(settings: Settings, command: str, options: Sequence[str]) -> int:
    """Run `watchfloor backfill` or `thin` in a container beside the running Prometheus; returns its exit code.

    It goes by the settings of the last `up`.
    """
    compose = _compose(settings, docker.find(), "")
    if not any(item.service == PROMETHEUS and item.ready for item in compose.containers()):
        raise StackError("the container of Prometheus does not run; run watchfloor up --runtime compose first")
    return _history(compose, command, "--prometheus", f"http://{endpoints.compose().prometheus}", *options)


def _start(compose: Compose, settings: Settings) -> None:
    """Build our image unless another is named, replace what changed, and wait until every container is ready."""
    before = compose.containers()
    if not any(item.status == "running" for item in before):
        _require_ports(settings)
    if not os.environ.get(IMAGE):
        say("building the image")
        compose.run("build", ONE_SHOT, timeout=BUILD_TIMEOUT, show=True)
    demo = database_url(settings) is None
    if not demo and any(item.service in DEMO for item in before):
        compose.run("--profile", "demo", "rm", "--stop", "--force", *DEMO, timeout=STOP_TIMEOUT, show=True)
    if not any(item.service == PROMETHEUS and item.status == "running" for item in before):
        _fill(compose, demo=demo)
    say("starting the containers")
    pair, watched = settings.stack.alertmanagers == 2, settings.deadman.enabled and settings.deadman.url is None
    if not pair and any(item.service == PAIR for item in before):
        compose.run("--profile", "pair", "rm", "--stop", "--force", PAIR, timeout=STOP_TIMEOUT, show=True)
    profile = (*(("--profile", "demo") if demo else ()), *(("--profile", "pair") if pair else ()))
    wanted = {DEADMAN: watched, RELAY: bool(relayed(settings)), ACKNOWLEDGEMENTS: served(settings)}
    unused = tuple(name for name, here in wanted.items() if not here)
    scale = tuple(word for name in unused for word in ("--scale", f"{name}=0"))
    try:
        compose.run(
            *profile, "up", "--detach", "--no-build", "--remove-orphans", *scale, timeout=START_TIMEOUT, show=True
        )
    except StackError:
        _require_none_failed(compose)
        raise
    _wait(compose)


def _fill(compose: Compose, *, demo: bool) -> None:
    """Before Prometheus' first start: the demo's past, or how to fill that of the user's own. Nothing fails without it."""
    if not demo:
        if not compose.volume(PROMETHEUS):
            say("history of your own database is not filled yet; once this runs: watchfloor backfill --runtime compose")
        return
    # The exporter first: its state says which label values have series of their own.
    say("starting the database and the exporter")
    sources = (*DEMO, EXPORTER)
    compose.run("--profile", "demo", "up", "--detach", "--no-build", *sources, timeout=START_TIMEOUT, show=True)
    _wait(compose, sources)
    try:
        code = _history(compose, "backfill", "--first")
    except StackError as error:
        say(f"no history: {error}")
        return
    if code:
        say(f"no history: its container ended with exit code {code}")


def _history(compose: Compose, command: str, *options: str) -> int:
    """Run a command in the container of history, whose image is built first unless one is named; returns its exit code."""
    if not os.environ.get(HISTORY_IMAGE):
        say("building the image for history")
        compose.run("--profile", HISTORY, "build", HISTORY, timeout=BUILD_TIMEOUT, show=True)
    return compose.call(
        "--profile", HISTORY, "run", "--rm", "--no-deps", "-T", HISTORY, *SETTINGS, command, *DATA, *options
    )


def _folder(settings: Settings) -> Folder:
    return Folder(settings.stack.directory.absolute() / "compose")


def _compose(settings: Settings, words: tuple[str, ...], digest: str) -> Compose:
    """The Compose file with the settings as its variables."""
    place = next((path for path in (ROOT, Path.cwd()) if (path / FILE).is_file()), None)
    if place is None:
        raise StackError(f"there is no {FILE} in {Path.cwd()}; run this in the project's own folder")
    stack, demo = settings.stack, settings.demo
    variables = {
        "WATCHFLOOR_DIRECTORY": str(_folder(settings).path),
        "WATCHFLOOR_HOST": f"[{stack.host}]" if ":" in stack.host else stack.host,
        "WATCHFLOOR_DIGEST": digest,
        "WATCHFLOOR_EXPORTER_SCHEME": "https" if settings.exporter.tls else "http",
        "WATCHFLOOR_ALERTMANAGER_CONFIG": alertmanager.config_file(
            settings, endpoints.compose(), "/generated/alertmanager/alertmanager.yml"
        ),
        "WATCHFLOOR_GOSSIP": "0.0.0.0:9094" if stack.alertmanagers == 2 else "",
        DEMO_STATES: f"http://demo:{demo.state_port}/" if demo.state_port and database_url(settings) is None else "",
        "RETENTION_DAYS": str(settings.retention_days),
        **{f"{name.upper()}_PORT": str(number) for name, number in _ports(settings).items()},
    }
    return Compose(words, place, os.environ.get("COMPOSE_PROJECT_NAME") or PROJECT, variables)


def _ports(settings: Settings) -> dict[str, int]:
    """Published ports by part."""
    stack = settings.stack
    return {
        "exporter": settings.exporter.port,
        "postgres": stack.postgres_port,
        "prometheus": stack.prometheus_port,
        "alertmanager": stack.alertmanager_port,
        "second_alertmanager": stack.second_alertmanager_port,
        "grafana": stack.grafana_port,
        ACKNOWLEDGEMENTS: settings.acknowledgement.port,
    }


def _require_ports(settings: Settings) -> None:
    unused = {
        *(DEMO if database_url(settings) is not None else ()),
        *(("second_alertmanager",) if settings.stack.alertmanagers == 1 else ()),
        *(() if served(settings) else (ACKNOWLEDGEMENTS,)),
    }
    names = {EXPORTER: "exporter.port", ACKNOWLEDGEMENTS: "acknowledgement.port"}
    for name, number in _ports(settings).items():
        if name not in unused:
            Port(number, names.get(name, f"stack.{name}_port"), settings.stack.host).require_free(name)


def _wait(compose: Compose, services: Collection[str] = ()) -> None:
    """Wait until every container is ready, or those of some services; the log of one that is not tells why."""
    deadline = time.monotonic() + READY_TIMEOUT
    told: set[str] = set()
    while True:
        found = _require_none_failed(compose, services)
        for item in found:
            if item.ready and item.service not in told:
                say(f"{item.service} {'is done' if item.done else 'is ready'}")
                told.add(item.service)
        late = [item for item in found if not item.ready]
        if found and not late:
            return
        if time.monotonic() > deadline:
            names = ", ".join(item.service for item in late) or "no container"
            last = f"; the end of its log:\n{compose.tail(late[0])}" if late else ""
            raise StackError(f"not ready after {READY_TIMEOUT:g} s: {names}{last}")
        time.sleep(POLL)


def _require_none_failed(compose: Compose, services: Collection[str] = ()) -> list[Container]:
    """The containers; the log of one that failed tells why it did."""
    found = [item for item in compose.containers() if not services or item.service in services]
    for item in found:
        if item.failed:
            raise StackError(f"{item.service} did not start; the end of its log:\n{compose.tail(item)}")
    return found


def _prove(settings: Settings, since: float, timeout: float) -> None:
    say("waiting for the first scrape")
    url = f"http://{endpoints.native(settings).prometheus}"
    arrival = proof.wait(url, since, timeout)
    if not arrival.complete:
        raise proof.explain(arrival, url, timeout)
    say(f"{arrival.series:,} series of your data are in Prometheus")


def _parts(settings: Settings, containers: Iterable[Container]) -> list[Part]:
    """What the user sees; the one-shot generator shows only when it failed."""
    host = endpoints.native(settings).prometheus.rpartition(":")[0]
    scheme = "https" if settings.exporter.tls else "http"
    urls = {name: f"http://{host}:{number}" for name, number in _ports(settings).items()}
    urls["exporter"] = f"{scheme}://{host}:{settings.exporter.port}/metrics"
    urls[ACKNOWLEDGEMENTS] += "/ack"
    urls[PAIR] = urls.pop("second_alertmanager")
    urls["postgres"] = f"postgresql://{host}:{settings.stack.postgres_port}"
    return [
        _part(item, urls.get(item.service, "")) for item in containers if not (item.service == ONE_SHOT and item.done)
    ]


def _part(item: Container, url: str) -> Part:
    if item.status == "running" and item.ready:
        return Part(item.service, State.RUNNING, url)
    if item.status == "exited" and item.exit_code == 0:
        return Part(item.service, State.STOPPED, url, "it was stopped; run watchfloor up --runtime compose")
    logs = f"see docker logs {item.id[:12]}"
    if item.failed:
        ended = "it is not healthy" if item.status == "running" else f"it ended with exit code {item.exit_code}"
        return Part(item.service, State.FAILED, url, f"{ended}; {logs}")
    return Part(item.service, State.FAILED, url, f"it is not ready yet ({item.status}); {logs}")
