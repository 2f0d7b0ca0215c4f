"""What happens next in the live demo: a schedule of small steps, each of which writes a row or two."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final
from uuid import uuid4

from exporter.demo import calendar, live_agents, live_behaviour, live_content, live_leads, live_revenue, steps
from exporter.demo.database import Connection
from exporter.demo.loading import DETAIL
from exporter.demo.present import insert
from exporter.demo.world import World, chance

Step = Callable[[datetime], None]

OPEN_CALLS: Final = """
SELECT c.id, v.id, c.tenant, c.agent, c.agent_type, c.channel, c.initiated_at, c.answered_at FROM call_sessions c
LEFT JOIN agent_conversations v ON v.call_id = c.id WHERE c.ended_at IS NULL
"""
OPEN_CHATS: Final = """
SELECT NULL, id, tenant, agent, agent_type, channel, started_at, started_at FROM agent_conversations v
WHERE ended_at IS NULL AND NOT EXISTS (SELECT FROM call_sessions c WHERE c.id = v.call_id AND c.ended_at IS NULL)
"""
END_TASKS: Final = """
UPDATE agent_executions SET ended_at = %s, status = 'completed', duration_seconds = extract(epoch FROM %s - started_at)
WHERE ended_at IS NULL
"""
LEAVE_QUEUE: Final = """
UPDATE scheduled_calls SET left_queue_at = %s, status = 'dialled' WHERE id IN (
    SELECT id FROM scheduled_calls WHERE left_queue_at IS NULL AND due_at < %s ORDER BY due_at DESC LIMIT %s OFFSET 8
)
"""


@dataclass(eq=False)
class Talk:
    """A call or a chat that goes on. `call` and `conversation` are ids; a chat has no call."""

    call: str | None
    conversation: str | None
    who: dict[str, Any]
    channel: str
    begun: datetime
    answers: int = 1
    answered: datetime | None = None


@dataclass
class Activity:
    """The live workload on one connection. `advance` does everything that is due; the caller commits."""

    connection: Connection
    world: World
    calls_per_minute: float
    random: Random = field(default_factory=lambda: chance(uuid4().hex))
    running: set[Talk] = field(default_factory=set)
    _agenda: list[tuple[datetime, int, Step]] = field(default_factory=list)
    _order: Any = field(default_factory=count)

    @property
    def chats_open(self) -> int:
        """Chats that go on; each holds a websocket."""
        return sum(talk.call is None for talk in self.running)

    def begin(self, now: datetime) -> None:
        """Take over what a former run left open, and start the arrivals."""
        self._planned = now
        self.calls = calendar.current(self.world, "call")
        self.chats = calendar.current(self.world, "chat")
        self._adopt(now)
        self._call_comes(now)
        self._chat_comes(now)
        self._plan_comes(now)
        self._minute(now)
        live_agents.begin(self, now)
        live_leads.begin(self, now)
        live_revenue.begin(self, now)

    def advance(self, now: datetime) -> None:
        """Do every step that is due."""
        while self._agenda and self._agenda[0][0] <= now:
            self._planned, _, step = heapq.heappop(self._agenda)
            step(now)

    def later(self, start: datetime, seconds: float, step: Step) -> None:
        """Do something some seconds after an instant."""
        self._in(start, seconds, step)

    def again(self, now: datetime, per_minute: float, step: Step) -> None:
        """Repeat at random times with this mean rate."""
        self._again(now, per_minute, step)

    def _in(self, start: datetime, seconds: float, step: Step) -> None:
        heapq.heappush(self._agenda, (start + timedelta(seconds=seconds), next(self._order), step))

    def _again(self, now: datetime, per_minute: float, step: Step) -> None:
        """Repeat at random times with this mean rate, which breathes by a fifth within the hour."""
        rate = per_minute * (1 + 0.2 * math.sin(now.timestamp() / 3600 * 2 * math.pi))
        # Counted from the planned time, or every arrival would lose a part of a tick; after a stall nothing is made up for.
        start = max(self._planned, now - timedelta(seconds=5))
        self._in(start, self.random.expovariate(rate / 60), step)

    def _adopt(self, now: datetime) -> None:
        """Calls and chats of a former run end within a minute or so; tasks at once."""
        for query in (OPEN_CALLS, OPEN_CHATS):
            for call, conversation, tenant, agent, kind, channel, begun, answered in self._rows(query):
                who = {"tenant": tenant, "agent": agent, "agent_type": kind}
                talk = Talk(call, conversation, who, channel, begun, 3, answered)
                self.running.add(talk)
                self._in(now, self.random.uniform(1, 70), self._ends(talk))
        self.connection.execute(END_TASKS.encode(), (now, now))

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode()).fetchall()

    def _call_comes(self, now: datetime) -> None:
        self._start_call(now)
        self._again(now, self.calls_per_minute, self._call_comes)

    def _start_call(self, now: datetime) -> None:
        tenant, agent, kind, channel, campaign = self.random.choice(self.calls)
        talk = Talk(f"call-{uuid4().hex}", None, {"tenant": tenant, "agent": agent, "agent_type": kind}, channel, now)
        direction = "outbound" if campaign else "inbound"
        head = {"id": talk.call, **talk.who, "channel": channel, "campaign": campaign, "direction": direction}
        insert(self.connection, "call_sessions", **head, initiated_at=now)
        self.running.add(talk)
        if self.random.random() < (0.58 if campaign else 0.96):
            self._in(now, self.random.uniform(4, 22), lambda then: self._answered(talk, then))
        else:
            self._in(now, self.random.uniform(20, 40), self._ends(talk))

    def _answered(self, talk: Talk, now: datetime) -> None:
        if self.random.random() < calendar.ERROR_RATES["telephony"]:
            self._ends(talk, "failed")(now)
            return
        talk.answered = now
        self.connection.execute(b"UPDATE call_sessions SET answered_at = %s WHERE id = %s", (now, talk.call))
        self._converse(talk, now, min(900.0, 104 * self.random.lognormvariate(0, 0.7)))

    def _chat_comes(self, now: datetime) -> None:
        tenant, agent, kind, channel, _ = self.random.choice(self.chats)
        talk = Talk(None, None, {"tenant": tenant, "agent": agent, "agent_type": kind}, channel, now, answered=now)
        self.running.add(talk)
        self._converse(talk, now, min(900.0, 150 * self.random.lognormvariate(0, 0.7)))
        self._again(now, self.calls_per_minute * calendar.CHATS_PER_CALL, self._chat_comes)

    def _converse(self, talk: Talk, now: datetime, seconds: float) -> None:
        """Open the conversation, plan its turns if it is one of those that are traced, and its end."""
        talk.conversation = f"conv-{uuid4().hex}"
        talk.answers = max(1, min(9, round(seconds / 30)))
        head = {"id": talk.conversation, "call_id": talk.call, **talk.who, "channel": talk.channel}
        who = live_behaviour.visit(self.random, phone=talk.call is not None)
        insert(
            self.connection,
            "agent_conversations",
            **head,
            **who,
            topic=steps.topic(self.random),
            started_at=now,
        )
        live_content.ask(self, talk, now)
        if self.random.randrange(DETAIL) == 0:
            for number in range(1, talk.answers + 1):
                self._in(now, seconds * number / (talk.answers + 0.7), lambda then: steps.turn(self, talk, then))
        self._in(now, seconds, self._ends(talk))

    def _ends(self, talk: Talk, outcome: str | None = None) -> Step:
        """The step that closes a call or chat; the last call in progress is followed by a new one at once."""

        def end(now: datetime) -> None:
            self.running.discard(talk)
            steps.close(self, talk, outcome, now)
            if talk.call and not any(other.call for other in self.running):
                self._start_call(now)

        return end

    def _plan_comes(self, now: datetime) -> None:
        """A call is planned; those that waited longest leave the queue."""
        campaigns = [campaign for campaign in self.world.campaigns if campaign.runs[-1][1] is None]
        campaign = self.random.choice(campaigns)
        head = {
            "id": f"scheduled-{uuid4().hex}",
            "tenant": campaign.tenant,
            "campaign": campaign.name,
            "status": "waiting",
        }
        insert(self.connection, "scheduled_calls", **head, created_at=now, due_at=now)
        self.connection.execute(LEAVE_QUEUE.encode(), (now, now, self.random.randint(0, 3)))
        self._again(now, self.calls_per_minute / 4, self._plan_comes)

    def _minute(self, now: datetime) -> None:
        steps.minute(self, now)
        live_behaviour.minute(self, now)
        live_content.minute(self, now)
        self._in(now, 60, self._minute)
