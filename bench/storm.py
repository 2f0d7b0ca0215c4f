"""Many alerts at once, and alerts that come and go: how many messages people get, and whether the critical one is first.

`python -m bench.storm [--json FILE] [--directory DIR]`. Exit code 1 when people get more messages than there are kinds of alerts,
something is missing, or the critical alert is not the first.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from bench.outcome import is_resolved
from tests.delivery.chain import Chain, chain, rule

RECEIVERS: Final = ("slack", "hook", "mail")
COUNT: Final = 500
SETTLE: Final = 12.0
WATCH: Final = 60.0
FLAPS: Final = 9
FLAP: Final = 20.0
"""Seconds for which the condition holds, and then does not, in turn."""


def storm(folder: Path, names: int) -> list[dict[str, Any]]:
    """500 warnings of so many names, and a critical one, all at once."""
    warnings = [rule(f"Storm{number:02d}", "warning", f'storm{{name="{number}"}} == 1') for number in range(names)]
    rules = {"storm": [*warnings, rule("Worst", "critical", "worst == 1")]}
    with chain(folder, rules) as running:
        time.sleep(SETTLE)
        with running.target.lock:
            page = {f'storm{{name="{index % names}",case="case-{index:03d}."}}': 1.0 for index in range(COUNT)}
            running.target.values["metrics"] = {**page, 'worst{case="the-worst"}': 1.0}
        since = time.time()
        time.sleep(WATCH)
        return [_row(running, name, since, names) for name in RECEIVERS]


def _row(running: Chain, receiver: str, since: float, names: int) -> dict[str, Any]:
    found = sorted(running.messages(receiver, "", since), key=lambda message: message.time)
    worst = [message for message in found if "the-worst" in message.body]
    others = [message for message in found if "the-worst" not in message.body]
    return {
        "case": f"{COUNT} warnings of {names} kinds and a critical one", "receiver": receiver, "messages": len(found),
        "critical_s": round(worst[0].time - since, 1) if worst else None,
        "first_other_s": round(others[0].time - since, 1) if others else None,
        "last_s": round(found[-1].time - since, 1), "kilobytes": round(sum(len(message.body) for message in found) / 1000, 1),
        "good": bool(worst) and found[0] is worst[0] and len(found) == names + 1,
    }  # fmt: skip


def flapping(folder: Path, keep: str) -> list[dict[str, Any]]:
    """A critical condition that comes and goes every twenty seconds, with and without `keep_firing_for`."""
    with chain(folder, {"flap": [rule("Flap", "critical", "flap == 1", wait="10s", keep=keep)]}) as running:
        time.sleep(SETTLE)
        since = time.time()
        for number in range(FLAPS):
            running.target.set('flap{case="the-flap"}', float(number % 2 == 0))
            time.sleep(FLAP)
        running.target.set('flap{case="the-flap"}', 0)
        time.sleep(110)
        rows = []
        for receiver in RECEIVERS:
            found = running.messages(receiver, "the-flap", since)
            ended = sum(is_resolved(message) for message in found)
            rows.append({
                "case": f"{FLAPS // 2 + 1} times {FLAP:g} s above the limit, kept for {keep or '0s'}", "receiver": receiver,
                "messages": len(found), "pages": len(found) - ended, "resolved": ended, "good": not keep or len(found) - ended == 1,
            })  # fmt: skip
        return rows


def table(rows: Iterable[dict[str, Any]]) -> str:
    """The rows for people."""
    lines = [
        "| case | receiver | messages | critical after s | first other after s | last after s | kB | pages | resolved |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    keys = ("case", "receiver", "messages", "critical_s", "first_other_s", "last_s", "kilobytes", "pages", "resolved")
    lines += ["| " + " | ".join(str(row.get(key, "")) for key in keys) + " |" for row in rows]
    return "\n".join(lines)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path)
    parser.add_argument("--directory", type=Path)
    given = parser.parse_args()
    folder = given.directory or Path(tempfile.mkdtemp(prefix="watchfloor-storm-"))
    cases: list[Callable[[], list[dict[str, Any]]]] = [
        lambda: storm(folder / "one", 1),
        lambda: storm(folder / "ten", 10),
        lambda: flapping(folder / "kept", "1m"),
        lambda: flapping(folder / "not-kept", ""),
    ]
    with ThreadPoolExecutor(len(cases)) as pool:
        rows = [row for found in pool.map(lambda case: case(), cases) for row in found]
    print(table(rows))
    if given.json:
        given.json.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    return 0 if all(row["good"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
