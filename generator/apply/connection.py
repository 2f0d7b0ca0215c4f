"""Grafana's HTTP API: who we are, how the way leads there, and what is tried again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from generator.apply.error import ApplyError, RefusedError, UnreachableError, UnsureError
from generator.apply.text import printable

if TYPE_CHECKING:
    import requests

    from exporter.settings import Settings

BUSY: Final = frozenset({429})
AWAY: Final = frozenset({502, 503, 504})
LONGEST_PAUSE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Target:
    """A Grafana and the way to it. `url` carries no password."""

    url: str
    token: str | None = field(default=None, repr=False)
    user: tuple[str, str] | None = field(default=None, repr=False)
    organisation: int | None = None
    proxy: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 30.0
    attempts: int = 5


def target(settings: Settings, environment: Mapping[str, str], url: str | None = None) -> Target:
    """The Grafana of the settings; ApplyError when something is missing."""
    from exporter.settings import secret

    given = url or settings.grafana.url
    if given is None:
        raise ApplyError("no Grafana is named; give --url, set GRAFANA_URL or grafana.url in the settings")
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ApplyError("the address of Grafana must begin with http:// or https:// and name a host")
    token = environment.get("GRAFANA_TOKEN", "").strip() or None
    if token is None and settings.grafana.token_file is not None:
        token = secret(settings.grafana.token_file, "grafana.token_file")
    user = None if token else _user(settings, environment, (parts.username, parts.password))
    if token is None and user is None:
        raise ApplyError(
            "nobody is named to Grafana; set GRAFANA_TOKEN or grafana.token_file, or GRAFANA_USER and GRAFANA_PASSWORD"
        )
    ca_file = settings.grafana.ca_file
    if ca_file is not None and not ca_file.is_file():
        raise ApplyError(f"grafana.ca_file: there is no file {ca_file}; it must hold certificates in PEM form")
    address = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
    return Target(
        address,
        token=token,
        user=user,
        organisation=settings.grafana.organisation,
        proxy=settings.grafana.proxy,
        ca_file=ca_file,
        timeout=settings.grafana.timeout,
        attempts=settings.grafana.attempts,
    )


def _user(
    settings: Settings, environment: Mapping[str, str], in_url: tuple[str | None, str | None]
) -> tuple[str, str] | None:
    from exporter.settings import secret

    name, password = (unquote(part) if part is not None else None for part in in_url)
    name = settings.grafana.username or name
    if settings.grafana.password_file is not None:
        password = secret(settings.grafana.password_file, "grafana.password_file")
    password = environment.get("GRAFANA_PASSWORD", "").strip() or password
    if name is None:
        return None
    if password is None:
        raise ApplyError(f"the user {name!r} has no password; set GRAFANA_PASSWORD or grafana.password_file")
    return name, password


class Api:
    """Requests to one Grafana. Reads are tried again by themselves; a change without an answer raises UnsureError."""

    def __init__(self, target: Target, pause: Callable[[float], None] = time.sleep) -> None:
        import requests
        from requests.adapters import HTTPAdapter

        self.target = target
        self._pause = pause
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=8))
        # An authentication of our own: without one, requests would look into ~/.netrc and override the header.
        self._session.auth = self._sign
        self._session.headers.update({"Accept": "application/json", "User-Agent": "watchfloor"})

    def get(self, path: str, **parameters: str | int) -> Any:
        """What is at a path; RefusedError with status 404 when nothing is."""
        return self._request("GET", path, None, parameters, {})

    def find(self, path: str, **parameters: str | int) -> Any:
        """What is at a path, or None."""
        try:
            return self.get(path, **parameters)
        except RefusedError as error:
            if error.status == 404:
                return None
            raise

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        **parameters: str | int,
    ) -> Any:
        """Change something."""
        return self._request(method, path, body, parameters, headers or {})

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        from requests.auth import HTTPBasicAuth

        if self.target.token is not None:
            request.headers["Authorization"] = f"Bearer {self.target.token}"
        elif self.target.user is not None:
            request = HTTPBasicAuth(*(part.encode() for part in self.target.user))(request)
        if self.target.organisation is not None:
            request.headers["X-Grafana-Org-Id"] = str(self.target.organisation)
        return request

    def _request(
        self, method: str, path: str, body: object, parameters: Mapping[str, str | int], headers: Mapping[str, str]
    ) -> Any:
        where = f"{method} {self.target.url}{path}"
        for attempt in range(1, self.target.attempts + 1):
            last = attempt == self.target.attempts
            answer = self._once(method, path, body, parameters, headers, last=last)
            if answer is not None and (answer.status_code not in BUSY | AWAY or last):
                return self._result(where, answer)
            if answer is not None and method != "GET" and answer.status_code in AWAY:
                raise UnsureError(f"{where} was answered with {answer.status_code}")
            self._pause(_delay(attempt, answer))
        raise AssertionError  # The last attempt returns or raises.

    def _once(
        self,
        method: str,
        path: str,
        body: object,
        parameters: Mapping[str, str | int],
        headers: Mapping[str, str],
        *,
        last: bool,
    ) -> requests.Response | None:
        """One try; None when it may be made again."""
        import requests

        target = self.target
        try:
            return self._session.request(
                method,
                target.url + path,
                params=parameters,
                json=body,
                headers=headers,
                timeout=target.timeout,
                allow_redirects=False,
                # Given with each request, since requests prefers the environment to what a session has.
                proxies={"http": target.proxy, "https": target.proxy} if target.proxy else None,
                verify=str(target.ca_file) if target.ca_file else True,
            )
        except requests.RequestException as error:
            problem = self._problem(error, f"{method} {target.url}{path}", changes=method != "GET", last=last)
            if problem is None:
                return None
            raise problem from None

    def _problem(
        self, error: requests.RequestException, what: str, *, changes: bool, last: bool
    ) -> UnreachableError | UnsureError | None:
        """What a request without an answer means; None when it may be made again."""
        import requests

        url, reason = self.target.url, _reason(error)
        if isinstance(error, requests.exceptions.SSLError):
            return UnreachableError(
                f"cannot trust {url}: {reason}; name the authority of its certificate by grafana.ca_file"
            )
        if isinstance(error, requests.exceptions.ProxyError):
            return UnreachableError(f"cannot reach {url} through the proxy: {reason}")
        wrong = isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema))
        refused = "Connection refused" in str(error) or isinstance(error, requests.ConnectTimeout)
        if changes and not wrong and not refused:
            return UnsureError(f"no answer to {what}: {reason}")
        return UnreachableError(f"cannot reach {url}: {reason}") if last or wrong else None

    def _result(self, where: str, answer: requests.Response) -> Any:
        code = answer.status_code
        if 300 <= code < 400:
            place = printable(answer.headers.get("Location", "elsewhere"))
            raise UnreachableError(f"{where} leads to {place}; give the address at which Grafana itself answers")
        if code == 401:
            raise UnreachableError(f"{self.target.url} does not know us: {_said(answer)}; check the token or password")
        if code in BUSY | AWAY:
            raise UnreachableError(f"{where} was answered with {code} {self.target.attempts} times: {_said(answer)}")
        if code >= 400:
            raise RefusedError(f"{where} was refused with {code}: {_said(answer)}", code)
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError:
            raise UnreachableError(f"{where} gave no JSON; is {self.target.url} the address of Grafana?") from None


def segment(text: str) -> str:
    """A name as one part of a path."""
    return quote(text, safe="")


def _delay(attempt: int, answer: requests.Response | None) -> float:
    wished = answer.headers.get("Retry-After", "") if answer is not None else ""
    return min(LONGEST_PAUSE, float(wished) if wished.isdigit() else 0.25 * 2 ** (attempt - 1))


def _said(answer: requests.Response) -> str:
    """Grafana's own words, on one line and not too long."""
    try:
        message = answer.json()
    except ValueError:
        message = answer.text
    if isinstance(message, dict):
        message = message.get("message") or message.get("error") or "no reason is given"
    return printable(" ".join(str(message).split()))[:300] or "no reason is given"


def _reason(error: Exception) -> str:
    """The innermost reason, without the address, which may carry a password."""
    inner: object = error
    while isinstance(inner, BaseException) and inner.args and isinstance(inner.args[-1], BaseException):
        inner = inner.args[-1]
    reason = getattr(inner, "reason", inner)
    text = getattr(reason, "strerror", None) or str(reason)
    text = re.sub(r"\[Errno -?\d+\] *", "", text.rpartition(": ")[2])
    return printable(" ".join(text.split()))[:200] or type(error).__name__
