"""Addresses, and how to log in to them, as Prometheus' programs read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import yaml

from provisioning.validate.node import (
    Fields,
    Mistake,
    at_most_one,
    boolean,
    fields,
    list_of,
    map_of,
    required,
    struct,
    text,
    text_of,
    wrong,
)  # fmt: skip

VERSIONS: Final = ("TLS10", "TLS11", "TLS12", "TLS13")


def url(node: yaml.Node, place: str) -> Iterator[Mistake]:
    """A secret address over HTTP; what a program shows in its place is taken too."""
    if node.value != "<secret>":
        yield from shown_url(node, place)


def shown_url(node: yaml.Node, place: str) -> Iterator[Mistake]:
    """An address over HTTP."""
    value = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
    try:
        parts = urlsplit(value)
        right = parts.scheme in ("http", "https") and bool(parts.netloc) and not re.search(r"[\x00-\x1f\x7f]", value)
        _ = parts.port
    except ValueError:
        right = False
    if not right:
        yield from wrong(node, place, "is no address; write one that begins with http:// or https://")


def proxy(node: yaml.Node, place: str) -> Iterator[Mistake]:
    """Any address that can be read."""
    value = str(node.value) if isinstance(node, yaml.ScalarNode) else "://"
    try:
        wrong_port = bool(re.search(r":[^/:\]]*[^\d/:\]]", urlsplit(value).netloc.rpartition("@")[2]))
    except ValueError:
        wrong_port = True
    if wrong_port or value.startswith(":") or re.search(r"[\x00-\x1f\x7f]", value):
        yield from wrong(node, place, "is no address; write one such as http://proxy.example.org:3128")


def host_port(node: yaml.Node, place: str) -> Iterator[Mistake]:
    """A host and a port."""
    value = str(node.value) if isinstance(node, yaml.ScalarNode) else "?"
    if value and not re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*):[^:\[\]]+", value):
        yield from wrong(node, place, f"{value!r} is no host and port; write one such as mail.example.org:587")


def _version(node: yaml.Node, place: str) -> Iterator[Mistake]:
    if node.value not in VERSIONS:
        yield from wrong(node, place, f"must be one of {', '.join(VERSIONS)}")


def _versions(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    low, high = text_of(found, "min_version"), text_of(found, "max_version")
    if low and high and high < low:
        yield from wrong(node, place, "max_version must not be below min_version")


TLS: Final = struct(
    {
        **dict.fromkeys(("ca_file", "cert_file", "key_file", "server_name"), text),
        "insecure_skip_verify": boolean,
        "min_version": _version,
        "max_version": _version,
    },
    _versions,
)
OAUTH2: Final = struct(
    {
        **dict.fromkeys(("client_id", "client_secret", "client_secret_file", "token_url"), text),
        "endpoint_params": map_of(text),
        "proxy_url": proxy,
        "scopes": list_of(text),
        "tls_config": TLS,
    },
    required("client_id", "the client's name"),
    required("token_url", "the address of tokens"),
    at_most_one("client_secret", "client_secret_file"),
)


def _login(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    """One way to log in."""
    ways = [name for name in ("basic_auth", "oauth2", "authorization") if name in found]
    ways += ["bearer_token"] if text_of(found, "bearer_token") or text_of(found, "bearer_token_file") else []
    if len(ways) > 1:
        yield from wrong(node, place, f"give one way to log in, not {' and '.join(ways)}")
    login = found.get("oauth2")
    if isinstance(login, yaml.MappingNode):
        given = fields(login)
        if not text_of(given, "client_secret") and not text_of(given, "client_secret_file"):
            yield from wrong(login, f"{place}.oauth2", "give client_secret or client_secret_file")


def _kind(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    if text_of(found, "type").strip().lower() == "basic":
        yield from wrong(node, place, "the type basic has a key of its own; use basic_auth")


HTTP: Final = struct(
    {
        "basic_auth": struct(
            {"username": text, "password": text, "password_file": text}, at_most_one("password", "password_file")
        ),
        "authorization": struct(
            {"type": text, "credentials": text, "credentials_file": text},
            at_most_one("credentials", "credentials_file"),
            _kind,
        ),
        "oauth2": OAUTH2,
        "bearer_token": text,
        "bearer_token_file": text,
        "proxy_url": proxy,
        "proxy_connect_header": map_of(list_of(text)),
        "tls_config": TLS,
        "follow_redirects": boolean,
        "enable_http2": boolean,
    },
    at_most_one("bearer_token", "bearer_token_file"),
    _login,
)
