"""Cases of experiments."""

from __future__ import annotations

from typing import Final

from tests.rules.case import Case, Series

WHO: Final = 'tenant="acme",experiment="greeting"'


def _trial(*, running: str = "1", progress: str = "0.5", peeked: str = "0", winner: str = "0") -> Series:
    return {
        f"experiment_running{{{WHO}}}": running,
        f"experiment_progress_ratio{{{WHO}}}": progress,
        f"experiment_peeked{{{WHO}}}": peeked,
        f'experiment_winner{{{WHO},variant="A"}}': "0",
        f'experiment_winner{{{WHO},variant="B"}}': winner,
    }


CASES: Final[dict[tuple[str, str], Case]] = {
    ("ExperimentDecided", "info"): Case(_trial(winner="1"), _trial(winner="1", running="0")),
    ("ExperimentPeeking", "info"): Case(_trial(peeked="1"), _trial(winner="1")),
    ("ExperimentInconclusive", "info"): Case(_trial(progress="1"), _trial(progress="1", winner="1"), at="15m"),
}
