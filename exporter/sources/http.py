"""A number from an HTTP answer."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from exporter.errors import SettingsError, secret
from exporter.sources.reading import ReadError, number, public, shown

if TYPE_CHECKING:
    from exporter.settings import HttpState

MOST_BYTES: Final = 1_000_000


def read(source: HttpState, timeout: float) -> float:
    """The number that the address answers with, as text or somewhere in JSON."""
    place = public(source.url)
    body = _body(source, timeout, place)
    if not source.json_path:
        return number(body, place)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise ReadError(f"{place} answers with something that is no JSON") from None
    return number(_inside(value, source.json_path, place), f"{source.json_path} at {place}")


def _inside(value: Any, path: str, place: str) -> Any:
    """What stands at a dotted path; a number in it is a position in a list."""
    done: list[str] = []
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdigit() and len(part) < 8 and int(part) < len(value):
            value = value[int(part)]
        else:
            inside = ".".join(done) or "the answer"
            raise ReadError(f"{place} has no {path}: {inside} is {shown(value)} without {part}")
        done.append(part)
    return value


def _body(source: HttpState, timeout: float, place: str) -> bytes:
    deadline = time.monotonic() + timeout
    try:
        with urllib.request.build_opener(_SameHost()).open(_request(source), timeout=timeout) as answer:
            return _content(answer, deadline, timeout, place)
    except urllib.error.HTTPError as error:
        error.close()
        raise ReadError(f"{place} answers with HTTP {error.code}") from None
    except TimeoutError:
        raise ReadError(f"{place} gives no answer within {timeout:g} s") from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise ReadError(f"{place} gives no answer within {timeout:g} s") from None
        reason = error.reason
        cause = (reason.strerror or type(reason).__name__) if isinstance(reason, OSError) else str(reason)
        raise ReadError(f"{place} cannot be reached: {cause}") from None
    except (HTTPException, OSError, ValueError) as error:
        raise ReadError(f"{place} gives no proper HTTP answer ({type(error).__name__})") from None


def _content(answer: HTTPResponse, deadline: float, timeout: float, place: str) -> bytes:
    body = bytearray()
    while part := answer.read1(65536):
        body += part
        if len(body) > MOST_BYTES:
            raise ReadError(f"{place} answers with more than {MOST_BYTES} bytes; give an address with the number alone")
        if time.monotonic() > deadline:
            raise ReadError(f"{place} is not done answering within {timeout:g} s")
    return bytes(body)


def _request(source: HttpState) -> urllib.request.Request:
    parts = urlsplit(source.url)
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    request = urllib.request.Request(plain.geturl(), headers={"User-Agent": "watchfloor", "Accept": "*/*"})  # noqa: S310
    if source.token_file is not None:
        try:
            token = secret(source.token_file, "http.token_file")
        except SettingsError as error:
            raise ReadError(str(error)) from None
        request.add_header("Authorization", f"Bearer {token}")
    elif parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
    return request


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirects on the same host only, since the request may carry a secret."""

    max_redirections = 3

    def redirect_request(  # noqa: PLR0917 - the signature is urllib's
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """The request to follow with; ReadError when it leads elsewhere."""
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if _origin(old) != _origin(new) and not (new.scheme == "https" and old.hostname == new.hostname):
            raise ReadError(f"{public(req.full_url)} redirects to another host; write the final address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
