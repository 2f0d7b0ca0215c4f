"""Silences of a running Alertmanager: read, made, ended."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from exporter.matching import Match
from exporter.settings import Settings
from provisioning.endpoints import endpoints

TIMEOUT: Final = 10
LIVE: Final = ("active", "pending")


class AlertmanagerError(Exception):
    """Alertmanager or Prometheus does not do what is asked of it."""


class UnreachableError(AlertmanagerError):
    """It does not answer at all."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts that meet all matchers are not notified between two times."""

    matchers: tuple[Match, ...]
    start: datetime
    end: datetime
    by: str
    comment: str
    id: str = ""
    state: str = ""

    @property
    def live(self) -> bool:
        """Whether it holds now or will."""
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """The silences of one Alertmanager, or of a pair that shares them: the first that answers is asked."""

    urls: tuple[str, ...]

    def silences(self) -> tuple[Silence, ...]:
        """Every silence that it still knows, those that have ended too."""
        return tuple(_read(item) for item in self._ask("GET", "silences"))

    def put(self, silence: Silence) -> str:
        """Make a silence, or replace the one with its id; its id then."""
        body = {
            "matchers": [
                {"name": one.name, "value": one.value, "isRegex": one.regex, "isEqual": one.equal}
                for one in sorted(silence.matchers)
            ],
            "startsAt": _time(silence.start),
            "endsAt": _time(silence.end),
            "createdBy": silence.by,
            "comment": silence.comment,
            **({"id": silence.id} if silence.id else {}),
        }
        return str(self._ask("POST", "silences", body)["silenceID"])

    def expire(self, id: str) -> None:
        """End a silence now."""
        self._ask("DELETE", f"silence/{id}")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        for url in self.urls[:-1]:
            with contextlib.suppress(UnreachableError):
                return ask(f"{url}/api/v2/{path}", "Alertmanager", method=method, json=body)
        return ask(f"{self.urls[-1]}/api/v2/{path}", "Alertmanager", method=method, json=body)


def ask(
    url: str,
    who: str,
    *,
    method: str = "GET",
    params: Mapping[str, str] | None = None,
    json: Mapping[str, Any] | None = None,
) -> Any:
    """The answer of one of our parts, which is JSON or empty. No proxy is on the way to them."""
    import requests

    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.request(method, url, params=params, json=json, timeout=TIMEOUT)
        except requests.RequestException:
            raise UnreachableError(f"{who} does not answer at {url.partition('/api/')[0]}; is the stack up?") from None
    if not answer.ok:
        raise AlertmanagerError(f"{who} refuses this: {answer.text.strip()[:300] or answer.reason}")
    return answer.json() if answer.content else None


def of(settings: Settings, runtime: str = "native") -> Alertmanager:
    """The Alertmanager, or both, of a running stack, as processes of this machine or its containers reach them."""
    places = endpoints(settings, runtime).alertmanagers[: settings.stack.alertmanagers]
    return Alertmanager(tuple(f"http://{place}" for place in places))


def moment(text: str) -> datetime:
    """A time as Alertmanager writes it."""
    return datetime.fromisoformat(text)


def _time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read(item: Mapping[str, Any]) -> Silence:
    matchers = tuple(
        Match(one["name"], one["value"], regex=one["isRegex"], equal=one.get("isEqual", True))
        for one in item["matchers"]
    )
    return Silence(
        matchers=matchers,
        start=moment(item["startsAt"]),
        end=moment(item["endsAt"]),
        by=item["createdBy"],
        comment=item["comment"],
        id=item["id"],
        state=item["status"]["state"],
    )
