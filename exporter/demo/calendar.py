"""When things happen in the demo and to whom: hours with their load, and slots that share the load out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from random import Random
from typing import Final

from exporter.demo.world import CALL_CHANNELS, CHAT_CHANNELS, Agent, World, chance

SLOTS: Final = 1024
CHATS_PER_CALL: Final = 0.35
GROWTH: Final = 1.5
LAUNCH_DAYS: Final = 14
LAUNCH: Final = 14.0
"""Growth over the whole time as a power of e, and how many times more a launch brings by the end of the last days.

With the defaults of the settings the last day's load meets that of the live workload, so a graph has no step there.
"""
WEEKDAYS: Final = (1.0, 1.06, 1.05, 1.02, 0.94, 0.46, 0.34)
HOURS: Final = (
    0.12, 0.08, 0.06, 0.05, 0.06, 0.10, 0.22, 0.45, 0.80, 1.10, 1.25, 1.22,
    1.00, 1.05, 1.20, 1.24, 1.18, 1.05, 0.85, 0.70, 0.55, 0.42, 0.30, 0.20,
)  # fmt: skip
ERROR_RATES: Final = {"llm": 0.006, "stt": 0.004, "tts": 0.004, "telephony": 0.009}


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of history: its first call and chat by number, how many, and how well the platform works."""

    number: int
    epoch: float
    span: int
    first_call: int
    calls: int
    first_chat: int
    chats: int
    slow: float
    llm: float
    stt: float
    tts: float
    telephony: float


Option = tuple[str, str, str, str, str | None]
"""Tenant, agent, type of agent, channel, campaign."""

Slot = tuple[int, str, int, str, str, str, str, str | None]


def spans(world: World) -> int:
    """Number of parts of the history within which the mix of tenants and campaigns stays the same."""
    return max(1, min(52, world.days // 7))


def hours(world: World, calls: int) -> Iterator[Hour]:
    """Every hour; the calls of all of them add up to `calls` exactly."""
    random = chance(f"{world.seed} hours")
    weights = [_weight(world, number, random) for number in range(world.hours)]
    total = sum(weights)
    ends = [round(calls * part / total) for part in accumulate(weights)]
    chats = [round(calls * CHATS_PER_CALL * part / total) for part in accumulate(weights)]
    start = world.start.timestamp()
    for number in range(world.hours):
        first, first_chat = (ends[number - 1], chats[number - 1]) if number else (0, 0)
        rates = dict(ERROR_RATES)
        slow = 1.0
        for incident in world.incidents:
            if incident.start <= number < incident.start + incident.hours:
                rates[incident.component] *= incident.errors
                slow = max(slow, incident.slow)
        span = number * spans(world) // world.hours
        counts = (first, ends[number] - first, first_chat, chats[number] - first_chat)
        yield Hour(number, start + 3600 * number, span, *counts, slow, *(rates[part] for part in ERROR_RATES))


def _weight(world: World, number: int, random: Random) -> float:
    """Load of an hour: growth, the season of the year, the day of the week, the hour of the day, and chance."""
    at = world.start + timedelta(hours=number)
    growth = math.exp(GROWTH * (number / world.hours - 1))
    days_left = (world.hours - number) / 24
    growth *= 1 + LAUNCH * max(0.0, 1 - days_left / min(LAUNCH_DAYS, world.days))
    season = 1 + 0.08 * math.sin(2 * math.pi * at.timetuple().tm_yday / 365)
    return growth * season * WEEKDAYS[at.weekday()] * HOURS[at.hour] * random.lognormvariate(0, 0.08)


def slots(world: World) -> Iterator[Slot]:
    """For each span and for calls and chats alike, 1024 equal shares: tenant, agent, type, channel, campaign."""
    count = spans(world)
    for span in range(count):
        part = (span / count, (span + 1) / count)
        for kind, options in (("call", _calls(world, *part)), ("chat", _chats(world, *part))):
            yield from ((span, kind, slot, *option) for slot, option in enumerate(_share(options)))


def current(world: World, kind: str) -> list[Option]:
    """The equal shares of calls or of chats at the end of the history."""
    last = (1 - 1 / spans(world), 1.0)
    return list(_share(_calls(world, *last) if kind == "call" else _chats(world, *last)))


def _calls(world: World, start: float, end: float) -> list[tuple[float, Option]]:
    found: list[tuple[float, Option]] = []
    for weight, agent in _agents(world, start, end):
        for channel, share in CALL_CHANNELS.get(agent.type, ()):
            found.append((weight * share * 0.55, (agent.tenant, agent.id, agent.type, channel, None)))
        found.extend(
            (weight * 0.45, (agent.tenant, agent.id, agent.type, "phone", campaign.name))
            for campaign in world.campaigns
            if campaign.agent == agent.id and campaign.runs_in(start, end)
        )
    return found


def _chats(world: World, start: float, end: float) -> list[tuple[float, Option]]:
    return [
        (weight * share, (agent.tenant, agent.id, agent.type, channel, None))
        for weight, agent in _agents(world, start, end)
        for channel, share in CHAT_CHANNELS.get(agent.type, ())
    ]


def _agents(world: World, start: float, end: float) -> Iterator[tuple[float, Agent]]:
    """Agents of the tenants that are customers in this part, with their share of the load."""
    tenants = {tenant.id: tenant for tenant in world.tenants if tenant.active(start, end)}
    for agent in world.agents:
        if agent.tenant in tenants:
            yield tenants[agent.tenant].weight * agent.weight, agent


def _share(options: list[tuple[float, Option]]) -> Iterator[Option]:
    """Share the slots out by weight."""
    total = sum(weight for weight, _ in options)
    ends = list(accumulate(weight * SLOTS / total for weight, _ in options))
    index = 0
    for slot in range(SLOTS):
        while index < len(options) - 1 and ends[index] < slot + 0.5:
            index += 1
        yield options[index][1]
