"""The faults one by one. Each has a chain of its own, in which a gauge crosses its limit and stays there."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import alerts
from bench.database import serving
from bench.outcome import Outcome, is_resolved, outcome
from exporter.settings import Settings
from tests.delivery.chain import Chain, chain, rule
from tests.delivery.receivers import Web

RECEIVERS: Final = ("slack", "hook", "mail")
SETTLE: Final = 12.0
"""Time after the start in which Prometheus finds its targets and Alertmanager."""
REST: Final = 35.0
"""Time after the last message in which a duplicate would come."""
CASE: Final = "the-case"
OTHER: Final = "the-other"
LOST: Final = "HeartbeatLost"
ORDER: Final = ("relay", "deadman", "alertmanager", "prometheus")
NAME: Final = re.compile(r"(?:CRITICAL|WARNING|INFO): (\w+)")
"""Alerts as Slack's titles and the subjects of mail name them."""
SIGHT: Final = 120.0
"""A loss of sight is told within this time."""
RULES: Final = (
    rule("FaultCase", "critical", "crossing == 1", wait="10s"),
    rule("SecondCase", "critical", "second == 1", wait="10s"),
)


def receiver(folder: Path, name: str, mode: str, seconds: float) -> Iterator[Outcome]:
    """A receiver fails before the crossing, for a time after the first attempt."""
    with chain(folder, groups) as running:
        time.sleep(SETTLE)
        web: Web = getattr(running.receivers, name)
        web.mode = mode
        since = cross(running)
        _wait_for_attempt(running, web, since)
        time.sleep(seconds)
        healed = time.time()
        web.mode = "ok"
        running.wait_for(name, CASE, 120, since)
        time.sleep(REST)
        what = {
            "error": "answers 500",
            "hang": "does not answer",
            "close": "closes the connection",
            "down": "does not listen",
        }
        others = [other for other in RECEIVERS if other != name]
        yield from outcomes(running, f"{name} {what[mode]} for {seconds:g} s", since, healed, (name,))
        yield from outcomes(
            running, f"{name} {what[mode]} for {seconds:g} s: the others", since, None, others, limit=30.0
        )


def mail(folder: Path, mode: str) -> Iterator[Outcome]:
    """A mail server refuses for a time: at the name of the receiver, or at the end of the text."""
    with chain(folder, groups) as running:
        time.sleep(SETTLE)
        running.receivers.mail.mode = mode
        since = cross(running)
        time.sleep(60)
        healed = time.time()
        running.receivers.mail.mode = "ok"
        time.sleep(60)
        grey = mode == "greylist"
        said = "mail server greylists for 20 s" if grey else "mail server refuses at the end of the text (451) for 60 s"
        yield from outcomes(running, said, since, None if grey else healed, ("mail",))
        yield from outcomes(running, f"{said}: the others", since, None, ("slack", "hook"), limit=30.0)


def alertmanager(folder: Path, how: str, when: str) -> Iterator[Outcome]:
    """Alertmanager ends, by a signal or by force, and is started again five seconds later."""
    number = signal.SIGTERM if how == "restart" else signal.SIGKILL
    with chain(folder, groups) as running:
        time.sleep(SETTLE)
        since = cross(running)
        if when == "pending":
            time.sleep(6)
        elif when == "group wait":
            wait(lambda: bool(running.query('ALERTS{alertstate="firing",alertname="FaultCase"}')), 60)
        else:
            running.wait_for("hook", CASE, 60, since)
            time.sleep(3)
        running.kill("alertmanager", number)
        time.sleep(5)
        running.start("alertmanager")
        healed = time.time()
        running.wait_for("hook", CASE, 90, since)
        time.sleep(REST)
        said = f"Alertmanager {'restarted' if how == 'restart' else 'killed'} for 5 s, alert {when}"
        yield from outcomes(running, said, since, None if when == "notified" else healed)


def disk_full(folder: Path) -> Iterator[Outcome]:
    """Alertmanager's disk is full from before the crossing; then it is killed and started again."""
    disk = folder / "alertmanager"
    disk.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=True)
    try:
        with chain(folder, groups) as running:
            time.sleep(SETTLE)
            fill(disk / "filler")
            since = cross(running)
            running.wait_for("hook", CASE, 60, since)
            time.sleep(25)
            yield from outcomes(running, "Alertmanager's disk is full", since, limit=30.0)
            running.kill("alertmanager")
            running.start("alertmanager")
            time.sleep(REST)
            yield from outcomes(running, "Alertmanager's disk is full, then it is killed", since, limit=30.0)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def prometheus_pending(folder: Path) -> Iterator[Outcome]:
    """Prometheus is killed while the alert is pending, and started again five seconds later."""
    with chain(folder, groups) as running:
        time.sleep(SETTLE)
        since = cross(running)
        wait(lambda: bool(running.query('ALERTS{alertstate="pending",alertname="FaultCase"}')), 60)
        running.kill("prometheus")
        time.sleep(5)
        running.start("prometheus")
        healed = time.time()
        running.wait_for("hook", CASE, 90, since)
        time.sleep(REST)
        yield from outcomes(running, "Prometheus killed for 5 s, alert pending", since, healed)


def prometheus_gone(folder: Path) -> Iterator[Outcome]:
    """Prometheus is killed while an alert fires, and does not come back."""
    with watched(folder) as running:
        since = cross(running)
        running.wait_for("hook", CASE, 60, since)
        gone = running.kill("prometheus")
        running.wait_for("hook", LOST, 180, gone)
        time.sleep(REST)
        yield from outcomes(running, "Prometheus gone: it is told", gone, text=LOST, limit=SIGHT)
        yield from outcomes(running, "Prometheus gone: an alert that fired before", since)


def alertmanager_gone(folder: Path) -> Iterator[Outcome]:
    """Alertmanager is killed and does not come back."""
    with watched(folder) as running:
        gone = running.kill("alertmanager")
        running.wait_for("hook", LOST, 180, gone)
        time.sleep(5)
        yield from outcomes(running, "Alertmanager gone: it is told", gone, text=LOST, limit=SIGHT)


def relay_killed(folder: Path) -> Iterator[Outcome]:
    """The relay, by which mail goes, is killed before the crossing and started again, and killed for good in the end."""
    with watched(folder) as running:
        running.kill("relay")
        since = cross(running)
        running.wait_for("hook", CASE, 60, since)
        time.sleep(5)
        running.start("relay")
        healed = time.time()
        running.wait_for("mail", CASE, 60, since)
        time.sleep(REST)
        yield from outcomes(running, "relay of the mail killed", since, healed, ("mail",))
        yield from outcomes(running, "relay of the mail killed: the others", since, None, ("slack", "hook"), limit=30.0)
        gone = running.kill("relay")
        running.wait_for("mail", LOST, 180, gone)
        time.sleep(5)
        yield from outcomes(running, "relay of the mail gone: it is told", gone, text=LOST, limit=SIGHT)


def sight_lost(folder: Path) -> Iterator[Outcome]:
    """A real database and a real exporter: first the one goes, then the other."""
    with serving() as database, watched(folder, real_exporter=True) as running:
        running.environment["ANALYTICS_DATABASE_URL"] = database.url
        running.start("exporter")
        wait(lambda: bool(running.query("exporter_database_up == 1")), 60)
        time.sleep(40)
        for what, name, end in (
            ("database", "DatabaseDown", database.stop),
            ("exporter", "ExporterDown", lambda: running.kill("exporter")),
        ):
            gone = end()
            for receiver in RECEIVERS:
                running.wait_for(receiver, name, 180, gone)
            yield from outcomes(running, f"{what} gone: it is told", gone, text=name, limit=SIGHT)


def pair(folder: Path, killed: str) -> Iterator[Outcome]:
    """Two Alertmanagers, of which one is killed at the moment of one alert and before another, and never comes back."""
    with chain(folder, groups, changes={"stack": {"alertmanagers": 2}}) as running:
        time.sleep(SETTLE + 10)
        first = cross(running)
        running.wait_for("hook", CASE, 60, first)
        running.kill(killed)
        second = running.target.set(f'second{{case="{OTHER}"}}', 1)
        running.wait_for("hook", OTHER, 60, second)
        time.sleep(REST)
        said = f"{'first' if killed == 'alertmanager' else 'second'} of two Alertmanagers killed"
        yield from outcomes(running, f"{said} while it sends", first, limit=35.0)
        yield from outcomes(running, f"{said} 0 s before the crossing", second, text=OTHER, limit=35.0)


def groups(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """The rules that cross, and the catalogue's own rules about the alert system, which tell what one sees of a fault."""
    content = alerts.exporter.group(settings).content(settings)
    assert isinstance(content["groups"], list)
    return {"faults": list(RULES), "exporter": content["groups"][0]["rules"]}


def watched(
    folder: Path, *, start: tuple[str, ...] = ORDER, real_exporter: bool = False
) -> AbstractContextManager[Chain]:
    """A chain with the dead man's switch; it has had a heartbeat."""
    changes = {"deadman": {"enabled": True}}
    return _beating(chain(folder, groups, changes=changes, start=start, real_exporter=real_exporter))


@contextmanager
def _beating(made: AbstractContextManager[Chain]) -> Iterator[Chain]:
    with made as running:
        if "deadman" in running.processes:
            wait(lambda: "deadman_beats_total 0" not in running.page("deadman"), 60)
            time.sleep(SETTLE)
        yield running


def cross(running: Chain) -> float:
    """Let the gauge cross; returns when."""
    return running.target.set(f'crossing{{case="{CASE}"}}', 1)


def outcomes(
    running: Chain,
    fault: str,
    since: float,
    healed: float | None = None,
    receivers: Iterable[str] = RECEIVERS,
    *,
    text: str = CASE,
    **more: Any,
) -> Iterator[Outcome]:
    """What became of the alert with a text at each receiver, and which other alerts people saw meanwhile."""
    seen = sorted(set(_names(running, since)) - {"FaultCase", "SecondCase"})
    for name in receivers:
        found = running.messages(name, text, since)
        yield outcome(fault, name, found, since, healed, seen=", ".join(seen), **more)


def _names(running: Chain, since: float) -> Iterator[str]:
    """Names of the alerts in all messages that say that something is wrong."""
    for receiver in RECEIVERS:
        for message in running.messages(receiver, "", since):
            if not is_resolved(message):
                yield from NAME.findall(message.body)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4096)


def wait(ready: Callable[[], bool], seconds: float) -> None:
    """Poll quickly, because the next step must fall into a short moment."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s in vain")
        time.sleep(0.1)


def _wait_for_attempt(running: Chain, web: Web, since: float) -> None:
    """Until the first attempt; a server that does not listen sees none, so until another receiver has the message."""
    if web.mode == "down":
        other = "slack" if web is running.receivers.hook else "hook"
        running.wait_for(other, CASE, 60, since)
    else:
        wait(lambda: web.attempts > 0, 60)
