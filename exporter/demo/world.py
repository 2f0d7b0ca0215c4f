"""The invented companies, agents, campaigns, models and incidents of the demo, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Model:
    """A language model with US dollars per token (None: no price is known) and its usual answer time."""

    name: str
    provider: str
    input_usd: float | None
    cached_usd: float | None
    output_usd: float | None
    seconds: float
    reasoning: bool = False


# Names and prices of the first eight: LiteLLM's model_prices_and_context_window.json, MIT licence, copyright Berri AI.
MODELS: Final = (
    Model("gpt-4o-mini", "openai", 1.5e-07, 7.5e-08, 6e-07, 0.36),
    Model("gpt-4o", "openai", 2.5e-06, 1.25e-06, 1e-05, 0.45),
    Model("gpt-4.1-mini", "openai", 4e-07, 1e-07, 1.6e-06, 0.38),
    Model("gpt-5-mini", "openai", 2.5e-07, 2.5e-08, 2e-06, 0.55, reasoning=True),
    Model("claude-haiku-4-5", "anthropic", 1e-06, 1e-07, 5e-06, 0.40),
    Model("claude-sonnet-4-5", "anthropic", 3e-06, 3e-07, 1.5e-05, 0.52),
    Model("gemini/gemini-2.5-flash", "gemini", 3e-07, 3e-08, 2.5e-06, 0.34, reasoning=True),
    Model("deepseek/deepseek-chat", "deepseek", 2.8e-07, 2.8e-08, 4.2e-07, 0.48),
    Model("house-tuned-8b", "self-hosted", None, None, None, 0.28),
)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer. `joined` and `left` are fractions of the history; 0 means before it began."""

    id: str
    name: str
    plan: str
    country: str
    industry: str
    weight: float
    joined: float = 0.0
    left: float | None = None

    def active(self, start: float, end: float) -> bool:
        """Whether it is a customer throughout this part of the history."""
        return self.joined <= start and (self.left is None or end <= self.left)


PLAN_PRICES: Final = {"free": 0, "pro": 199, "business": 799, "premium": 2499}
NAMES: Final = (
    ("harbor-dental", "Harbor Dental", "premium", "US", "health"),
    ("maple-realty", "Maple Realty", "premium", "CA", "real estate"),
    ("summit-solar", "Summit Solar", "business", "US", "energy"),
    ("cedar-clinic", "Cedar Clinic", "business", "GB", "health"),
    ("orbit-telecom", "Orbit Telecom", "business", "DE", "telecom"),
    ("bluebird-travel", "Bluebird Travel", "pro", "FR", "travel"),
    ("granite-insurance", "Granite Insurance", "pro", "US", "insurance"),
    ("willow-hotels", "Willow Hotels", "pro", "ES", "travel"),
    ("pixel-academy", "Pixel Academy", "pro", "IN", "education"),
    ("ember-fitness", "Ember Fitness", "pro", "AU", "sports"),
    ("quarry-motors", "Quarry Motors", "free", "US", "retail"),
    ("lumen-books", "Lumen Books", "free", "GB", "retail"),
)
JOINED: Final = {5: 0.15, 7: 0.3, 9: 0.5, 10: 0.65}
LEFT: Final = {11: 0.8}


TASK_FAILURES: Final = 0.04
TOOL_FAILURES: Final = 0.012


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent of a tenant, with the services behind it."""

    id: str
    tenant: str
    type: str
    model: str
    fallback: str
    stt: str
    tts: str
    weight: float
    slower: float = 0.0
    """By which part its answers became slower on each of the last 14 days."""
    task_failures: float = TASK_FAILURES
    tool_failures: float = TOOL_FAILURES
    """Share of tool calls that failed within the last day."""
    caches: bool = True

    @property
    def pace(self) -> float:
        """How its answer time stands to that of others now; history.sql has the same line back into the past."""
        return 0.8 * (1 + 14 * self.slower) if self.slower else 1.0


TROUBLES: Final[dict[str, dict[str, Any]]] = {
    "maple-realty-helpdesk": {"slower": 0.022},
    "summit-solar-outreach": {"task_failures": 0.17},
    "harbor-dental-helpdesk": {"tool_failures": 0.12},
    "cedar-clinic-reception": {"caches": False},
}
"""Agents with which something is wrong, so that there is something to recommend."""

GAP: Final = ("harbor-dental", "opening hours")
"""A tenant and a topic that its people ask about and that nobody wrote a document about."""

CLOCK: Final = (9, 3)
"""So many days ago, and for so many hours, a clock ran backwards: some calls have no duration, or a negative one."""

UNUSED: Final = ("cedar-clinic-nightline", "cedar-clinic", "voice", "gpt-4o")
"""An agent that was set up and never given any work: its name, tenant, type and model."""

REPLACED: Final = ("harbor-dental-frontdesk", "harbor-dental", "voice", "gpt-4o-mini")
"""An agent of before the history that another one replaced: its name, tenant, type and model."""

ROLES: Final = (
    ("reception", "voice", 1.0), ("outreach", "voice", 0.9), ("helpdesk", "text", 0.8), ("showroom", "3d", 0.35),
)  # fmt: skip
CALL_CHANNELS: Final = {"voice": (("phone", 0.88), ("web", 0.12)), "3d": (("kiosk", 0.6), ("web", 0.4))}
CHAT_CHANNELS: Final = {
    "text": (("web", 0.55), ("whatsapp", 0.25), ("sms", 0.12), ("email", 0.08)),
    "3d": (("web", 1.0),),
}


@dataclass(frozen=True, slots=True)
class Campaign:
    """An outbound campaign with the parts of the history in which it runs; an open run has no end."""

    id: str
    name: str
    tenant: str
    agent: str
    status: str
    runs: tuple[tuple[float, float | None], ...]

    def runs_in(self, start: float, end: float) -> bool:
        """Whether it runs throughout this part of the history."""
        return any(begun <= start and (stopped is None or end <= stopped) for begun, stopped in self.runs)


PATTERNS: Final = (
    ("spring-promo", "ended", ((0.1, 0.35),)),
    ("win-back", "ended", ((0.4, 0.5), (0.55, 0.7))),
    ("renewals", "running", ((0.25, 0.6), (0.65, None))),
    ("new-listings", "running", ((0.6, None),)),
    ("survey", "paused", ((0.5, 0.9),)),
    ("open-day", "running", ((0.75, None),)),
)


@dataclass(frozen=True, slots=True)
class Incident:
    """Hours in which one component is slow, or fails more often than usual."""

    title: str
    component: str
    cause: str
    severity: str
    start: int
    hours: int
    slow: float
    errors: float


CAUSES: Final = (
    ("llm", "Language model provider overloaded", "provider", 2.6, 9.0),
    ("telephony", "Carrier rejects calls", "carrier", 1.0, 14.0),
    ("stt", "Speech recognition degraded", "deployment", 1.5, 10.0),
    ("tts", "Speech synthesis times out", "provider", 1.9, 12.0),
    ("llm", "Slow answers after a release", "deployment", 2.1, 2.0),
)


@dataclass(frozen=True)
class World:
    """Everything that is drawn once from the seed, for a history of `days` that ends at `until`."""

    seed: int
    days: int
    until: datetime
    tenants: tuple[Tenant, ...]
    agents: tuple[Agent, ...]
    campaigns: tuple[Campaign, ...]
    incidents: tuple[Incident, ...]

    @property
    def start(self) -> datetime:
        """First instant of the history."""
        return self.until - timedelta(days=self.days)

    @property
    def hours(self) -> int:
        """Length of the history in hours."""
        return self.days * 24

    def at(self, fraction: float) -> datetime:
        """The instant at a fraction of the history."""
        return self.start + timedelta(days=self.days) * fraction

    def since(self, fraction: float, *, early: timedelta = timedelta(days=30)) -> datetime:
        """Like `at`, but what is as old as the history began some time before it."""
        return self.at(fraction) if fraction > 0 else self.start - early


def chance(name: str) -> Random:
    """Random numbers that belong to a name: the same on every machine."""
    return Random(name)  # noqa: S311 - demo data, no secret


def build(seed: int, days: int, until: datetime) -> World:
    """The world of this seed. The same arguments give the same world on every machine."""
    random = chance(f"{seed} world")
    tenants = tuple(
        Tenant(
            *names,
            weight=(1 + 0.1 * random.random()) / (1 + index) ** 1.1,
            joined=JOINED.get(index, 0.0),
            left=LEFT.get(index),
        )
        for index, names in enumerate(NAMES)
    )
    agents = tuple(_agent(random, tenant, role) for tenant in tenants for role in ROLES)
    return World(seed, days, until, tenants, agents, _campaigns(tenants), _incidents(random, days * 24))


def _agent(random: Random, tenant: Tenant, role: tuple[str, str, float]) -> Agent:
    name, kind, weight = role
    model, fallback = random.sample([model.name for model in MODELS], 2)
    return Agent(
        id=f"{tenant.id}-{name}",
        tenant=tenant.id,
        type=kind,
        model=model,
        fallback=fallback,
        stt=random.choice(("deepgram", "deepgram", "assemblyai", "openai")),
        tts=random.choice(("elevenlabs", "elevenlabs", "cartesia", "openai")),
        weight=weight * (0.7 + 0.6 * random.random()),
        **TROUBLES.get(f"{tenant.id}-{name}", {}),
    )


def _campaigns(tenants: tuple[Tenant, ...]) -> tuple[Campaign, ...]:
    found = []
    for index, tenant in enumerate(tenant for tenant in tenants if tenant.joined == 0 and tenant.left is None):
        for name, status, runs in (PATTERNS[index % 6], PATTERNS[(index + 2) % 6], PATTERNS[(index + 3) % 6]):
            number = f"{tenant.id}-{name}"
            found.append(Campaign(f"campaign-{number}", number, tenant.id, f"{tenant.id}-outreach", status, runs))
    return tuple(found)


def _incidents(random: Random, hours: int) -> tuple[Incident, ...]:
    """About one incident in eight days, a few hours long, none within the last day."""
    found = []
    for number in range(max(1, hours // 200)):
        component, title, cause, slow, errors = CAUSES[number % len(CAUSES)]
        start = random.randrange(max(1, hours - 30))
        severity = "critical" if errors > 9 else "warning"
        found.append(Incident(title, component, cause, severity, start, random.randint(2, 7), slow, errors))
    return tuple(sorted(found, key=lambda incident: incident.start))
