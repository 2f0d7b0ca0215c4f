"""How much of the past can be filled: what a running Prometheus allows, and what is there already."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from exporter.duration import UNIT_SECONDS
from provisioning.history import Folder, HistoryError

EMPTY: Final = 1 << 62
"""Prometheus tells such a time when its head holds nothing."""
UNITS: Final = {**UNIT_SECONDS, "w": 7 * 86400.0, "y": 365 * 86400.0}
RETENTION: Final = "15d"
"""What Prometheus keeps when it is told nothing."""


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds since the epoch from and to which samples are written, and what could not be filled, in words."""

    start: int
    end: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Running:
    """What a running Prometheus tells of itself: the first time in its head (None: empty), its data folder, and how long it keeps."""

    head: int | None
    path: Path
    keeps: float


def ask(url: str) -> Running | None:
    """A Prometheus; None when none answers."""
    import requests

    try:
        head = int(_get(url, "status/tsdb")["headStats"]["minTime"])
        flags = _get(url, "status/flags")
        keeps = str(flags["storage.tsdb.retention.time"])
        if keeps in ("0s", "0") and flags.get("storage.tsdb.retention.size", "0B") in ("0B", "0"):
            keeps = RETENTION
        path = Path(str(flags["storage.tsdb.path"]))
        return Running(head if head < EMPTY else None, path, _keeps(keeps))
    except requests.ConnectionError:
        return None
    except (requests.RequestException, KeyError, TypeError, ValueError) as error:
        raise HistoryError(
            f"{url} does not answer as Prometheus does ({type(error).__name__}); give its address"
        ) from None


def _keeps(text: str) -> float:
    """A duration of Prometheus, which writes years and weeks too; 0 is for ever."""
    parts = re.findall(r"(\d+)(ms|[smhdwy])", text)
    return sum(int(number) * UNITS[unit] for number, unit in parts) or float("inf")


def _get(url: str, what: str) -> Any:
    import requests

    answer = requests.get(f"{url.rstrip('/')}/api/v1/{what}", timeout=10, proxies={"http": "", "https": ""})
    answer.raise_for_status()
    return answer.json()["data"]


def span(folder: Folder, running: Running | None, start: int, now: int, *, anew: bool = False) -> Span:
    """What can be filled between `start` and `now`; `anew` also where history is. HistoryError when it is nothing."""
    notes: list[str] = []
    end = now
    if running is not None:
        end = _before(end, running.head, notes, "Prometheus' head")
        if start < now - running.keeps:
            start = int(now - running.keeps)
            notes.append(
                f"before {words(start)}: Prometheus keeps nothing older; raise its --storage.tsdb.retention.time"
            )
    elif folder.has_head:
        raise HistoryError(
            f"a Prometheus has run on {folder.path} and its newest samples are in no block yet; "
            "start it and give its address with --prometheus, so that they can be left alone"
        )
    foreign, ours = folder.foreign(), [] if anew else folder.ours()
    end = _before(end, foreign[0].begin if foreign else None, notes, "blocks of Prometheus")
    if ours:
        done = max(block.end for block in ours) // 1000
        if ours[0].begin // 1000 > start + 2 * 86400:
            notes.append(
                f"before {words(ours[0].begin // 1000)}: history begins there; with --overwrite it is made anew"
            )
        if done >= end - 60:
            raise HistoryError(
                f"history is there already from {words(ours[0].begin // 1000)} to {words(done)}; "
                "with --overwrite it is made anew"
            )
        start = max(start, done + 1)
    if end - start < 60:
        raise HistoryError(f"nothing can be filled: {'; '.join(notes) or 'the range is shorter than a minute'}")
    return Span(start, end, tuple(notes))


def _before(end: int, limit: int | None, notes: list[str], what: str) -> int:
    """The last whole second before a time in milliseconds."""
    if limit is None or limit > end * 1000:
        return end
    last = -(-limit // 1000) - 1
    notes.append(f"from {words(last + 1)} on: {what} begin there, and what they hold is left alone")
    return last


def words(time: int) -> str:
    """A time as people read it, in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
