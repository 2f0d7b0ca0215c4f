"""The addresses that the exporter answers, and what it says there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final, Protocol

from exporter.health import Health
from exporter.log import log, where
from exporter.negotiation import OPENMETRICS, TEXT, wants_openmetrics

PLAIN: Final = "text/plain; charset=utf-8"
OPEN: Final = frozenset(("/health/live", "/health/ready"))
"""Addresses that never need a password: they tell one bit, to those who restart things."""

LANDING: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Watchfloor exporter</title></head><body><h1>Watchfloor exporter</h1><ul>
<li><a href="/metrics">Metrics</a></li><li><a href="/health/">Health</a></li><li><a href="/health/ready">Ready</a></li>
<li><a href="/health/live">Live</a></li><li><a href="/health/detailed">All checks</a></li></ul></body></html>
"""


class Source(Protocol):
    """What is served."""

    def exposition(self, openmetrics: bool) -> bytes:
        """All metrics, in OpenMetrics or text form."""

    def packed(self, openmetrics: bool) -> bytes:
        """The same in gzip form."""

    def health(self) -> Health:
        """What is known of the exporter's health now; quick, without new queries."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, content type and body of an answer, and whether the body is in gzip form."""

    status: HTTPStatus
    kind: str
    body: bytes
    packed: bool = False


REFUSED: Final = Answer(HTTPStatus.UNAUTHORIZED, PLAIN, b"Give the user name and password.\n")
NOT_FOUND: Final = Answer(HTTPStatus.NOT_FOUND, PLAIN, b"There is nothing at this address; / lists what there is.\n")
NOT_ALLOWED: Final = Answer(HTTPStatus.METHOD_NOT_ALLOWED, PLAIN, b"Only GET and HEAD are answered here.\n")
FAILED: Final = Answer(HTTPStatus.INTERNAL_SERVER_ERROR, PLAIN, b"The exporter failed to answer; its log says where.\n")


def clean(target: str) -> str:
    """The path of a request target, without query and trailing slash."""
    return target.partition("?")[0].rstrip("/") or "/"


def answer(path: str, accept: str, source: Source, *, stopping: bool, gzip: bool = False) -> Answer:
    """What is said at a clean path; a source that fails gives one log line and no detail to the client."""
    route = ROUTES.get(path)
    if path in ("/metrics", "/health/metrics"):
        route = partial(_metrics, openmetrics=wants_openmetrics(accept), gzip=gzip)
    if route is None:
        return NOT_FOUND
    try:
        return _json({"status": "not ready"}, fine=False) if stopping and path == "/health/ready" else route(source)
    except Exception as error:  # noqa: BLE001 - the server outlives every bug of its source
        log("request_failed", path=path, **where(error))
        return FAILED


def _metrics(source: Source, *, openmetrics: bool, gzip: bool) -> Answer:
    body = source.packed(openmetrics) if gzip else source.exposition(openmetrics)
    return Answer(HTTPStatus.OK, OPENMETRICS if openmetrics else TEXT, body, packed=gzip)


def _basic(source: Source) -> Answer:
    healthy = source.health().healthy
    return _json({"status": "healthy" if healthy else "unhealthy"}, fine=healthy)


def _ready(source: Source) -> Answer:
    health = source.health()
    more = {} if health.first_pass is None else {"first_pass": round(health.first_pass, 4)}
    return _json({"status": "ready" if health.ready else "not ready", **more}, fine=health.ready)


def _live(_source: Source) -> Answer:
    return _json({"status": "live"}, fine=True)


def _detailed(source: Source) -> Answer:
    health = source.health()
    checks = [{"name": one.name, "ok": one.ok, "detail": one.detail, "seconds": one.seconds} for one in health.checks]
    status = "healthy" if health.healthy else "unhealthy"
    return _json({"status": status, "ready": health.ready, "checks": checks}, fine=health.healthy)


def _landing(_source: Source) -> Answer:
    return Answer(HTTPStatus.OK, "text/html; charset=utf-8", LANDING.encode())


def _json(value: Mapping[str, object], *, fine: bool) -> Answer:
    status = HTTPStatus.OK if fine else HTTPStatus.SERVICE_UNAVAILABLE
    return Answer(status, "application/json", (json.dumps(value, ensure_ascii=False) + "\n").encode())


ROUTES: Final[Mapping[str, Callable[[Source], Answer]]] = {
    "/": _landing,
    "/metrics": partial(_metrics, openmetrics=False, gzip=False),
    "/health/metrics": partial(_metrics, openmetrics=False, gzip=False),
    "/health": _basic,
    "/health/ready": _ready,
    "/health/live": _live,
    "/health/detailed": _detailed,
}
