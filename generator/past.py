"""Where history goes and how much of it: from options and settings to a folder, a range and steps."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from exporter.settings import History, HistoryStep, Settings
from generator.history import Target, Wanted, backfill
from provisioning.endpoints import native
from provisioning.history import Folder, HistoryError
from provisioning.past import ask
from provisioning.stack import binary
from provisioning.stack.account import Account, unprivileged
from provisioning.stack.binary import MissingError
from provisioning.stack.debian import Say

DEMO_STEPS: Final = (
    HistoryStep(age=6 * 3600, step=300),
    HistoryStep(age=86400, step=900),
    HistoryStep(age=7 * 86400, step=7200),
    HistoryStep(age=30 * 86400, step=21600),
    HistoryStep(age=None, step=86400),
)
"""The coarsest with which graphs of six hours, a day, a week, a month and a year are whole: somebody waits for the first start."""


def wanted(settings: Settings, since: float | None, step: float | None, *, overwrite: bool, dry_run: bool) -> Wanted:
    """What to fill, from options where they are given and else from the settings."""
    length = since or settings.history.since or settings.retention_days * 86400
    steps = settings.history.steps
    if step is not None:
        try:
            steps = (HistoryStep(age=None, step=step),)
        except ValueError:
            raise HistoryError(f"--step {step:g} s: a day must be a multiple of it; write 1m, 5m, 1h or 6h") from None
    return Wanted(length, steps, settings.history.most_samples, overwrite, dry_run)


def target(settings: Settings, url: str | None, data: Path | None, say: Say) -> Target:
    """The Prometheus that is meant: that of the stack, or one whose address or folder is given."""
    stack = settings.stack.directory.absolute()
    own = stack / "prometheus" / "data"
    running = None
    if url is not None:
        running = ask(url)
        if running is None:
            raise HistoryError(f"no Prometheus answers at {url}; start it, or leave out --prometheus")
    elif data is None:
        running = ask(f"http://{native(settings).prometheus}")
    if running is not None and data is None:
        where = url or native(settings).prometheus
        if not running.path.is_dir():
            raise HistoryError(
                f"the Prometheus at {where} keeps its data in {running.path}, which is no folder here; if it is in a "
                "container of up --runtime compose, run watchfloor backfill --runtime compose, else give --data-dir"
            )
        if url is None and running.path.resolve() != own.resolve():
            raise HistoryError(
                f"the Prometheus at {where} keeps its data in {running.path}, not in {own}; give --data-dir"
            )
    path = data or (running.path if running is not None and url is not None else own)
    if running is not None and not path.is_dir():
        raise HistoryError(f"the data folder {path} of the running Prometheus is not here; give it by --data-dir")
    try:
        promtool = binary.promtool(stack / "packages", say)
    except MissingError as error:
        raise HistoryError(f"promtool: {error}") from None
    prometheus = None
    with suppress(MissingError):
        prometheus = binary.prometheus(stack / "packages", say)
    return Target(Folder(path.absolute(), _owner(path)), running, promtool, prometheus)


def _owner(path: Path) -> Account | None:
    """Whom blocks must belong to: the owner of the data folder, or who runs the stack's Prometheus."""
    account = unprivileged()
    if account is None or not path.is_dir():
        return account
    status = path.stat()
    return Account(str(status.st_uid), status.st_uid, status.st_gid)


def first(settings: Settings, data: Path, say: Say, url: str | None) -> None:
    """Before a Prometheus of the stack starts for the first time: fill the past of the demo at a URL.

    Without one, tell how that of the user's own database is filled.
    """
    if (data / "wal").exists():
        return
    if url is None:
        say("history of your own database is not filled yet; once this runs: watchfloor backfill")
        return
    steps = DEMO_STEPS if settings.history == History() else settings.history.steps
    length = settings.history.since or min(settings.retention_days, settings.demo.days) * 86400
    try:
        to = target(settings, None, data, say)
        found = backfill(
            settings, url, to, Wanted(length, steps, settings.history.most_samples), say=say, progress=Meter()
        )
    except HistoryError as error:
        say(f"no history: {error}")
        return
    say(f"{found.samples:,} samples of history in {found.seconds:.0f} s")


class Meter:
    """Progress with the time that is left."""

    def __init__(self) -> None:
        self._begun = self._told = time.monotonic()

    def __call__(self, share: float, samples: int) -> None:
        """Tell it, at most every few seconds where nobody looks."""
        now = time.monotonic()
        spent = now - self._begun
        left = spent / share * (1 - share) if share else 0.0
        line = f"{share:4.0%}  {samples:,} samples, {samples / spent if spent else 0:,.0f} a second, {left:.0f} s left"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{line}   " + ("\n" if share >= 1 else ""))
            sys.stderr.flush()
        elif share >= 1 or now - self._told > 5:
            sys.stderr.write(f"{line}\n")
            self._told = now
