"""What a verification found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from exporter.verify.compare import Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that was held against the rows.

    `between` is how many series could only be bracketed, for rows of theirs came or changed around the scrape. `once`
    differed at one look of several: as a rule a row that came and went between its two snapshots.
    """

    where: str
    series: int
    differences: tuple[Difference, ...]
    seconds: float
    between: int = 0
    once: tuple[Difference, ...] = ()


@dataclass(slots=True)
class Report:
    """Everything that was compared, what could not be, and why."""

    comparisons: list[Comparison] = field(default_factory=list)
    unverifiable: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    metrics: int = 0

    @property
    def differences(self) -> list[Difference]:
        """All differences."""
        return [difference for comparison in self.comparisons for difference in comparison.differences]

    @property
    def series(self) -> int:
        """Samples that were compared."""
        return sum(comparison.series for comparison in self.comparisons)

    @property
    def fine(self) -> bool:
        """Whether everything that was to be compared was, and is equal."""
        return not self.differences and not self.problems

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "equal": self.fine,
            "metrics": self.metrics,
            "series": self.series,
            "comparisons": [
                {
                    "where": c.where,
                    "series": c.series,
                    "differences": len(c.differences),
                    "between": c.between,
                    "once": [difference.plain() for difference in c.once],
                    "seconds": round(c.seconds, 3),
                }
                for c in self.comparisons
            ],
            "differences": [difference.plain() for difference in self.differences],
            "not_verifiable": self.unverifiable,
            "problems": self.problems,
        }
