"""The native stack from end to end: files, database, processes in order, and the proof that metrics arrived."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from exporter.settings import Settings, database_url, secret
from generator import demo_history, past
from provisioning.stack import Part, StackError, State, delivery, native, process, proof, record
from provisioning.stack.account import open_path, unprivileged
from provisioning.stack.binary import MissingError
from provisioning.stack.debian import PackageError, Say
from provisioning.stack.native import Place
from provisioning.stack.postgres import OWNER, READER, VIEWER, Cluster, programs
from provisioning.stack.process import Service
from provisioning.stack.record import Record

DATABASE: Final = "watchfloor_demo"
ORDER: Final = (
    "postgres",
    "demo",
    "exporter",
    "prometheus",
    "relay",
    *delivery.ALERTMANAGERS,
    "deadman",
    "acknowledgements",
    "grafana",
)
FAST_PROOF: Final = 12.0
"""Prometheus looks for its targets 5 s after its start; scraped each second, the rest is a margin for a busy machine."""


@dataclass(frozen=True, slots=True)
class Urls:
    """The database as its owner, as a reader, and as one who only sees views see it; without views nobody does."""

    owner: str
    reader: str
    viewer: str | None


@dataclass(slots=True)
class Run:
    """One `up` at work: what ran before, and what it started."""

    place: Place
    records: dict[str, Record]
    started: list[Record] = field(default_factory=list)

    def save(self) -> None:
        """Write down what runs, after each change, so that nothing is forgotten when we are killed."""
        record.write(self.place.directory, self.records.values())

    def begin(self, service: Service) -> bool:
        """Start a service, unless the same one runs already; returns whether it was started."""
        old = self.records.get(service.name)
        if old is not None and process.alive(old) and old.fingerprint == service.fingerprint:
            if old.version != service.version:
                self.records[service.name] = process.reload(service, old)
                self.save()
            return False
        if old is not None:
            process.stop([old])
        self.place.say(f"starting {service.name}")
        self.records.pop(service.name, None)
        new = process.start(service)
        self.records[service.name] = new
        self.started.append(new)
        self.save()
        return True

    def ready(self, service: Service) -> None:
        """Wait for a service."""
        process.wait_ready(service, self.records[service.name], self.place.say)

    def survived(self) -> None:
        """Refuse to call it a start when a process that was ready has ended since."""
        for item in self.records.values():
            if not item.why and not process.alive(item):
                log = self.place.log(item.name)
                raise StackError(f"{item.name} ended soon after its start; the end of {log}:\n{process.tail(log)}")

    def absent(self, name: str, why: str) -> None:
        """Write down why a part does not run."""
        old = self.records.get(name)
        if old is not None:
            process.stop([old])
        self.records[name] = Record(name, why=why)
        self.save()

    def drop(self, *names: str) -> None:
        """Stop parts that this stack no longer has."""
        for name in names:
            if name in self.records:
                process.stop([self.records.pop(name)])
        self.save()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `up` has to tell."""

    parts: list[Part]
    started: tuple[str, ...]
    series: int


def up(
    settings: Settings, config: Path | None, say: Say, *, calls: int | None = None, timeout: float = 60.0
) -> Outcome:
    """Start what does not run yet and prove that metrics arrive. On failure stop what this run started."""
    os.umask(0o022)
    own = database_url(settings)
    if own is not None:
        _reachable(settings, own)
    place = _prepare(settings, config, say)
    with record.lock(place.directory):
        _generate(place)
        run = Run(place, record.read(place.directory))
        with _undone(run):
            urls = _database(run, own, calls)
            data = place.folder("prometheus") / "data"
            past.first(settings, data, say, urls.reader if own is None else None)
            _start(run, urls)
            series = _prove(run, timeout)
            run.survived()
        return Outcome(parts(place.directory), tuple(dict.fromkeys(new.name for new in run.started)), series)


def down(settings: Settings) -> list[str]:
    """Stop everything that was started, the last first; returns the names of the parts that ran."""
    directory = settings.stack.directory.absolute()
    if not (directory / record.FILE).exists():
        return []
    with record.lock(directory):
        records = record.read(directory)
        stopped = process.stop(reversed(records.values()))
        (directory / record.FILE).unlink()
        return stopped


def parts(directory: Path) -> list[Part]:
    """Every part that was started or wanted, and how it is now."""
    records = record.read(directory)
    return [_part(records[name]) for name in sorted(records, key=ORDER.index)]


def _part(item: Record) -> Part:
    if item.why:
        return Part(item.name, State.NOT_INSTALLED, why=item.why)
    if process.alive(item):
        return Part(item.name, State.RUNNING, item.url)
    return Part(
        item.name, State.FAILED, item.url, f"it ended by itself; see logs/{item.name}.log and run watchfloor up"
    )


def _prepare(settings: Settings, config: Path | None, say: Say) -> Place:
    """Folders and the account of foreign programs."""
    account = unprivileged()
    place = Place(settings, config, account, say)
    try:
        for path, mode in ((place.directory, 0o755), (place.directory / "logs", 0o755), (place.secrets, 0o711)):
            path.mkdir(mode=mode, parents=True, exist_ok=True)
        place.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StackError(f"cannot make {error.filename}: {error.strerror}") from None
    if account:
        for path in (place.directory, place.output, programs()):
            for folder in open_path(path / "."):
                say(f"{folder}: the account {account.name} may now pass through it (chmod o+x)")
    return place


def _generate(place: Place) -> None:
    from generator import files, generate

    place.say(f"generating {place.settings.stack.output}")
    known = generate.known_names(place.output)
    files.write(place.output, generate.build(place.settings, "native", known=known))
    native.write_secrets(place)


@contextmanager
def _undone(run: Run) -> Iterator[None]:
    """Stop what was started when something fails."""
    try:
        yield
    except BaseException:
        if run.started:
            names = dict.fromkeys(new.name for new in reversed(run.started))
            run.place.say(f"stopping {', '.join(names)}")
        process.stop(reversed(run.started))
        gone = {new.pid for new in run.started}
        left = {name: item for name, item in run.records.items() if item.pid not in gone}
        run.records = left if any(process.alive(item) for item in left.values()) else {}
        run.save()
        raise


def _reachable(settings: Settings, url: str) -> None:
    """Refuse a database that does not answer, before anything is started."""
    from exporter.sources.database import DatabaseError, connect

    database = connect(url, settings.database.connect_timeout)
    try:
        with database.snapshot():
            pass
    except DatabaseError as error:
        raise StackError(f"{error}; check ANALYTICS_DATABASE_URL or the settings under database") from None
    finally:
        database.close()


def _database(run: Run, own: str | None, calls: int | None) -> Urls:
    """The user's database, or the embedded one with its demo history."""
    if own is not None:
        run.drop("demo", "postgres")
        return Urls(own, own, _viewer(run.place))
    place = run.place
    cluster = Cluster(place.folder("postgres"), place.secrets, place.port("postgres"), place.account)
    new = cluster.initialise()
    service = cluster.service(place.log("postgres"))
    if run.begin(service):
        run.ready(service)
    cluster.roles()
    if new:
        # The password itself stays out of what terminals and logs keep.
        word, port = shlex.quote(str(place.secrets / f"postgres_{READER}")), cluster.port
        place.say(f"to look around: PGPASSWORD=$(cat {word}) psql -h {port.host} -p {port.number} {DATABASE} {READER}")
    demo_history.load(place, cluster, DATABASE, calls)
    cluster.views(DATABASE, personal=place.settings.database.personal_data)
    return Urls(*(cluster.url(role, DATABASE) for role in (OWNER, READER, VIEWER)))


def _viewer(place: Place) -> str | None:
    """The URL for tables on dashboards of the user's own database."""
    path = place.settings.database.viewer_url_file
    if path is not None:
        return secret(path, "database.viewer_url_file")
    place.say("tables on dashboards have no rows yet: run `watchfloor views`, then set database.viewer_url_file")
    return None


def _start(run: Run, urls: Urls) -> None:
    """Start everything that reads the database or the exporter, at once, and wait for all."""
    place, own = run.place, "postgres" in run.records
    builders: dict[str, Callable[[], Service]] = {"exporter": lambda: native.exporter(place, urls.reader, demo=own)}
    if own:
        builders["demo"] = lambda: native.demo(place, urls.owner)
    builders["prometheus"] = lambda: _prometheus(run)
    builders["alertmanager"] = lambda: delivery.alertmanager(place)
    optional = delivery.optional(place)
    run.drop(*(name for name, build in optional.items() if build is None))
    builders |= {name: build for name, build in optional.items() if build is not None}
    builders["grafana"] = lambda: native.grafana(place, urls.viewer)
    begun = []
    for name, build in builders.items():
        try:
            service = build()
        except (MissingError, PackageError) as error:
            if name == "prometheus":
                raise StackError(f"prometheus: {error}") from None
            run.absent(name, str(error))
            continue
        if run.begin(service):
            begun.append(service)
    for service in begun:
        run.ready(service)


def _prometheus(run: Run) -> Service:
    """Prometheus as it shall run when it runs already; else as it starts."""
    final = native.prometheus(run.place)
    old = run.records.get(final.name)
    runs = old is not None and process.alive(old) and old.fingerprint == final.fingerprint
    fast = run.place.settings.stack.scrape_interval > 2
    return final if runs or not fast else native.prometheus(run.place, starting=True)


def _prove(run: Run, timeout: float) -> int:
    """Wait until Prometheus has metrics of the exporter that runs now; returns the number of series."""
    place = run.place
    final = native.prometheus(place)
    since = time.time() if {"exporter", final.name} & {new.name for new in run.started} else 0.0
    place.say("waiting for the first scrape")
    arrival = proof.Arrival(None, 0)
    if run.records[final.name].version != final.version:
        arrival = proof.wait(final.url, since, FAST_PROOF)
        run.begin(final)
    if not arrival.complete:
        arrival = proof.wait(final.url, since, timeout)
    if not arrival.complete:
        raise proof.explain(arrival, final.url, timeout)
    return arrival.series
