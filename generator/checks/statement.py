"""sqlglot with a limit on its steps: some short texts make its parser try for hours, for example a chain of JOINs without ON."""

from __future__ import annotations

from typing import Any, Final

from sqlglot.dialects.dialect import Dialect

STEPS: Final = 500
STEPS_A_WORD: Final = 50
"""The statements of two hundred dashboards take at most 1.5 for each word."""


def parse(said: str, dialect: str) -> list[Any]:
    """The statements of a text; ValueError when they take too many steps."""
    chosen = Dialect.get_or_raise(dialect or None)
    words = chosen.tokenize(said)
    limit = STEPS + STEPS_A_WORD * len(words)
    base: Any = chosen.parser_class

    class Bounded(base):  # type: ignore[misc]
        """The parser of the dialect, counting its moves."""

        moves = 0

        def _advance(self, times: int = 1) -> None:
            self.moves += 1
            if self.moves > limit:
                raise ValueError("it takes too many steps to read; write it more plainly")
            super()._advance(times)

    return [one for one in Bounded(dialect=chosen).parse(words, said) if one is not None]
