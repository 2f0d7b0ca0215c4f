"""Real telemarketing calls of a bank, put into the reference schema. What the file does not say follows these rules.

- Outcome: a sale (`y` is yes) is qualified; a call of 0 s is no_answer; one under 10 s is failed (the line broke); a
  buyer of an earlier campaign (`poutcome` is success) who did not buy again is callback; all others not_interested.
- Channel: telephone is phone, cellular is mobile. Agent: the shift of the weekday. Campaign: the month.
- Answered: 3 s after dialling, unless nobody answered.
- Tenant `settled`: the file is in the order of time and of 2008, so a change of weekday is the next such day, and a
  day's calls start 9:00 UTC at intervals of 5 s. Every call has ended.
- Tenant `live`: the same calls, four a second, the last of them now. A call whose length is not over has no end, no
  length and no outcome yet, as a system in the middle of its work has it.
- Queue of each tenant: a failed or unanswered call is due again at its end and waits; a person who said no in an
  earlier campaign (`poutcome` is failure) was due at the end too but was taken out a second later; a callback is due a
  year from now. The queue of `settled` is empty: all of its rows have left.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

import exporter.schema
from tests.real.data import file

CALLS = "traffic/bank_telemarketing_calls.csv"
CHANNELS = {"telephone": "phone", "cellular": "mobile"}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
MONTHS = {"may": 5, "jun": 6, "jul": 7, "aug": 8, "oct": 10, "nov": 11}
FIRST_DAY = datetime(2008, 5, 5, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Call:
    """One line of the file."""

    agent: str
    channel: str
    campaign: str
    month: str
    weekday: str
    duration: int
    before: str
    outcome: str


def calls() -> list[Call]:
    """The calls of the file, in its order."""
    with file(CALLS).open(encoding="utf-8", newline="") as lines:
        return [
            Call(
                agent=f"shift-{row['day_of_week']}",
                channel=CHANNELS[row["contact"]],
                campaign=row["month"],
                month=row["month"],
                weekday=row["day_of_week"],
                duration=int(row["duration"]),
                before=row["poutcome"],
                outcome=_outcome(row["y"], int(row["duration"]), row["poutcome"]),
            )
            for row in csv.DictReader(lines, delimiter=";")
        ]


def _outcome(sold: str, duration: int, before: str) -> str:
    if sold == "yes":
        return "qualified"
    if duration < 10:
        return "no_answer" if duration == 0 else "failed"
    return "callback" if before == "success" else "not_interested"


def load(connection: psycopg.Connection[Any], now: datetime) -> None:
    """The reference schema with both tenants' calls and queues."""
    connection.execute((Path(exporter.schema.__file__).parent / "reference.sql").read_bytes())
    found = calls()
    live = [now - timedelta(seconds=0.25 * (len(found) - 1 - index)) for index in range(len(found))]
    with connection.cursor() as cursor:
        for tenant, starts in (("settled", list(_days(found))), ("live", live)):
            rows = list(zip(found, starts, strict=True))
            _copy(cursor, "call_sessions", SESSION, (_session(tenant, i, *row, now) for i, row in enumerate(rows)))
            queue = (_scheduled(tenant, i, *row, now) for i, row in enumerate(rows))
            _copy(cursor, "scheduled_calls", SCHEDULED, (row for row in queue if row is not None))


SESSION = (
    "id", "tenant", "agent", "agent_type", "channel", "campaign", "outcome", "initiated_at", "answered_at", "ended_at",
    "duration_seconds",
)  # fmt: skip
SCHEDULED = ("id", "tenant", "campaign", "status", "created_at", "due_at", "left_queue_at")


def _copy(cursor: psycopg.Cursor[Any], table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _session(tenant: str, number: int, call: Call, start: datetime, now: datetime) -> tuple[Any, ...]:
    end = start + timedelta(seconds=call.duration)
    over = end <= now
    answered = start + timedelta(seconds=min(3, call.duration))
    return (
        f"{tenant}-{number}", tenant, call.agent, "voice", call.channel, call.campaign, call.outcome if over else None,
        start, answered if call.outcome != "no_answer" and answered <= now else None, end if over else None,
        float(call.duration) if over else None,
    )  # fmt: skip


def _scheduled(tenant: str, number: int, call: Call, start: datetime, now: datetime) -> tuple[Any, ...] | None:
    due = start + timedelta(seconds=call.duration)
    if due > now or not (call.outcome in ("failed", "no_answer", "callback") or call.before == "failure"):
        return None
    left = due + timedelta(seconds=1) if tenant == "settled" or call.before == "failure" else None
    if call.outcome == "callback" and tenant == "live":
        due, left = now + timedelta(days=365), None
    return f"{tenant}-{number}", tenant, call.campaign, "waiting" if left is None else "left", start, due, left


def _days(found: list[Call]) -> Iterator[datetime]:
    """Start of each call of a file that is in the order of time."""
    day, count, last = FIRST_DAY, 0, found[0]
    for call in found:
        if (call.month, call.weekday) != (last.month, last.weekday):
            day, count, last = _next(day, call), 0, call
        yield day + timedelta(seconds=5 * count)
        count += 1


def _next(day: datetime, call: Call) -> datetime:
    day += timedelta(days=1)
    while day.month != MONTHS[call.month] or day.weekday() != WEEKDAYS.index(call.weekday):
        day += timedelta(days=1)
    return day
