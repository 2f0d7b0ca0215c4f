"""How long an alert may take from the moment at which a metric crosses its limit until a receiver has the message.

The bound is a sum of worst cases, each of which is reached by some phase of the clocks, so it is what can be promised:
the crossing just misses a scrape, the scrape just misses an evaluation, the alert just misses a notification of its group.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from exporter.settings import Settings
from provisioning.routing import DEFAULT, ROUTES, Route

READ: Final = 1.0
"""Longest time of a scrape that succeeds, which `ScrapeSlow` warns of long before; a target that hangs takes the timeout."""
SEND: Final = 1.0
"""Longest time until a receiver that is well has the message."""
LIMITS: Final = {"critical": 30.0, "warning": 60.0, "info": 60.0}
"""What is promised for an alert of a severity, beyond the `for` of one that is not critical."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The parts of the longest delay of an alert, in seconds."""

    scrape: float
    read: float
    evaluation: float
    wait: float
    group: float
    send: float = SEND

    @property
    def total(self) -> float:
        """From the crossing to the receiver."""
        return self.scrape + self.read + self.evaluation + self.wait + self.group + self.send

    @property
    def beyond_wait(self) -> float:
        """What delivery adds to the alert's own `for`."""
        return self.total - self.wait


def route(severity: str) -> Route:
    """The timing of a severity."""
    return next((item for item in ROUTES if item.severity == severity), DEFAULT)


def bound(settings: Settings, severity: str, wait: float = 0.0, *, hangs: bool = False) -> Bound:
    """The longest delay of an alert with a `for` of `wait`; `hangs` when the target answers nothing until the timeout.

    Recordings that an alert reads stand before it in the same group and cost no round of their own.
    """
    stack, timing = settings.stack, route(severity)
    return Bound(
        scrape=stack.scrape_interval,
        read=stack.scrape_timeout if hangs else min(READ, stack.scrape_timeout),
        evaluation=stack.evaluation_interval,
        wait=math.ceil(wait / stack.evaluation_interval) * stack.evaluation_interval,
        group=max(timing.group_wait, timing.group_interval),
    )


def notices(settings: Settings, longest: float) -> tuple[str, ...]:
    """What the user should know when the intervals in force break a promise; `longest` is the `for` of critical alerts."""
    found = []
    for severity, limit in LIMITS.items():
        most = bound(settings, severity, longest if severity == "critical" else 0.0).total
        if most > limit:
            found.append(
                f"A {severity} alert may take {most:g} s to arrive and not {limit:g} s: "
                "lower stack.scrape_interval and stack.evaluation_interval."
            )
    return tuple(found)
