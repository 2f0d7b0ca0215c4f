"""The published JSON Schema of classic dashboards, held against what an import made."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import dashboards
from generator.importing.record import Json

FILE: Final = Path(dashboards.__file__).parent / "schema" / "dashboard.jsonschema.json"
SHOWN: Final = 5


@lru_cache(maxsize=1)
def _validator() -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(FILE.read_text(encoding="utf-8"))


def differences(data: Json) -> list[str]:
    """A sentence for each of the first differences, and the number of the others."""
    found: dict[str, int] = {}
    for error in _validator().iter_errors(data):
        place = ".".join(str(part) if isinstance(part, str) else "[]" for part in error.instance_path).replace(
            ".[]", "[]"
        )
        message = f"not as the schema has it: {place or 'the dashboard'}: {str(error.message)[:160]}"
        found[message] = found.get(message, 0) + 1
    lines = [f"{line} ({count} times)" if count > 1 else line for line, count in found.items()]
    return lines[:SHOWN] + ([f"{len(lines) - SHOWN} more differences from the schema"] if len(lines) > SHOWN else [])
