"""The faults one by one. Each has a chain of its own, in which a gauge crosses its limit and stays there."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

import alerts
from bench.database import serving
from bench.outcome import Outcome, outcome
from bench.shift import shifted
from exporter.settings import Settings
from tests.delivery.chain import Chain, chain, rule
from tests.delivery.receivers import Web

RECEIVERS: Final = ("slack", "hook", "mail")
SETTLE: Final = 12.0
"""Time after the start in which Prometheus finds its targets and Alertmanager."""
REST: Final = 35.0
"""Time after the last message in which a duplicate would come."""
CASE: Final = "the-case"
SIGHT: Final = 120.0
"""A loss of sight is told within this time."""
GROUPS: Final = {"faults": [rule("FaultCase", "critical", "crossing == 1", wait="10s")]}
WATCHDOG: Final = {
    "alert": "Watchdog",
    "expr": "vector(1)",
    "labels": {"severity": "none", "domain": "exporter"},
}


def receiver(folder: Path, name: str, mode: str, seconds: float) -> Iterator[Outcome]:
    """A receiver fails before the crossing, for a time after the first attempt."""
    with chain(folder, GROUPS) as running:
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
        said = f"{name} {what[mode]} for {seconds:g} s"
        yield seen_at(running, said, name, since, healed, seen="NotificationsFailing through the other receivers")
        for other in RECEIVERS:
            if other != name:
                yield seen_at(running, said, other, since, limit=30.0, seen="nothing of the fault")


def mail(folder: Path, mode: str) -> Iterator[Outcome]:
    """A mail server refuses for a time: at the name of the receiver, or at the end of the text."""
    with chain(folder, GROUPS) as running:
        time.sleep(SETTLE)
        running.receivers.mail.mode = mode
        since = cross(running)
        time.sleep(60)
        healed = time.time()
        running.receivers.mail.mode = "ok"
        time.sleep(60)
        grey = mode == "greylist"
        said = "mail server greylists for 20 s" if grey else "mail server refuses at the end of the text (451) for 60 s"
        seen = "" if grey else "nothing: Alertmanager 0.25 counts it as sent; later versions try again"
        yield seen_at(running, said, "mail", since, None if grey else healed, seen=seen, expected=grey)
        yield seen_at(running, said, "slack", since, limit=30.0)


def alertmanager(folder: Path, how: str, when: str) -> Iterator[Outcome]:
    """Alertmanager ends, by a signal or by force, and is started again five seconds later."""
    number = signal.SIGTERM if how == "restart" else signal.SIGKILL
    with chain(folder, GROUPS) as running:
        time.sleep(SETTLE)
        since = cross(running)
        if when == "pending":
            time.sleep(6)
        elif when == "group wait":
            wait(lambda: bool(running.query('ALERTS{alertstate="firing"}')), 60)
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
        for name in RECEIVERS:
            yield seen_at(running, said, name, since, None if when == "notified" else healed)


def disk_full(folder: Path) -> Iterator[Outcome]:
    """Alertmanager's disk is full from before the crossing; then it is killed and started again."""
    disk = folder / "alertmanager"
    disk.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=True)
    try:
        with chain(folder, GROUPS) as running:
            time.sleep(SETTLE)
            fill(disk / "filler")
            since = cross(running)
            running.wait_for("hook", CASE, 60, since)
            time.sleep(25)
            for name in RECEIVERS:
                yield seen_at(
                    running, "Alertmanager's disk is full", name, since, limit=30.0, seen="AlertmanagerNotSaving"
                )
            killed = running.kill("alertmanager")
            running.start("alertmanager")
            time.sleep(REST)
            said = "Alertmanager's disk is full, then it is killed"
            for name in RECEIVERS:
                yield seen_at(
                    running, said, name, killed, seen="each open alert once more: it has forgotten what it sent"
                )
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def prometheus_pending(folder: Path) -> Iterator[Outcome]:
    """Prometheus is killed while the alert is pending, and started again five seconds later."""
    with chain(folder, GROUPS) as running:
        time.sleep(SETTLE)
        since = cross(running)
        wait(lambda: bool(running.query('ALERTS{alertstate="pending"}')), 60)
        running.kill("prometheus")
        time.sleep(5)
        running.start("prometheus")
        healed = time.time()
        running.wait_for("hook", CASE, 90, since)
        time.sleep(REST)
        for name in RECEIVERS:
            yield seen_at(running, "Prometheus killed for 5 s, alert pending", name, since, healed)


def prometheus_gone(folder: Path) -> Iterator[Outcome]:
    """Prometheus is killed while an alert fires, and does not come back."""
    said = "Prometheus gone"
    with _watched(folder) as running:
        since = cross(running)
        running.wait_for("hook", CASE, 60, since)
        gone = running.kill("prometheus")
        running.wait_for("hook", "HeartbeatLost", 180, gone)
        time.sleep(REST)
        for name in RECEIVERS:
            found = running.messages(name, "HeartbeatLost", gone)
            yield outcome(said, name, found, gone, limit=SIGHT, seen="HeartbeatLost from the dead man's switch")
        for name in RECEIVERS:
            yield seen_at(running, "an alert that fired before Prometheus was gone", name, since,
                          seen="a false RESOLVED after 40 s; HeartbeatLost says not to believe it")  # fmt: skip


def alertmanager_gone(folder: Path) -> Iterator[Outcome]:
    """Alertmanager is killed and does not come back."""
    with _watched(folder) as running:
        gone = running.kill("alertmanager")
        running.wait_for("hook", "HeartbeatLost", 180, gone)
        time.sleep(5)
        for name in RECEIVERS:
            found = running.messages(name, "HeartbeatLost", gone)
            yield outcome(
                "Alertmanager gone", name, found, gone, limit=SIGHT, seen="HeartbeatLost from the dead man's switch"
            )


def sight_lost(folder: Path) -> Iterator[Outcome]:
    """A real database and a real exporter with the catalogue's rules: first the one goes, then the other."""
    with serving() as database, _watched(folder, catalogue=True) as running:
        running.environment["ANALYTICS_DATABASE_URL"] = database.url
        running.start("exporter")
        wait(lambda: bool(running.query("exporter_database_up == 1")), 60)
        time.sleep(40)
        gone = database.stop()
        _told(running, "DatabaseDown", gone)
        yield from _sight(running, "database gone", "DatabaseDown", gone)
        gone = running.kill("exporter")
        _told(running, "ExporterDown", gone)
        yield from _sight(running, "exporter gone", "ExporterDown", gone)


def clock(folder: Path, seconds: float) -> Iterator[Outcome]:
    """Prometheus' clock differs from Alertmanager's: the times of alerts are shifted on the way."""
    with _watched(folder, start=("alertmanager",)) as running, shifted(running.alertmanager(), seconds) as address:
        path = running.folder / "prometheus.yml"
        config = yaml.safe_load(path.read_text())
        config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [address]}]}]}
        path.write_text(yaml.safe_dump(config))
        running.start("deadman")
        running.start("prometheus")
        time.sleep(SETTLE)
        since = cross(running)
        time.sleep(100)
        behind = seconds < 0
        said = f"Prometheus' clock {abs(seconds):g} s {'behind' if behind else 'ahead of'} Alertmanager's"
        seen = "HeartbeatLost: alerts that seem to have ended are dropped" if behind else "a start in the future"
        for name in RECEIVERS:
            yield seen_at(running, said, name, since, seen=seen, expected=not behind)
        if behind:
            found = running.messages("hook", "HeartbeatLost")
            yield outcome(f"{said}: the watch", "hook", found, min([since, *(m.time for m in found)]), limit=SIGHT)


def pair(folder: Path, killed: str) -> Iterator[Outcome]:
    """Two Alertmanagers, of which one is killed before one alert and after another, and never comes back."""
    groups = {"faults": [*GROUPS["faults"], rule("SecondCase", "critical", "second == 1", wait="10s")]}
    with chain(folder, groups, changes={"stack": {"alertmanagers": 2}}) as running:
        time.sleep(SETTLE + 10)
        first = cross(running)
        running.wait_for("hook", CASE, 60, first)
        running.kill(killed)
        second = running.target.set('second{case="the-other"}', 1)
        running.wait_for("hook", "the-other", 60, second)
        time.sleep(REST)
        said = f"{'first' if killed == 'alertmanager' else 'second'} of two Alertmanagers killed"
        for name in RECEIVERS:
            yield seen_at(running, f"{said} after the message", name, first, limit=35.0)
            found = running.messages(name, "the-other", second)
            yield outcome(f"{said} before the message", name, found, second, limit=35.0, seen="AlertmanagerDown")


def cross(running: Chain) -> float:
    """Let the gauge cross; returns when."""
    return running.target.set(f'crossing{{case="{CASE}"}}', 1)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4096)


def seen_at(
    running: Chain, fault: str, receiver: str, since: float, healed: float | None = None, **more: Any
) -> Outcome:
    """What became of the case at a receiver."""
    return outcome(fault, receiver, running.messages(receiver, CASE, since), since, healed, **more)


def wait(ready: Any, seconds: float) -> None:
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


def _watched(folder: Path, *, catalogue: bool = False, start: tuple[str, ...] | None = None) -> Any:
    """A chain with the dead man's switch, and the catalogue's rules on request."""

    def groups(settings: Settings) -> dict[str, list[dict[str, Any]]]:
        if not catalogue:
            return {"faults": [*GROUPS["faults"], WATCHDOG]}
        return {group.domain: group.content(settings)["groups"][0]["rules"] for group in alerts.build(settings)}  # type: ignore[index]

    order = ("deadman", "alertmanager", "prometheus") if start is None else start
    return chain(folder, groups, changes={"deadman": {"enabled": True}}, start=order, real_exporter=catalogue)


def _told(running: Chain, name: str, since: float) -> None:
    for receiver in RECEIVERS:
        running.wait_for(receiver, name, 180, since)


def _sight(running: Chain, fault: str, name: str, since: float) -> Iterator[Outcome]:
    for receiver in RECEIVERS:
        yield outcome(fault, receiver, running.messages(receiver, name, since), since, limit=SIGHT, seen=name)
