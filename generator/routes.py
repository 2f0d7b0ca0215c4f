"""The routing tree in words: drawn as text, as JSON, and what it says about one alert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from exporter.settings import Settings, duration
from provisioning.imported_routes import reached, with_imported
from provisioning.recipients import bundle
from provisioning.routing import HEARTBEAT, NOWHERE, PEOPLE, Route
from provisioning.times import next_heard
from provisioning.tree import Node, find, receivers, tree

REACHED: Final = {"email": "mail to {to}", "slack": "Slack webhook", "webhook": "webhook"}
KINDS: Final = {
    "slack": "Slack webhook{comma}",
    "slack_bot": "Slack bot in {to}",
    "email": "mail to {to}",
    "webhook": "webhook",
    "pagerduty": "PagerDuty",
    "opsgenie": "Opsgenie{comma}",
    "teams": "Microsoft Teams",
    "discord": "Discord",
    "telegram": "Telegram chat {to}",
    "sms": "SMS gateway to {to}",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One receiver of an alert. `since` is when it is told: now, later, or never (None); `times` are imported ones that may hold it back."""

    receiver: str
    reached: str
    why: str
    timing: Route
    moment: datetime
    since: datetime | None
    times: str = ""

    def content(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "receiver": self.receiver,
            "reached_by": self.reached,
            "why": self.why,
            "now": self.since == self.moment,
            "from": self.since.isoformat() if self.since else None,
            **({"times": self.times} if self.times else {}),
            **_times(self.timing),
        }


def told(settings: Settings, environment: Mapping[str, str], labels: Mapping[str, str], moment: datetime) -> list[Told]:
    """Everybody who hears of an alert, in the order of the routes."""
    zone = ZoneInfo(settings.time_zone)
    found = []
    known = {one.name for one in settings.alerting.times}
    for node in find(with_imported(tree(settings, environment), settings), labels):
        if node.receiver == NOWHERE:
            continue
        if not known.issuperset((*node.hours, *node.quiet)):
            by = reach(node.receiver, settings, environment)
            found.append(Told(node.receiver, by, node.why, node.timing, moment, moment, " ".join(_limits(node))))
            continue
        since = next_heard(settings, node.hours, node.quiet, moment)
        by = reach(node.receiver, settings, environment)
        at = since.astimezone(zone) if since and since != moment else since
        found.append(Told(node.receiver, by, node.why, node.timing, moment, at))
    return found


def answer(found: list[Told]) -> Iterator[str]:
    """The answer of `routes test`, for people."""
    if not found:
        yield "nobody hears of it"
    for one in found:
        yield f"{one.receiver} ({one.reached})"
        yield f"  why   {one.why}"
        if one.since is None:
            yield "  when  never: its hours and quiet times leave no time"
            continue
        yield f"  when  {_when(one)}" + (f", {one.times} (imported times, not worked out here)" if one.times else "")


def reach(receiver: str, settings: Settings, environment: Mapping[str, str]) -> str:
    """How a receiver is reached, in words."""
    if receiver in (HEARTBEAT, NOWHERE):
        return "nobody" if receiver == NOWHERE else "a dead man's switch, if there is one"
    if receiver in (imported := reached(settings)):
        return imported[receiver]
    channel = next((item for item in settings.alerting.channels if item.name == receiver), None)
    if channel is not None:
        return KINDS[channel.kind].format(to=channel.to, comma=f" to {channel.to}" if channel.to else "")
    names = bundle(settings, environment) if receiver == PEOPLE else (receiver,)
    return ", ".join(REACHED[name].format(to=settings.alerting.email) for name in names)


def lines(root: Node, settings: Settings, environment: Mapping[str, str]) -> Iterator[str]:
    """The tree as text, and below it who the receivers are and when the times are."""
    yield f"every alert -> {root.receiver}" + (" unless a branch matches" if root.routes else "")
    yield from _branches(root, "")
    yield ""
    for name in receivers(root):
        yield f"{name}: {reach(name, settings, environment)}"
    for one in settings.alerting.times:
        days = ", ".join(one.weekdays) or "every day"
        yield f"{one.name}: {days} {one.start} to {one.end} {one.zone or settings.time_zone}"


def content(root: Node, settings: Settings, environment: Mapping[str, str]) -> dict[str, Any]:
    """The same for programs."""
    people = {name: reach(name, settings, environment) for name in receivers(root)}
    return {"route": _content(root), "receivers": people}


def _when(one: Told) -> str:
    timing = one.timing
    again = f"again every {duration(max(timing.repeat_interval, timing.group_interval))}"
    if one.since != one.moment:
        return (
            f"held back until {one.since:%a %Y-%m-%d %H:%M %Z}, then within {duration(timing.group_interval)}, {again}"
        )
    return (
        f"{duration(timing.group_wait)} after it fires, at most {duration(timing.group_interval)} when others of its group "
        f"were sent before, {again}"
    )


def _limits(node: Node) -> list[str]:
    """The times of a route, in words."""
    hours = [f"in {' or '.join(node.hours)}"] if node.hours else []
    return hours + ([f"not in {' or '.join(node.quiet)}"] if node.quiet else [])


def _content(node: Node) -> dict[str, Any]:
    return {
        "receiver": node.receiver,
        "why": node.why,
        "matchers": [str(matcher) for matcher in node.matchers],
        "continue": node.more,
        "hours": list(node.hours),
        "quiet": list(node.quiet),
        **_times(node.timing),
        "routes": [_content(child) for child in node.routes],
    }


def _times(timing: Route) -> dict[str, Any]:
    return {
        "group_by": list(timing.group_by),
        "group_wait_seconds": timing.group_wait,
        "group_interval_seconds": timing.group_interval,
        "repeat_interval_seconds": timing.repeat_interval,
    }


def _branches(node: Node, indent: str) -> Iterator[str]:
    for number, child in enumerate(node.routes, 1):
        last = number == len(node.routes)
        yield f"{indent}{'└─' if last else '├─'} {_words(child, node)}"
        yield from _branches(child, indent + ("   " if last else "│  "))


def _words(node: Node, above: Node) -> str:
    parts = [" and ".join(str(matcher) for matcher in node.matchers) or "any"]
    parts.append(f"-> {node.receiver}" if not node.routes else f"-> {node.receiver} unless a branch matches")
    parts += _limits(node)
    if node.timing != above.timing:
        timing = node.timing
        waits = (timing.group_wait, timing.group_interval, timing.repeat_interval)
        parts.append("(wait {}, interval {}, repeat {})".format(*map(duration, waits)))
    return " ".join((*parts, *(["and on"] if node.more else [])))
