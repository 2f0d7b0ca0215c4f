"""What became of an alert while something was broken: whether it came, when, how often, and what was said wrongly."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from tests.delivery.receivers import Message


@dataclass(frozen=True, slots=True)
class Outcome:
    """One alert at one receiver. Times are seconds since the crossing; `healed` is when the fault was over."""

    fault: str
    receiver: str
    delivered: bool
    delay: float | None
    healed: float | None
    duplicates: int
    resolved: int
    """Messages that said wrongly that the alert had ended."""

    limit: float | None = None
    seen: str = ""
    expected: bool = True
    """False for a loss that is known and told in the documentation."""

    @property
    def after_healing(self) -> float | None:
        """How long after the end of the fault it came."""
        return None if self.delay is None or self.healed is None else self.delay - self.healed

    @property
    def good(self) -> bool:
        """Whether it is as promised."""
        late = self.limit is not None and self.delay is not None and self.delay > self.limit
        return (self.delivered or not self.expected) and not late

    def row(self) -> dict[str, Any]:
        """For JSON."""
        rounded = {key: None if value is None else round(value, 1) for key, value in
                   (("delay", self.delay), ("healed", self.healed), ("after_healing", self.after_healing))}  # fmt: skip
        return {
            "fault": self.fault, "receiver": self.receiver, "delivered": self.delivered, **rounded, "duplicates": self.duplicates,
            "false_resolved": self.resolved, "limit": self.limit, "good": self.good, "seen": self.seen,
        }  # fmt: skip


def is_resolved(message: Message) -> bool:
    """Whether a message says that all of its alerts have ended."""
    if message.path == "mail":
        return "RESOLVED" in message.body.partition("\n")[0]
    body = json.loads(message.body)
    return body["status"] == "resolved" if "status" in body else "RESOLVED" in message.body


def outcome(
    fault: str, receiver: str, messages: Iterable[Message], since: float, healed: float | None = None, **more: Any
) -> Outcome:
    """The outcome from the messages about one alert, which holds from `since` on."""
    found = sorted((message for message in messages if message.time >= since), key=lambda message: message.time)
    firing = [message for message in found if not is_resolved(message)]
    return Outcome(
        fault,
        receiver,
        bool(firing),
        firing[0].time - since if firing else None,
        None if healed is None else healed - since,
        max(0, len(firing) - 1),
        len(found) - len(firing),
        **more,
    )


def table(rows: Iterable[dict[str, Any]]) -> str:
    """The outcomes for people, one line a fault: numbers of several receivers with / between them."""
    lines = [
        "| fault | receivers | delivered | after s | after the fault's end s | duplicates | false 'resolved' | other alerts that are seen |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for fault, found in groupby(rows, key=lambda row: row["fault"]):
        each = list(found)
        lines.append(
            f"| {fault} | {_each(each, 'receiver')} | {sum(row['delivered'] for row in each)} of {len(each)} | {_each(each, 'delay')} | "
            f"{_each(each, 'after_healing')} | {_each(each, 'duplicates')} | {_each(each, 'false_resolved')} | {each[0]['seen']} |"
        )
    return "\n".join(lines)


def _each(rows: Iterable[dict[str, Any]], key: str) -> str:
    """The values of the receivers; one when all are equal."""
    said = ["" if row[key] is None else str(row[key]) for row in rows]
    return said[0] if len(set(said)) == 1 else " / ".join(said)
