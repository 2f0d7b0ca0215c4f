"""Cases of satisfaction."""

from __future__ import annotations

from typing import Final

from tests.rules.case import Case

CASES: Final[dict[tuple[str, str], Case]] = {}
