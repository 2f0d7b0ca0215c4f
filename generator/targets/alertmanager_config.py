"""The routing tree as an AlertmanagerConfig of the Prometheus operator, from what alertmanager.yml has.

Its secrets are keys of a Secret, its templates are written out where they are used, since it cannot bring files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from exporter.matching import Match
from exporter.settings import Settings
from generator.targets import TargetError
from provisioning import alertmanager, message, relay
from provisioning.contact import Place
from provisioning.endpoints import compose
from provisioning.routing import HEARTBEAT

SECRET: Final = "watchfloor-alerting"  # noqa: S105 - the name of a resource
MARK: Final = "secret:"
NAMES: Final = {"apiUrl": "apiURL", "clientUrl": "clientURL", "chatId": "chatID", "requireTls": "requireTLS"}
"""Keys that the operator writes with capitals."""
PAIRS: Final = frozenset({"headers", "details"})
"""Maps that it writes as lists."""


def spec(settings: Settings, environment: Mapping[str, str]) -> dict[str, Any]:
    """The resource's specification."""
    _require(settings)
    endpoints = replace(compose(), secrets_dir=MARK)
    content: dict[str, Any] = alertmanager.content(
        Place(settings, endpoints, lambda name: MARK + name), environment, ""
    )
    if settings.deadman.url is None:
        content["receivers"] = [
            {"name": one["name"]} if one["name"] == HEARTBEAT else one for one in content["receivers"]
        ]
    defined = _definitions(message.alertmanager(settings))
    return {
        "route": _route(content["route"]),
        "receivers": [_receiver(one, defined) for one in content["receivers"]],
        "inhibitRules": [_inhibition(one) for one in content["inhibit_rules"]],
    }


def secret_keys(content: Any) -> Iterator[str]:
    """Every key of the Secret that a specification refers to."""
    if isinstance(content, dict):
        if content.get("name") == SECRET and "key" in content:
            yield content["key"]
        for inner in content.values():
            yield from secret_keys(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from secret_keys(inner)


def _require(settings: Settings) -> None:
    """Refuse what an AlertmanagerConfig cannot say, rather than leave it out."""
    if settings.alerting.engine != "prometheus":
        raise TargetError("alerting.engine: manifests have rules for Prometheus; set it to prometheus")
    if settings.alerting.times or settings.maintenance:
        raise TargetError(
            "alerting.times and maintenance: an AlertmanagerConfig knows no time zones; take them out and use silences"
        )
    for channel in settings.alerting.channels:
        if channel.kind in relay.KINDS:
            raise TargetError(
                f"alerting.channels {channel.name}: {channel.kind} needs the relay, which the manifests do not run; use another kind"
            )
        if channel.kind == "telegram":
            raise TargetError(
                f"alerting.channels {channel.name}: an AlertmanagerConfig cannot send Telegram plain text; use another kind"
            )


def _route(route: Mapping[str, Any]) -> dict[str, Any]:
    made = {_key(key): value for key, value in route.items()}
    if "matchers" in made:
        made["matchers"] = [_matcher(text) for text in made["matchers"]]
    if "routes" in made:
        made["routes"] = [_route(child) for child in made["routes"]]
    return made


def _matcher(text: str) -> dict[str, str]:
    match = Match.parse(text)
    operator = ("=~" if match.equal else "!~") if match.regex else ("=" if match.equal else "!=")
    return {"name": match.name, "value": match.value, "matchType": operator}


def _inhibition(rule: Mapping[str, Any]) -> dict[str, Any]:
    made = {
        "sourceMatch": [_matcher(text) for text in rule["source_matchers"]],
        "targetMatch": [_matcher(text) for text in rule["target_matchers"]],
    }
    return {**made, "equal": rule["equal"]} if "equal" in rule else made


def _receiver(receiver: Mapping[str, Any], defined: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {"name": receiver["name"]}
    for section, entries in receiver.items():
        if section != "name":
            made[_key(section)] = [_integration(section, entry, defined) for entry in entries]
    return made


def _integration(section: str, entry: Mapping[str, Any], defined: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in entry.items():
        key = _key(name.removesuffix("_file"))
        if isinstance(value, str) and value.startswith(MARK):
            if section == "webhook_configs":
                key = "urlSecret"
            elif section == "discord_configs":
                key = "apiURL"
            made[key] = {"name": SECRET, "key": value.removeprefix(MARK).lstrip("/")}
        elif name in PAIRS:
            made[key] = [{"key": one, "value": _written_out(text, defined)} for one, text in value.items()]
        else:
            made[key] = _written_out(value, defined)
    return made


def _key(name: str) -> str:
    first, *others = name.split("_")
    camel = first + "".join(word.capitalize() for word in others)
    return NAMES.get(camel, camel)


def _definitions(text: str) -> dict[str, str]:
    """Every template of the file by its name, without comments."""
    plain = re.sub(r"\{\{-? ?/\*.*?\*/ ?-?\}\}\n?", "", text, flags=re.DOTALL)
    parts = re.split(r'(?=\{\{-? define ")', plain)
    return {found[1]: part.rstrip("\n") for part in parts if (found := re.match(r'\{\{-? define "([^"]+)"', part))}


def _written_out(value: Any, defined: Mapping[str, str]) -> Any:
    """A text with the definitions of all templates that it uses before it."""
    if not isinstance(value, str):
        return value
    wanted: dict[str, None] = {}
    open_ = _used(value)
    while open_:
        name = open_.pop()
        if name not in wanted:
            wanted[name] = None
            open_ += _used(defined[name])
    return "".join(defined[name] for name in sorted(wanted)) + value


def _used(text: str) -> list[str]:
    return re.findall(r'\{\{-? ?template "([^"]+)"', text)
