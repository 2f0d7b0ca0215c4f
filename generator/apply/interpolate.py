"""Variables in provisioning files, filled in as Grafana's file loader does, except that an unset one is an error and not nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from generator.apply.error import ApplyError

VARIABLE: Final = re.compile(
    r"\$\$|\$__(?P<kind>[a-z]+)\{(?P<inside>[^}]*)\}|\$\{(?P<braced>[^}]*)\}|\$(?P<plain>[A-Za-z_][A-Za-z0-9_]*|[0-9*#@!?-])"
)


class UnsetError(ApplyError):
    """A variable that a file names is not set."""


def expand(value: Any, environment: Mapping[str, str]) -> Any:
    """The value with every variable in its texts filled in; `$$` becomes `$`."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda found: _value(found, environment), value)
    if isinstance(value, Mapping):
        return {key: expand(inner, environment) for key, inner in value.items()}
    if isinstance(value, list):
        return [expand(inner, environment) for inner in value]
    return value


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    if found[0] == "$$":
        return "$"
    kind = found["kind"]
    if kind == "file":
        return _content(Path(found["inside"]))
    if kind not in (None, "env"):
        raise ApplyError(f"{found[0]} cannot be filled in here; give the value by a variable or by $__file{{...}}")
    name = found["inside"] or found["braced"] or found["plain"] or ""
    if name not in environment:
        raise UnsetError(f"the variable {name} is not set")
    return environment[name]


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ApplyError(f"cannot read {path}: {reason}") from None
