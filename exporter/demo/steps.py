"""The rows that one step of the live demo writes."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from exporter.demo import live_cost, live_satisfaction
from exporter.demo.calendar import ERROR_RATES
from exporter.demo.present import insert
from exporter.demo.world import MODELS, Model, chance

if TYPE_CHECKING:
    from exporter.demo.activity import Activity, Talk

TOPICS: Final = ("booking", "pricing", "opening hours", "delivery", "returns", "account", "technical help", "complaint")
TOOLS: Final = ("search_knowledge", "crm_lookup", "check_calendar", "book_appointment", "send_sms")
ERRORS: Final = {
    "llm": ("timeout", "rate_limit", "server_error", "content_filter"),
    "stt": ("timeout", "bad_audio"),
    "tts": ("timeout", "rate_limit"),
    "tool": ("timeout", "invalid_arguments", "server_error"),
    "telephony": ("carrier_rejected", "network", "no_circuit"),
}
COMPONENTS: Final = {
    "database": 0.002,
    "redis": 0.0008,
    "llm": 0.35,
    "stt": 0.12,
    "tts": 0.15,
    "telephony": 0.09,
    "worker": 0.01,
    "api": 0.04,
}
OUTCOMES: Final = {"completed": 0.5, "appointment_booked": 0.2, "qualified": 0.16, "not_interested": 0.14}


def topic(random: Random) -> str:
    """What a conversation is about."""
    return random.choice(TOPICS)


def tail(random: Random, median: float, spread: float) -> float:
    """A duration with this median and a long right tail."""
    chance = min(0.9999, max(0.0001, random.random()))
    return float(round(median * (chance / (1 - chance)) ** spread, 4))


def turn(activity: Activity, talk: Talk, now: datetime) -> None:
    """One exchange with everything behind it."""
    random = activity.random
    head = {"conversation_id": talk.conversation, **talk.who, "ended_at": now}
    agent = next(agent for agent in activity.world.agents if agent.id == talk.who["agent"])
    insert(
        activity.connection,
        "turns",
        id=f"turn-{uuid4().hex}",
        **head,
        latency_seconds=tail(random, 0.44 * agent.pace, 0.17),
        interrupted=random.random() < 0.06,
    )
    # One model serves a conversation from its first answer to its last.
    name = agent.model if chance(str(talk.conversation)).random() < 0.86 else agent.fallback
    _llm(activity, talk, head, next(model for model in MODELS if model.name == name), agent.caches)
    if agent.type != "text":
        audio = round(random.uniform(2, 11), 2)
        _step(
            activity,
            talk,
            head,
            "stt",
            0.16,
            provider=agent.stt,
            audio_seconds=audio,
            cost_usd=round(audio * 0.0000717, 8),
        )
        characters = random.randint(60, 300)
        _step(
            activity,
            talk,
            head,
            "tts",
            0.21,
            provider=agent.tts,
            characters=characters,
            cost_usd=round(characters * 0.00003, 8),
        )
    if random.random() < 0.3:
        _step(activity, talk, head, "tool", 0.12, failures=agent.tool_failures, tool=random.choice(TOOLS))


def _step(
    activity: Activity,
    talk: Talk,
    head: dict[str, Any],
    component: str,
    median: float,
    *,
    failures: float = 0.0,
    **values: Any,
) -> None:
    """A request to speech recognition, speech synthesis or a tool."""
    table = {"stt": "stt_requests", "tts": "tts_requests", "tool": "tool_calls"}[component]
    name = f"{component}-{uuid4().hex}"
    failed = activity.random.random() < max(failures, ERROR_RATES.get(component, 0.0))
    if failed:
        error(activity, talk, component, name, head["ended_at"])
        values |= {"cost_usd": 0} if "cost_usd" in values else {}
    seconds = 0 if failed else tail(activity.random, median, 0.19)
    insert(
        activity.connection,
        table,
        id=name,
        **head,
        status="error" if failed else "ok",
        duration_seconds=seconds,
        **values,
    )


def _llm(activity: Activity, talk: Talk, head: dict[str, Any], model: Model, caches: bool) -> None:
    random, name = activity.random, f"llm-{uuid4().hex}"
    head = {"id": name, **head, "model": model.name, "provider": model.provider}
    if random.random() < ERROR_RATES["llm"]:
        error(activity, talk, "llm", name, head["ended_at"])
        insert(activity.connection, "llm_requests", **head, status="error", duration_seconds=0, cost_usd=0)
        return
    fresh, output = random.randint(300, 1200), random.randint(25, 120)
    cached = random.randint(1024, 1900) if random.random() < 0.6 else 0
    if not caches:
        fresh, cached = fresh + cached, 0
    reasoned = random.randint(40, 200) if model.reasoning else 0
    cost = None
    if model.input_usd is not None and model.cached_usd is not None and model.output_usd is not None:
        cost = round(fresh * model.input_usd + cached * model.cached_usd + (output + reasoned) * model.output_usd, 8)
    seconds = tail(random, model.seconds, 0.16)
    tokens = {
        "input_tokens": fresh,
        "cached_input_tokens": cached,
        "output_tokens": output,
        "reasoning_tokens": reasoned,
    }
    price = live_cost.recorded(model, cost)
    times = {"duration_seconds": seconds, "time_to_first_token_seconds": round(seconds * random.uniform(0.35, 0.55), 4)}
    insert(activity.connection, "llm_requests", **head, status="ok", **times, **tokens, **price)


def error(activity: Activity, talk: Talk, component: str, source: str, now: datetime) -> None:
    """One error with a class that fits the component."""
    kind = activity.random.choice(ERRORS[component])
    head = {"id": f"error-{source}", **talk.who, "type": kind, "component": component, "source_id": source}
    insert(activity.connection, "error_events", **head, occurred_at=now)


def close(activity: Activity, talk: Talk, outcome: str | None, now: datetime) -> None:
    """End a call, and the conversation if there is one."""
    random = activity.random
    if talk.conversation is not None:
        _end_conversation(activity, talk, now)
    if talk.call is None:
        return
    seconds = round((now - talk.begun).total_seconds(), 3)
    if outcome is None:
        outcome = random.choices(list(OUTCOMES), list(OUTCOMES.values()))[0] if talk.answered else "no_answer"
    if outcome == "failed":
        error(activity, talk, "telephony", talk.call, now)
    cost, billed = live_cost.call(random, (now - talk.answered).total_seconds() if talk.answered else 0.0)
    quality = (
        (random.randint(0, 2), round(random.uniform(3.8, 4.4), 2), round(random.uniform(0.92, 0.98), 4))
        if talk.answered
        else (None,) * 3
    )
    query = (
        "UPDATE call_sessions SET ended_at = %s, outcome = %s, duration_seconds = %s, telephony_cost_usd = %s, "
        "billed_seconds = %s, interruptions = %s, voice_quality = %s, transcription_accuracy = %s WHERE id = %s"
    )
    activity.connection.execute(query.encode(), (now, outcome, seconds, cost, billed, *quality, talk.call))


def _end_conversation(activity: Activity, talk: Talk, now: datetime) -> None:
    random = activity.random
    handed, goal = random.random() < 0.05, random.random() < 0.965
    resolution = "escalated" if handed else "resolved" if goal else random.choice(("abandoned", "unresolved"))
    confidence = max(0.05, 1 - tail(random, 0.15, 0.4))
    sentiment = min(0.99, max(0.02, random.gauss(0.66, 0.16) - (0 if goal else 0.3)))
    emotion = (
        "happy"
        if sentiment > 0.75
        else "satisfied"
        if sentiment > 0.6
        else "neutral"
        if sentiment > 0.4
        else "frustrated"
    )
    seconds = (now - (talk.answered or talk.begun)).total_seconds()
    query = (
        "UPDATE agent_conversations SET ended_at = %s, duration_seconds = %s, resolution = %s, goal_achieved = %s, handed_off = %s, "
        "messages = %s, answers = %s, fallbacks = %s, confidence = %s, sentiment = %s, emotion = %s WHERE id = %s"
    )
    known = (goal and not handed) if random.random() < 0.9 else None
    counts = (2 * talk.answers + 1, talk.answers, int(random.random() < 0.12))
    values = (round(seconds, 3), resolution, known, handed, *counts, round(confidence, 3), round(sentiment, 3), emotion)
    activity.connection.execute(query.encode(), (now, *values, talk.conversation))
    live_satisfaction.answer(activity, talk, sentiment, now)


def minute(activity: Activity, now: datetime) -> None:
    """What is written once a minute: probes and load."""
    random, connection = activity.random, activity.connection
    for component, base in COMPONENTS.items():
        status = "down" if random.random() < 0.0005 else "up"
        latency = tail(random, base, 0.2)
        insert(
            connection,
            "health_checks",
            id=uuid4().hex,
            component=component,
            status=status,
            latency_seconds=latency,
            checked_at=now,
        )
    for host in ("app-1", "app-2"):
        load = {"cpu_ratio": round(random.uniform(0.3, 0.5), 3), "memory_ratio": round(random.uniform(0.5, 0.6), 3)}
        cache = {
            "cache_hits": random.randint(80, 150),
            "cache_misses": random.randint(2, 12),
            "queue_depth": random.randint(0, 9),
        }
        insert(
            connection,
            "system_samples",
            id=uuid4().hex,
            host=host,
            **load,
            **cache,
            query_seconds=tail(random, 0.004, 0.3),
            sampled_at=now,
        )
