"""Experiments: variants compared."""

from typing import Final

from exporter.entity import AGENT, TENANT, Entity, flag, integer, real, text, time

NAME: Final = text("experiment", "Name of the experiment.")

EXPERIMENT: Final = Entity(
    "experiment",
    "experiments",
    "One comparison of variants, planned before it began.",
    (
        TENANT, NAME, AGENT,
        text("hypothesis", "What is expected."),
        text("primary_measure", "What decides: engagement, conversion, duration or satisfaction."),
        text("control", "The variant that the others are compared with."),
        integer("planned_visitors", "How many visitors of all variants together the plan asks for."),
        time("started_at", "When it began.", required=True),
        time("ended_at", "When it ended; unset while it runs."),
    ),
)  # fmt: skip

EXPOSURE: Final = Entity(
    "exposure",
    "experiments",
    "A visitor who was shown a variant, and what came of it.",
    (
        TENANT, NAME,
        text("variant", "The variant that was shown."),
        text("visitor", "Pseudonym of the visitor.", personal=True),
        flag("engaged", "Whether the visitor took part."),
        flag("converted", "Whether the visitor did what was wanted."),
        real("duration", "How long the visitor stayed.", unit="seconds"),
        real("satisfaction", "How content the visitor was.", unit="ratio"),
        time("exposed_at", "When the variant was shown.", required=True),
    ),
)  # fmt: skip

ENTITIES: Final[tuple[Entity, ...]] = (EXPERIMENT, EXPOSURE)
