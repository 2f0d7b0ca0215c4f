"""Rows of the small tables: companies, agents, campaigns, plans, invoices, budgets, documents, experiments, incidents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from exporter.demo import clients
from exporter.demo.live_cost import UNRECORDED
from exporter.demo.world import CLOCK, GAP, MODELS, PLAN_PRICES, REPLACED, UNUSED, World, chance

Row = tuple[Any, ...]

LIMITS: Final = {
    "free": (500, 500, 1),
    "pro": (5_000, 8_000, 5),
    "business": (25_000, 40_000, 20),
    "premium": (200_000, 300_000, 100),
}
SPEECH_PRICES: Final = (
    ("deepgram", "stt", "second", 0.0000717), ("assemblyai", "stt", "second", 0.0000717), ("openai", "stt", "second", 0.0000717),
    ("elevenlabs", "tts", "character", 0.00003), ("cartesia", "tts", "character", 0.00003), ("openai", "tts", "character", 0.00003),
    ("carrier", "telephony", "minute", 0.0085),
)  # fmt: skip
TOPICS: Final = ("booking", "pricing", "opening hours", "delivery", "returns", "account", "technical help")
CATEGORIES: Final = {"complaint": "service", "technical help": "support"}
"""Categories of topics; all others are sales."""
DAY: Final = timedelta(days=1)


def early(world: World, calls: int) -> dict[str, Iterator[Row]]:
    """Tables that the rest of the history reads."""
    return {"experiments": _experiments(world, calls), "subscriptions": clients.subscriptions(world)}


def rows(world: World) -> dict[str, Iterator[Row]]:
    """Rows by table, in the order of the columns of the reference schema."""
    return {
        "tenants": clients.tenants(world),
        "agents": _agents(world),
        "campaigns": _campaigns(world),
        "campaign_runs": _runs(world),
        "prices": _prices(world),
        "plans": ((plan, price, price // 2, *LIMITS[plan]) for plan, price in PLAN_PRICES.items()),
        "invoices": clients.invoices(world),
        "knowledge_documents": _documents(world),
        "incidents": _incidents(world),
        "deployments": _deployments(world),
    }


def _agents(world: World) -> Iterator[Row]:
    random = chance(f"{world.seed} agents")
    tenants = {tenant.id: tenant for tenant in world.tenants}
    for agent in world.agents:
        tenant = tenants[agent.tenant]
        retired = None if tenant.left is None else world.at(tenant.left)
        updated = (retired or world.until) - random.random() * 40 * DAY
        status = "inactive" if retired else "active"
        created = world.since(tenant.joined)
        complete = round(0.7 + 0.3 * random.random(), 2)
        yield (
            agent.id,
            agent.tenant,
            agent.type,
            agent.model,
            status,
            complete,
            created,
            max(created, updated),
            retired,
        )
    name, of, kind, model = UNUSED
    made = world.until - 75 * DAY
    yield (name, of, kind, model, "active", 0.55, made, made, None)
    gone = world.at(0.55)
    yield (*REPLACED, "inactive", 0.9, world.since(0), gone, gone)


def _campaigns(world: World) -> Iterator[Row]:
    random = chance(f"{world.seed} campaigns")
    for campaign in world.campaigns:
        ended = campaign.runs[-1][1] if campaign.status == "ended" else None
        created = world.at(campaign.runs[0][0]) - 3 * DAY
        planned = 1000 * random.randint(2, 30)
        end = world.at(ended) if ended is not None else None
        yield (campaign.id, campaign.tenant, campaign.name, campaign.agent, campaign.status, planned, created, end)


def _runs(world: World) -> Iterator[Row]:
    for campaign in world.campaigns:
        for number, (start, stop) in enumerate(campaign.runs, 1):
            stopped = None if stop is None else world.at(stop)
            yield (f"{campaign.id}-{number}", campaign.id, campaign.tenant, campaign.name, world.at(start), stopped)


def _prices(world: World) -> Iterator[Row]:
    since = world.start - 365 * DAY
    for model in MODELS:
        parts = (
            ("input_token", model.input_usd),
            ("cached_input_token", model.cached_usd),
            ("output_token", model.output_usd),
        )
        for unit, price in parts:
            if price is not None and model.provider == UNRECORDED:
                cut = world.at(0.5)
                yield (f"{model.name}-{unit}-1", model.provider, model.name, unit, f"{1.25 * price:.12f}", since, cut)
                yield (f"{model.name}-{unit}", model.provider, model.name, unit, f"{price:.12f}", cut, None)
            elif price is not None:
                yield (f"{model.name}-{unit}", model.provider, model.name, unit, f"{price:.12f}", since, None)
    for provider, kind, unit, price in SPEECH_PRICES:
        yield (f"{provider}-{kind}", provider, kind, unit, f"{price:.7f}", since, None)


def _documents(world: World) -> Iterator[Row]:
    """Eighteen a tenant; most are read anew each month, some never, a few addresses expire, the last upload waits."""
    random = chance(f"{world.seed} documents")
    for tenant in world.tenants:
        joined = world.since(tenant.joined)
        for number in range(18):
            topic = random.choice(TOPICS)
            topic = TOPICS[0] if (tenant.id, topic) == GAP else topic
            uploaded = joined + random.random() * (world.until - joined)
            indexed: datetime | None = min(world.until, uploaded + random.random() * timedelta(minutes=10))
            last = max(uploaded, world.until - random.expovariate(1 / 25) * DAY)
            refreshed: datetime | None = last
            expired = removed = None
            if number == 17:
                uploaded = world.until - random.random() * timedelta(hours=36)
                indexed = refreshed = None
            elif random.random() < 0.12:
                expired = last + (world.until - last) / 2
                removed = expired + (world.until - expired) / 2 if random.random() < 0.5 else None
            status = "pending" if indexed is None else "removed" if removed else "expired" if expired else "indexed"
            head = (f"document-{tenant.id}-{number}", tenant.id, f"{topic.capitalize()}, part {number + 1}")
            url = f"https://{tenant.id}.example.com/{topic.replace(' ', '-')}/{number}"
            yield (*head, url, topic, status, uploaded, indexed, refreshed, expired, removed)


def _experiments(world: World, calls: int) -> Iterator[Row]:
    """Two that are over and one that runs; the plans ask for about as many visitors as there are, the last for more."""
    plans = (
        (0, "Shorter greeting", 0.2, 0.45, 0.02), (1, "Offer a slot first", 0.55, 0.8, 0.012), (2, "Warmer voice", 0.7, None, 0.02),
    )  # fmt: skip
    for index, name, start, end, share in plans:
        tenant = world.tenants[index]
        head = (
            f"experiment-{index + 1}",
            tenant.id,
            name,
            f"{tenant.id}-helpdesk",
            f"{name} converts better.",
            "conversion",
        )
        yield (*head, "A", max(200, round(share * calls)), world.at(start), None if end is None else world.at(end))


def _incidents(world: World) -> Iterator[Row]:
    for number, incident in enumerate(world.incidents, 1):
        start = world.start + timedelta(hours=incident.start)
        end = min(world.until, start + timedelta(hours=incident.hours))
        yield (f"incident-{number}", incident.title, incident.component, incident.severity, incident.cause, start, end)
    ago, hours = CLOCK
    if ago < world.days:
        start = world.until - ago * DAY
        words = ("Durations of calls are wrong", "telephony", "warning", "clock")
        yield ("incident-clock", *words, start, start + timedelta(hours=hours))


def _deployments(world: World) -> Iterator[Row]:
    """A release each week, and one right before each incident that a release caused."""
    random = chance(f"{world.seed} deployments")
    times = [
        (world.until - timedelta(days=day, hours=3), random.choice(("agent", "api", "speech")), "Weekly release.")
        for day in range(0, world.days, 7)
    ]
    times.extend(
        (world.start + timedelta(hours=incident.start, minutes=-4), incident.component, "New version.")
        for incident in world.incidents
        if incident.cause == "deployment"
    )
    for number, (at, component, note) in enumerate(sorted(times), 1):
        yield (f"deployment-{number}", component, f"1.{number}.0", note, at)
