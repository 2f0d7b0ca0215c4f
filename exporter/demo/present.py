"""What is going on at the last instant of the history: calls and chats that run, calls that wait, tasks in progress."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any, Final

from exporter.demo import calendar
from exporter.demo.database import Connection
from exporter.demo.world import World, chance

CALLS: Final = 12
CHATS: Final = 8
QUEUED: Final = 25
PLANNED: Final = 15
TASKS: Final = 6


def insert(connection: Connection, table: str, **values: Any) -> None:
    """Insert one row."""
    marks = ", ".join(["%s"] * len(values))
    connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})".encode(), tuple(values.values()))


def open_rows(connection: Connection, world: World) -> None:
    """Rows that are still open at the end of the history, whatever its size."""
    random = chance(f"{world.seed} present")
    calls, chats = calendar.current(world, "call"), calendar.current(world, "chat")
    for number in range(CALLS):
        _call(connection, world, random, f"open-{number}", random.choice(calls))
    for number in range(CHATS):
        tenant, agent, kind, channel, _ = random.choice(chats)
        who = {"tenant": tenant, "agent": agent, "agent_type": kind}
        started = world.until - random.random() * timedelta(minutes=4)
        head = {"id": f"chat-open-{number}", **who, "channel": channel, "visitor_id": f"visitor-{number}"}
        insert(connection, "agent_conversations", **head, device="mobile", topic="pricing", started_at=started)
        if number < TASKS:
            since = world.until - random.random() * timedelta(seconds=20)
            insert(
                connection,
                "agent_executions",
                id=f"task-open-{number}",
                **who,
                task="answer_question",
                started_at=since,
            )
    _queue(connection, world, random)


def _call(connection: Connection, world: World, random: Random, name: str, option: calendar.Option) -> None:
    tenant, agent, kind, channel, campaign = option
    initiated = world.until - timedelta(seconds=25 + 150 * random.random())
    answered = initiated + timedelta(seconds=5 + 15 * random.random())
    who = {"tenant": tenant, "agent": agent, "agent_type": kind, "channel": channel}
    direction = "outbound" if campaign else "inbound"
    times = {"initiated_at": initiated, "answered_at": answered}
    insert(connection, "call_sessions", id=f"call-{name}", **who, campaign=campaign, direction=direction, **times)
    head = {"id": f"conv-{name}", "call_id": f"call-{name}", **who, "device": "phone", "topic": "booking"}
    insert(connection, "agent_conversations", **head, started_at=answered)


def _queue(connection: Connection, world: World, random: Random) -> None:
    """Calls that are due and wait, and calls planned for the next day."""
    running = [campaign for campaign in world.campaigns if campaign.runs[-1][1] is None]
    for number in range(QUEUED + PLANNED):
        campaign = random.choice(running)
        planned = number >= QUEUED
        due = world.until + (timedelta(days=random.random()) if planned else -timedelta(minutes=10 * random.random()))
        head = {"id": f"scheduled-open-{number}", "tenant": campaign.tenant, "campaign": campaign.name}
        created = world.until - timedelta(hours=5)
        insert(connection, "scheduled_calls", **head, status="waiting", created_at=created, due_at=due)
