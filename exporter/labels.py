"""Every label of the catalogue, once: name, meaning and how many values may have series of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OTHER: Final = "other"
"""The value under which everything beyond a label's cap is counted."""

UNKNOWN: Final = "unknown"
"""The value of a label whose column is NULL, empty or not mapped."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label. `cap` is the default number of values with series of their own; `derived` ones come from the event time."""

    name: str
    help: str
    cap: int
    derived: str = ""


TENANT: Final = Label("tenant", "Customer or workspace.", 200)
AGENT: Final = Label("agent", "Agent (bot, assistant).", 500)
AGENT_TYPE: Final = Label("agent_type", "voice, text or 3d.", 10)
CHANNEL: Final = Label("channel", "Way in: phone, web, whatsapp, ...", 20)
CAMPAIGN: Final = Label("campaign", "Outbound campaign.", 300)
OUTCOME: Final = Label("outcome", "How a call ended.", 20)
RESOLUTION: Final = Label("resolution", "How a conversation ended.", 20)
MODEL: Final = Label("model", "Model that served the request.", 200)
PROVIDER: Final = Label("provider", "Company or service that served the request.", 50)
TOOL: Final = Label("tool", "Tool that the agent called.", 200)
STATUS: Final = Label("status", "ok or error; of a task completed, failed or timeout.", 10)
KIND: Final = Label("kind", "Part of a whole, such as the kind of token.", 50)
TYPE: Final = Label("type", "Class of an error.", 100)
COMPONENT: Final = Label("component", "Part of the system: llm, stt, tts, tool, telephony, ...", 30)
REASON: Final = Label("reason", "Why something was not counted.", 20)
QUEUE: Final = Label("queue", "Name of a queue.", 50)
PLAN: Final = Label("plan", "Plan that a customer pays for.", 50)
TASK: Final = Label("task", "Kind of task that an agent carries out.", 100)
PRIORITY: Final = Label("priority", "critical, high, medium or low.", 4)
CATEGORY: Final = Label("category", "Group of things that belong together.", 100)
BUDGET: Final = Label("budget", "Name of a budget.", 200)
PERIOD: Final = Label("period", "Length of time: day, week, month, year.", 10)
SOURCE: Final = Label("source", "Where something comes from.", 50)
BAND: Final = Label("band", "Range of a score, in words.", 10)
EMOTION: Final = Label("emotion", "Feeling in a conversation.", 20)
TOPIC: Final = Label("topic", "What a question or a document is about.", 100)
STAGE: Final = Label("stage", "Step on a way from first contact to success.", 20)
FEATURE: Final = Label("feature", "Feature of the product.", 200)
EVENT: Final = Label("event", "Kind of thing that a user did.", 50)
DEVICE: Final = Label("device", "Kind of device.", 20)
COUNTRY: Final = Label("country", "Country, two letters of ISO 3166-1.", 250)
REFERRER: Final = Label("referrer", "Where a visitor came from.", 50)
EXPERIMENT: Final = Label("experiment", "Name of an experiment.", 100)
VARIANT: Final = Label("variant", "One of the things that an experiment compares.", 20)
PART: Final = Label("part", "Part of the platform that is probed.", 50)
HOST: Final = Label("host", "Machine.", 200)
COHORT: Final = Label("cohort", "Those who began in the same month, such as 2026-03.", 60)
RECOMMENDATION: Final = Label("recommendation", "Identity of a recommendation: its rule and what it is about.", 2000)
RULE: Final = Label("rule", "Rule that made a recommendation.", 100)
TITLE: Final = Label("title", "A rule's recommendation in a few words.", 100)
ISSUE: Final = Label("issue", "What a rule says will happen if nothing is done.", 100)
ACTION: Final = Label("action", "What a rule says should be done.", 100)
IMPACT: Final = Label("impact", "What a rule says is gained by it.", 100)
UNIT: Final = Label("unit", "Unit of a number.", 20)
ROLE: Final = Label("role", "Who speaks: person, agent, tool, system.", 10)
AGE: Final = Label("age", "Whole months since the beginning.", 60)
WEEKDAY: Final = Label("weekday", "Day of the week, 1 Monday to 7 Sunday, in the configured time zone.", 7, "weekday")
HOUR: Final = Label("hour", "Hour of the day, 00 to 23, in the configured time zone.", 24, "hour")

DOMAIN: Final = Label("domain", "Domain of the catalogue.", 20)
SCAN: Final = Label("scan", "One pass over an entity: its name and event time.", 100)
METRIC: Final = Label("metric", "Name of a metric.", 500)
LABEL: Final = Label("label", "Name of a label.", 50)
COMPUTATION: Final = Label("computation", "What is worked out in the background.", 100)
VERSION: Final = Label("version", "Version of Watchfloor.", 5)

LABELS: Final[tuple[Label, ...]] = (
    TENANT, AGENT, AGENT_TYPE, CHANNEL, CAMPAIGN, OUTCOME, RESOLUTION, MODEL, PROVIDER, TOOL,
    STATUS, KIND, TYPE, COMPONENT, REASON, QUEUE, PLAN, TASK, PRIORITY, CATEGORY, BUDGET, PERIOD, SOURCE, BAND, EMOTION,
    TOPIC, STAGE, FEATURE, EVENT, DEVICE, COUNTRY, REFERRER, EXPERIMENT, VARIANT, PART, HOST, COHORT, ROLE, AGE, WEEKDAY, HOUR,
    RECOMMENDATION, RULE, TITLE, ISSUE, ACTION, IMPACT, UNIT,
)  # fmt: skip
