"""Who may reach the exporter's endpoint, and where: address, password and certificate."""

from __future__ import annotations

import base64
import binascii
import errno
import hashlib
import hmac
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.errors import secret

if TYPE_CHECKING:
    from exporter.settings import BasicAuth, Tls


class ServerError(Exception):
    """The endpoint cannot be opened; the message says why and which setting to change."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Admits everybody, or whoever gives the one user name and password."""

    digest: bytes | None = None

    @classmethod
    def of(cls, settings: BasicAuth | None) -> Guard:
        """The guard that the settings ask for; the password is read once, here."""
        if settings is None:
            return cls()
        if ":" in settings.username:
            raise ServerError("exporter.basic_auth.username: a user name cannot hold a colon; choose another")
        password = secret(settings.password_file, "exporter.basic_auth.password_file")
        return cls(_digest(f"{settings.username}:{password}".encode()))

    def admits(self, authorization: str) -> bool:
        """Whether this Authorization header is the right one; takes as long for a wrong one."""
        if self.digest is None:
            return True
        scheme, _, value = authorization.partition(" ")
        try:
            given = base64.b64decode(value.strip(), validate=True) if scheme.lower() == "basic" else b""
        except (binascii.Error, ValueError):
            given = b""
        return hmac.compare_digest(_digest(given), self.digest)


def _digest(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()


def context(settings: Tls) -> ssl.SSLContext:
    """TLS 1.2 or newer with the certificate of the settings."""
    for name, path in (("cert_file", settings.cert_file), ("key_file", settings.key_file)):
        try:
            path.read_bytes()
        except OSError as error:
            raise ServerError(f"exporter.tls.{name}: cannot read {path}: {error.strerror}") from None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # Without a password function OpenSSL asks for the password of an encrypted key at the terminal.
        made.load_cert_chain(settings.cert_file, settings.key_file, password=lambda: b"")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise ServerError(_certificate(settings, getattr(error, "reason", None))) from None
    return made


def _certificate(settings: Tls, reason: str | None) -> str:
    cert, key = settings.cert_file, settings.key_file
    if reason == "KEY_VALUES_MISMATCH":
        return f"exporter.tls: the key in {key} does not belong to the certificate in {cert}; give the pair that does"
    return (
        f"exporter.tls: {cert} and {key} are no usable pair; give a certificate and its key without password, both PEM"
    )


def address(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """Family and socket address of a host name or number."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ServerError(
            f"exporter.host: {host!r} is no address of this machine; write one such as 127.0.0.1"
        ) from None
    family, _, _, _, where = found[0]
    return family, where


def bind_error(host: str, port: int, error: OSError) -> ServerError:
    """Why the port cannot be opened, and what to change."""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return ServerError(f"{place} is in use by another process; stop it or set exporter.port to a free port")
    if error.errno in (errno.EACCES, errno.EPERM):
        return ServerError(f"{place} needs rights that this user lacks; set exporter.port to a port from 1024 on")
    if error.errno == errno.EADDRNOTAVAIL:
        return ServerError(f"{place} is no address of this machine; set exporter.host to one such as 127.0.0.1")
    return ServerError(f"cannot listen on {place}: {error.strerror}; see exporter.host and exporter.port")
