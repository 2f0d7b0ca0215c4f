"""Lines of the exporter's log: an event and its key=value pairs, on stderr."""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path


def log(event: str, **values: object) -> None:
    """Write one line; values with white space, quotes or control characters are quoted."""
    pairs = (f"{key}={_plain(value)}" for key, value in {"event": event, **values}.items())
    sys.stderr.write(" ".join(pairs) + "\n")
    sys.stderr.flush()


def where(error: BaseException) -> dict[str, str]:
    """Kind of an error and the line it came from, without its message, which may hold a row's content."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
    return {"error": type(error).__name__, "at": place}


def _plain(value: object) -> str:
    text = str(value)
    return text if text.isascii() and text.isprintable() and not set(text) & set(' "=') and text else json.dumps(text)
