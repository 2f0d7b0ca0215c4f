"""Links by which an incident can be acknowledged: signed, for this incident alone, and with an end."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Final

from provisioning.acknowledgement import Incident

KEY_FILE: Final = "acknowledgement_key"
"""In the secrets directory; whoever deletes it makes every link invalid."""

PURPOSE: Final = b"watchfloor acknowledgement 1\0"


class LinkError(Exception):
    """A link is not ours, or its time is over."""


def sign(incident: Incident, key: str, end: datetime) -> str:
    """The last part of a link."""
    said = {"labels": dict(incident.labels), "since": incident.since, "end": int(end.timestamp())}
    body = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    return f"{_text(body)}.{_text(_mac(body, key))}"


def read(token: str, key: str, now: datetime) -> Incident:
    """The incident of a link. Nothing of it is looked at before the signature is known to be right."""
    head, _, tail = token.partition(".")
    try:
        body, mac = _bytes(head), _bytes(tail)
    except (binascii.Error, ValueError):
        raise LinkError("This link is not complete.") from None
    if not hmac.compare_digest(mac, _mac(body, key)):
        raise LinkError("This link was not made here, or its key has been replaced.")
    said = json.loads(body)
    end = datetime.fromtimestamp(said["end"], UTC)
    if now >= end:
        raise LinkError(f"This link ended at {end:%Y-%m-%d %H:%M:%S} UTC.")
    return Incident(said["labels"], said["since"])


def _mac(body: bytes, key: str) -> bytes:
    return hmac.new(key.encode(), PURPOSE + body, hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """The only text of the bytes counts: the last character has bits that say nothing."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _text(data) != text:
        raise ValueError(text)
    return data
