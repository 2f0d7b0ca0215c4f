"""Which form of an answer a client wants: text or OpenMetrics, plain or gzip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
OPENMETRICS_VERSIONS: Final = ("", "1.0.0", "0.0.1")


def wants_openmetrics(accept: str) -> bool:
    """Whether the client names OpenMetrics and likes it at least as much as text; a mere */* gets text."""
    openmetrics = 0.0
    text: dict[str, float] = {}
    for kind, parameters, quality in _items(accept):
        if kind == "application/openmetrics-text":
            if parameters.get("version", "") in OPENMETRICS_VERSIONS:
                openmetrics = max(openmetrics, quality)
        elif kind != "text/plain" or parameters.get("version", "0.0.4") == "0.0.4":
            text[kind] = max(text.get(kind, 0.0), quality)
    plain = next((text[kind] for kind in ("text/plain", "text/*", "*/*") if kind in text), 0.0)
    return openmetrics > 0 and openmetrics >= plain


def wants_gzip(accept_encoding: str) -> bool:
    """Whether the client reads gzip and does not prefer the plain form."""
    qualities = {kind: quality for kind, _, quality in _items(accept_encoding)}
    gzip = qualities.get("gzip", qualities.get("x-gzip", qualities.get("*", 0.0)))
    return gzip > 0 and gzip >= qualities.get("identity", 0.0)


def _items(header: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Items of an Accept header with their parameters and quality; what is malformed counts as refused."""
    for item in header.split(","):
        kind, *rest = (part.strip() for part in item.split(";"))
        parameters = {
            key.strip().lower(): value.strip().strip('"') for key, _, value in (part.partition("=") for part in rest)
        }
        if kind:
            yield kind.lower(), parameters, _quality(parameters.pop("q", "1"))


def _quality(value: str) -> float:
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
