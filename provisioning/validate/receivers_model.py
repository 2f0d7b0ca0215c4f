"""Alertmanager's receivers as version 0.25 reads them, integration by integration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import yaml

from provisioning.validate.http_model import HTTP, TLS, host_port, shown_url, url
from provisioning.validate.node import (
    Checker,
    Fields,
    Mistake,
    Rule,
    at_most_one,
    boolean,
    count,
    fields,
    integer,
    list_of,
    map_of,
    required,
    struct,
    text,
    text_of,
    wrong,
)  # fmt: skip

GO_DURATION: Final = re.compile(
    r"[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*\Z|0\Z"
)
TEAM: Final = re.compile(r"(team|teams|user|escalation|schedule)\Z")
PARSE_MODES: Final = ("", "Markdown", "MarkdownV2", "HTML")
RESERVED: Final = (
    "routing_key",
    "message_type",
    "state_message",
    "entity_display_name",
    "monitoring_tool",
    "entity_id",
    "entity_state",
)


def _texts(*names: str) -> dict[str, Checker]:
    return dict.fromkeys(names, text)


def _go_duration(node: yaml.Node, place: str) -> Iterator[Mistake]:
    if not isinstance(node, yaml.ScalarNode) or not GO_DURATION.match(str(node.value)):
        yield from wrong(node, place, f"{node.value!r} is no duration; write one such as 30s or 1h")


def _one_of(*names: str, words: str) -> Rule:
    def rule(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
        if not any(text_of(found, name) for name in names):
            yield from wrong(node, place, f"give {words}")

    return rule


def _integration(known: Mapping[str, Checker], *rules: Rule) -> Checker:
    return struct({"send_resolved": boolean, "http_config": HTTP, **known}, *rules)


def _headers(node: yaml.Node, place: str) -> Iterator[Mistake]:
    yield from map_of(text)(node, place)
    names = [str(key.value).lower() for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    if len(set(names)) < len(names):
        yield from wrong(node, place, "a header is given twice")


def _responder(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    kind = text_of(found, "type")
    if not any(text_of(found, name) for name in ("id", "name", "username")):
        yield from wrong(node, place, "give one of id, name and username")
    if "{{" not in kind and not TEAM.match(kind.lower()):
        yield from wrong(node, place, "type must be team, teams, user, escalation or schedule")


def _sns(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    empty = [name for name in ("target_arn", "topic_arn", "phone_number") if not text_of(found, name)]
    # Alertmanager takes all three together as well: it compares them in pairs.
    if len(empty) % 2:
        yield from wrong(node, place, "give one of target_arn, topic_arn and phone_number")


def _telegram(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    if text_of(found, "chat_id") in ("", "0"):
        yield from wrong(node, place, "chat_id is missing; write the number of the chat")
    if text_of(found, "parse_mode") not in PARSE_MODES:
        yield from wrong(node, place, "parse_mode must be Markdown, MarkdownV2, HTML or empty")


def _webex(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    login = fields(found["http_config"]) if "http_config" in found else {}
    if "authorization" not in login:
        yield from wrong(node, place, "http_config.authorization is missing; write the bot's token there")


def _victorops(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    custom = found.get("custom_fields")
    taken = (
        [str(key.value) for key, _ in custom.value if key.value in RESERVED]
        if isinstance(custom, yaml.MappingNode)
        else []
    )
    if taken:
        yield from wrong(node, place, f"custom_fields must not have {', '.join(taken)}")


def _wechat(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    if text_of(found, "message_type") not in ("", "text", "markdown"):
        yield from wrong(node, place, "message_type must be text or markdown")


def _sigv4(found: Fields, node: yaml.Node, place: str) -> Iterator[Mistake]:
    if bool(text_of(found, "access_key")) != bool(text_of(found, "secret_key")):
        yield from wrong(node, place, "give access_key and secret_key together")


SLACK_ACTION: Final = struct(
    {
        **_texts("type", "text", "url", "style", "name", "value"),
        "confirm": struct(_texts("text", "title", "ok_text", "dismiss_text"), required("text", "what is asked")),
    },
    required("type", "its type"),
    required("text", "its text"),
    _one_of("url", "name", words="a url or a name"),
)
SLACK: Final = _integration(
    {
        **_texts("api_url_file", "channel", "username", "color", "title", "title_link", "pretext", "text", "footer", "fallback",
                 "callback_id", "icon_emoji", "icon_url", "image_url", "thumb_url"),
        "api_url": url,
        "short_fields": boolean,
        "link_names": boolean,
        "mrkdwn_in": list_of(text),
        "fields": list_of(
            struct({**_texts("title", "value"), "short": boolean}, required("title", "its title"), required("value", "its value"))
        ),
        "actions": list_of(SLACK_ACTION),
    },
    at_most_one("api_url", "api_url_file"),
)  # fmt: skip
EMAIL: Final = struct(
    {
        "send_resolved": boolean,
        **_texts("to", "from", "hello", "auth_username", "auth_password", "auth_password_file", "auth_secret", "auth_identity",
                 "html", "text"),
        "smarthost": host_port,
        "headers": _headers,
        "require_tls": boolean,
        "tls_config": TLS,
    },
    required("to", "an address"),
    at_most_one("auth_password", "auth_password_file"),
)  # fmt: skip
PAGERDUTY: Final = _integration(
    {
        **_texts("service_key", "service_key_file", "routing_key", "routing_key_file", "client", "client_url", "description",
                 "severity", "source", "class", "component", "group"),
        "url": shown_url,
        "details": map_of(text),
        "images": list_of(struct(_texts("href", "src", "alt"))),
        "links": list_of(struct(_texts("href", "text"))),
    },
    _one_of("service_key", "service_key_file", "routing_key", "routing_key_file", words="a routing_key or a service_key"),
    at_most_one("routing_key", "routing_key_file"),
    at_most_one("service_key", "service_key_file"),
)  # fmt: skip
OPSGENIE: Final = _integration(
    {
        **_texts(
            "api_key",
            "api_key_file",
            "message",
            "description",
            "source",
            "entity",
            "actions",
            "tags",
            "note",
            "priority",
        ),
        "api_url": shown_url,
        "details": map_of(text),
        "update_alerts": boolean,
        "responders": list_of(struct(_texts("id", "name", "username", "type"), _responder)),
    },
    at_most_one("api_key", "api_key_file"),
)
VICTOROPS: Final = _integration(
    {
        **_texts(
            "api_key",
            "api_key_file",
            "routing_key",
            "message_type",
            "state_message",
            "entity_display_name",
            "monitoring_tool",
        ),
        "api_url": shown_url,
        "custom_fields": map_of(text),
    },
    required("routing_key", "the key of the route"),
    at_most_one("api_key", "api_key_file"),
    _victorops,
)
SNS: Final = _integration(
    {
        **_texts("api_url", "topic_arn", "phone_number", "target_arn", "subject", "message"),
        "sigv4": struct(_texts("region", "access_key", "secret_key", "profile", "role_arn"), _sigv4),
        "attributes": map_of(text),
    },
    _sns,
)
INTEGRATIONS: Final[Mapping[str, Checker]] = {
    "discord_configs": _integration(
        {**_texts("title", "message"), "webhook_url": url}, required("webhook_url", "the address")
    ),
    "email_configs": EMAIL,
    "opsgenie_configs": OPSGENIE,
    "pagerduty_configs": PAGERDUTY,
    "pushover_configs": _integration(
        {
            **_texts("user_key", "token", "title", "message", "url", "url_title", "sound", "priority"),
            "retry": _go_duration,
            "expire": _go_duration,
            "html": boolean,
        },
        required("user_key", "the key of the user"),
        required("token", "the token of the application"),
    ),
    "slack_configs": SLACK,
    "sns_configs": SNS,
    "telegram_configs": _integration(
        {
            **_texts("bot_token", "message", "parse_mode"),
            "api_url": shown_url,
            "chat_id": integer,
            "disable_notifications": boolean,
        },
        required("bot_token", "the bot's token"),
        _telegram,
    ),
    "victorops_configs": VICTOROPS,
    "webex_configs": _integration(
        {**_texts("room_id", "message"), "api_url": shown_url}, required("room_id", "the room"), _webex
    ),
    "webhook_configs": _integration({"url": shown_url, "max_alerts": count}, required("url", "the address")),
    "wechat_configs": _integration(
        {
            **_texts("api_secret", "corp_id", "message", "to_user", "to_party", "to_tag", "agent_id", "message_type"),
            "api_url": shown_url,
        },
        _wechat,
    ),
}
RECEIVER: Final = struct(
    {"name": text, **{name: list_of(checker) for name, checker in INTEGRATIONS.items()}}, required("name", "a name")
)
LACKING: Final[Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]] = {
    "email_configs": ((("smarthost",), ("smtp_smarthost",)), (("from",), ("smtp_from",))),
    "slack_configs": ((("api_url", "api_url_file"), ("slack_api_url", "slack_api_url_file")),),
    "opsgenie_configs": ((("api_key", "api_key_file"), ("opsgenie_api_key", "opsgenie_api_key_file")),),
    "victorops_configs": ((("api_key", "api_key_file"), ("victorops_api_key", "victorops_api_key_file")),),
    "wechat_configs": ((("api_secret",), ("wechat_api_secret",)), (("corp_id",), ("wechat_api_corp_id",))),
}
"""Keys of which one is needed, and those of the section `global` that stand in for them."""


def lacking(receiver: yaml.Node, general: Fields, place: str) -> Iterator[Mistake]:
    """What an integration needs and neither has nor finds in the section `global`."""
    given = fields(receiver)
    for section, needs in LACKING.items():
        items = given.get(section)
        for number, item in enumerate(items.value if isinstance(items, yaml.SequenceNode) else ()):
            own = fields(item)
            for here, there in needs:
                if not any(text_of(own, name) for name in here) and not any(text_of(general, name) for name in there):
                    words = f"give {' or '.join(here)} here or {' or '.join(there)} in global"
                    yield from wrong(item, f"{place}.{section}[{number}]", words)
