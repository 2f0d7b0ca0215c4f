"""Alertmanager configurations of other origin: their receivers and routes beside ours, for the alerts of imported rules alone.

Global settings are written where they hold, names get the name of the import before them, and the tree of routes becomes a branch
that only alerts of imported rules enter. What holds a secret is refused: nothing that is generated holds one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from dashboards.compiler.read import mapping, mappings, text
from generator.importing.record import Found, Json, Made, Refusal
from generator.importing.rules import SLUG, is_duration
from provisioning.document import document
from provisioning.imported import MATCHER

TOP: Final = frozenset(
    {"global", "templates", "route", "inhibit_rules", "receivers", "mute_time_intervals", "time_intervals", "tracing"}
)
ROUTE: Final = frozenset({
    "receiver", "group_by", "continue", "match", "match_re", "matchers", "group_wait", "group_interval", "repeat_interval", "routes",
    "mute_time_intervals", "active_time_intervals",
})  # fmt: skip
INHIBIT: Final = frozenset(
    {
        "source_match",
        "source_match_re",
        "source_matchers",
        "target_match",
        "target_match_re",
        "target_matchers",
        "equal",
    }
)
TIMING: Final = {"group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h"}
"""Alertmanager's own defaults, which would else be taken from our root."""
DEPTH: Final = 20
KINDS: Final = frozenset({
    "email", "pagerduty", "slack", "webhook", "opsgenie", "wechat", "pushover", "victorops", "sns", "telegram", "webex", "discord",
})  # fmt: skip
"""What Alertmanager 0.25 can send by."""
INLINE: Final = frozenset({"wechat", "pushover", "telegram", "discord"})
"""Of these those whose secret it reads from its configuration alone."""
NO_SECRET: Final = frozenset({("victorops", "routing_key")})
SECRETS: Final = frozenset({
    "auth_password", "auth_secret", "service_key", "routing_key", "api_key", "api_secret", "token", "user_key", "bot_token", "webhook_url",
    "password", "credentials", "bearer_token", "secret_key", "access_key", "client_secret", "app_token",
})  # fmt: skip
GLOBALS: Final = {
    "email": {
        "smtp_smarthost": "smarthost", "smtp_from": "from", "smtp_hello": "hello", "smtp_auth_username": "auth_username",
        "smtp_auth_password": "auth_password", "smtp_auth_password_file": "auth_password_file", "smtp_auth_secret": "auth_secret",
        "smtp_auth_identity": "auth_identity", "smtp_require_tls": "require_tls",
    },
    "slack": {"slack_api_url": "api_url", "slack_api_url_file": "api_url_file"},
    "pagerduty": {"pagerduty_url": "url"},
    "opsgenie": {"opsgenie_api_key": "api_key", "opsgenie_api_key_file": "api_key_file", "opsgenie_api_url": "api_url"},
    "victorops": {"victorops_api_key": "api_key", "victorops_api_key_file": "api_key_file", "victorops_api_url": "api_url"},
    "wechat": {"wechat_api_url": "api_url", "wechat_api_secret": "api_secret", "wechat_api_corp_id": "corp_id"},
    "telegram": {"telegram_api_url": "api_url"},
    "webex": {"webex_api_url": "api_url"},
}  # fmt: skip
"""Global settings and what they are called at a receiver."""
GLOBAL: Final = frozenset({"resolve_timeout", "http_config", *(old for names in GLOBALS.values() for old in names)})
NEEDED: Final = {
    "email": ("to", "smarthost", "from"),
    "slack": ("api_url_file",),
    "webhook": ("url",),
    "pagerduty": (),
    "opsgenie": ("api_key_file",),
}
ADDRESS: Final = re.compile(r"https?://[^\s/@]+(/\S*)?\Z")


def make(found: Found, origin: str) -> Made:
    """The branch, or a refusal that names the mistakes."""
    data, base = found.data, found.hints.name or origin.rpartition("/")[2].partition(".")[0]
    name = SLUG.sub("-", base.lower()).strip("-")[:60] or "alertmanager"
    reader = _Reader(data, name)
    content = reader.content()
    if reader.mistakes:
        more = f" (and {len(reader.mistakes) - 5} more)" if len(reader.mistakes) > 5 else ""
        raise Refusal("; ".join(reader.mistakes[:5]) + more)
    changes = [
        "its routes are a branch that only alerts of imported rules enter",
        f"its receivers are called {name}/...",
    ]
    attention = [f"{key} was left out; {reason}" for key, reason in _left_out(data)]
    title = f"{len(content['receivers'])} receivers"
    return Made("alertmanager", name, title, document(content), changes=changes, attention=attention)


def _left_out(data: Json) -> Iterator[tuple[str, str]]:
    if data.get("templates"):
        yield "templates", "texts of receivers that use them must be written out"
    if "resolve_timeout" in mapping(data.get("global")):
        yield "global.resolve_timeout", "it holds for a whole Alertmanager"
    if "tracing" in data:
        yield "tracing", "it holds for a whole Alertmanager"


class _Reader:
    """Reads one configuration; what is wrong with it is collected."""

    def __init__(self, data: Json, name: str) -> None:
        self._data, self._name = data, name
        self._global = mapping(data.get("global"))
        self.mistakes: list[str] = []
        times = [*mappings(data.get("mute_time_intervals")), *mappings(data.get("time_intervals"))]
        self._times = {text(one.get("name")): one for one in times}
        self._receivers = {text(one.get("name")): one for one in mappings(data.get("receivers"))}

    def content(self) -> dict[str, Any]:
        """The branch as our configuration takes it."""
        self._keys(self._data, TOP, "it")
        self._keys(self._global, GLOBAL, "its global section")
        listed = mappings(self._data.get("receivers"))
        if len(self._receivers) != len(listed) or "" in self._receivers:
            self.mistakes.append("its receivers must each have a name of their own")
        route = mapping(self._data.get("route"))
        for key in ("match", "match_re", "matchers", "continue"):
            if route.get(key):
                self.mistakes.append(f"its first route must not have {key}, since every alert enters it")
        tree = {"group_by": [], **TIMING, **self._route(route, "its first route", 0), "matchers": [MATCHER]}
        return {
            "route": tree,
            "receivers": [self._receiver(one) for one in listed],
            "inhibit_rules": [self._inhibit(one) for one in mappings(self._data.get("inhibit_rules"))],
            "time_intervals": [{**one, "name": self._called(name)} for name, one in self._times.items()],
        }

    def _called(self, name: str) -> str:
        return f"{self._name}/{name}"

    def _keys(self, value: Json, known: frozenset[str], place: str) -> None:
        unknown = sorted(set(value) - known)
        if unknown:
            self.mistakes.append(f"{place} has keys that Alertmanager 0.25 does not know there: {', '.join(unknown)}")

    def _route(self, route: Json, place: str, depth: int) -> Json:
        if depth > DEPTH:
            raise Refusal(f"its routes are nested more than {DEPTH} levels deep")
        self._keys(route, ROUTE, place)
        receiver = text(route.get("receiver"))
        if (receiver or depth == 0) and receiver not in self._receivers:
            self.mistakes.append(f"{place} names a receiver {receiver!r} that there is not")
        for key in TIMING:
            if not is_duration(route.get(key)):
                self.mistakes.append(f"{place} has a {key} that is no duration such as 5m: {route[key]!r}")
        result = {key: value for key, value in route.items() if value is not None}
        if receiver:
            result["receiver"] = self._called(receiver)
        for key in ("mute_time_intervals", "active_time_intervals"):
            if key in result:
                result[key] = [self._time(one, place) for one in strings(result[key])]
        self._matchers(route, ("match", "match_re"), ("matchers",), place)
        inner = [
            self._route(one, f"route {index + 1} of {place}", depth + 1)
            for index, one in enumerate(mappings(route.get("routes")))
        ]
        return (
            {**result, "routes": inner} if inner else {key: value for key, value in result.items() if key != "routes"}
        )

    def _time(self, name: str, place: str) -> str:
        if name not in self._times:
            self.mistakes.append(f"{place} names a time interval {name!r} that there is not")
        return self._called(name)

    def _matchers(self, holder: Json, old: tuple[str, ...], new: tuple[str, ...], place: str) -> None:
        for key in old:
            value = holder.get(key)
            if value is not None and not (
                isinstance(value, dict) and all(isinstance(one, (str, int, float)) for one in value.values())
            ):
                self.mistakes.append(f"{place} has {key} that are not names with texts")
        for key in new:
            value = holder.get(key)
            if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
                self.mistakes.append(f"{place} has {key} that are no list of texts")

    def _inhibit(self, rule: Json) -> Json:
        self._keys(rule, INHIBIT, "an inhibition")
        new = ("source_matchers", "target_matchers")
        self._matchers(
            rule, ("source_match", "source_match_re", "target_match", "target_match_re"), new, "an inhibition"
        )
        result = {key: value for key, value in rule.items() if value is not None}
        for key in new:
            said = result.get(key)
            result[key] = [*(said if isinstance(said, list) else []), MATCHER]
        return result

    def _receiver(self, receiver: Json) -> Json:
        name = text(receiver.get("name"))
        result: Json = {"name": self._called(name)}
        for key, configs in receiver.items():
            kind = key.removesuffix("_configs")
            if key == "name" or configs is None:
                continue
            if not key.endswith("_configs") or kind not in KINDS or not isinstance(configs, list):
                self.mistakes.append(f"receiver {name!r} has {key}, by which Alertmanager 0.25 cannot send")
                continue
            result[key] = [self._config(kind, one, f"receiver {name!r} ({kind})") for one in mappings(configs)]
        return result

    def _config(self, kind: str, config: Json, place: str) -> Json:
        given = {
            new: self._global[old] for old, new in GLOBALS.get(kind, {}).items() if self._global.get(old) is not None
        }
        if kind in INLINE:
            self.mistakes.append(
                f"{place} needs a secret in the configuration itself, since Alertmanager 0.25 reads it from no file"
            )
        if kind != "email" and isinstance(self._global.get("http_config"), dict):
            given["http_config"] = self._global["http_config"]
        # Of a secret and the file that holds it only one may be said; what the receiver says wins.
        given = {
            key: value
            for key, value in given.items()
            if key.removesuffix("_file") not in config and f"{key}_file" not in config
        }
        result = {**given, **{key: value for key, value in config.items() if value is not None}}
        plain = {key: value for key, value in result.items() if (kind, key) not in NO_SECRET}
        self._secrets(plain, "api_url" if kind == "slack" else "", place)
        self.mistakes += [
            f"{place} lacks {key}" for key in NEEDED.get(kind, ()) if not result.get(key) and not self.mistakes
        ]
        if kind == "webhook" and result.get("url") and not ADDRESS.match(str(result["url"])):
            self.mistakes.append(f"{place} has a url that is no address, or holds a password")
        return result

    def _secrets(self, value: Any, extra: str, place: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if (key in SECRETS or key == extra) and inner:
                    self.mistakes.append(
                        f"{place} holds a secret, {key}; write it to a file and name that with {key}_file"
                    )
                else:
                    self._secrets(inner, extra, place)
        elif isinstance(value, list):
            for inner in value:
                self._secrets(inner, extra, place)


def strings(value: object) -> list[str]:
    """The texts of a list."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
