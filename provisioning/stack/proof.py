"""Proof that metrics arrive: asks Prometheus."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from provisioning.prometheus import JOB
from provisioning.stack.native import DIRECT
from provisioning.stack.part import StackError

UP: Final = f'min(up{{job="{JOB}"}})'
SERIES: Final = f'count({{job="{JOB}",__name__!~"(.*_)?exporter_.+|up|scrape_.+|python_.+|process_.+"}})'
POLL: Final = 0.2


@dataclass(frozen=True, slots=True)
class Arrival:
    """What Prometheus has of the exporter."""

    up: float | None
    series: int

    @property
    def complete(self) -> bool:
        """Whether the target answers and gave metrics of the catalogue."""
        return self.up == 1 and self.series > 0


def ask(url: str, since: float) -> Arrival:
    """What arrived after an instant; older samples prove nothing."""
    fresh = f'min(timestamp(up{{job="{JOB}"}})) > {since:.3f}'
    if _value(url, fresh) is None:
        return Arrival(None, 0)
    return Arrival(_value(url, UP), int(_value(url, SERIES) or 0))


def wait(url: str, since: float, timeout: float) -> Arrival:
    """Wait until metrics arrived; an Arrival that is not complete when they did not."""
    deadline = time.monotonic() + timeout
    while True:
        arrival = ask(url, since)
        if arrival.complete or time.monotonic() > deadline:
            return arrival
        time.sleep(POLL)


def explain(arrival: Arrival, url: str, timeout: float) -> StackError:
    """Why the proof failed, in one sentence."""
    if arrival.up is None:
        return StackError(f"prometheus did not scrape the exporter within {timeout:g} s; see {url}/classic/targets")
    if arrival.up != 1:
        return StackError(f"prometheus cannot scrape the exporter ({_why(url)}); see its log and {url}/classic/targets")
    return StackError("prometheus scrapes the exporter, but no metric of the catalogue arrived; run watchfloor doctor")


def _value(url: str, expression: str) -> float | None:
    import requests

    try:
        answer = requests.get(f"{url}/api/v1/query", {"query": expression}, timeout=5, proxies=DIRECT)
        result = answer.json()["data"]["result"]
    except (requests.RequestException, ValueError, KeyError):
        return None
    return float(result[0]["value"][1]) if result else None


def _why(url: str) -> str:
    import requests

    try:
        answer = requests.get(f"{url}/api/v1/targets", timeout=5, proxies=DIRECT).json()
        targets = answer["data"]["activeTargets"]
    except (requests.RequestException, ValueError, KeyError):
        return "it does not say why"
    return next(
        (item["lastError"] for item in targets if item["labels"]["job"] == JOB and item["lastError"]), "unknown"
    )
