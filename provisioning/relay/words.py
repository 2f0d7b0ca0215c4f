"""Messages of the relay: an Adaptive Card for Teams, a short text for a telephone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from exporter.alerting import Channel
from exporter.settings import Settings
from provisioning.message import silence_url

MOST_ALERTS: Final = 5
SMS_LENGTH: Final = 300
HIDDEN: Final = re.compile(r"(alertname|severity|domain|job|since|__.*|grafana_folder|datasource_uid|ref_id)\Z")
MARKUP: Final = re.compile(r"([\\`*_\[\]()#~|<>!])")


class WordsError(Exception):
    """What came in is no message of Alertmanager."""


def body(channel: Channel, message: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """What the service of a channel takes. Raises WordsError for what is no message of Alertmanager."""
    try:
        alerts = [alert for alert in message["alerts"] if alert["labels"] is not None]
        common = message.get("commonLabels") or {}
        if not alerts:
            raise WordsError("the message has no alert")
        title = _title(message["status"], common, len(alerts))
        if channel.kind == "sms":
            return {"to": channel.to, "text": _sms(title, alerts)}
        return _card(title, alerts, _links(alerts[0], settings))
    except (KeyError, TypeError, AttributeError, ValueError):
        raise WordsError("this is no message of Alertmanager") from None


def _title(status: str, common: Mapping[str, str], count: int) -> str:
    severity = line(common.get("severity", "")).upper() or "FIRING"
    parts = [
        f"{severity if status == 'firing' else 'RESOLVED'}: {line(common.get('alertname', ''), 60) or 'several alerts'}"
    ]
    parts += [f"{name} {line(common[name], 60)}" for name in ("tenant", "agent") if common.get(name)]
    return ", ".join(parts) + (f" ({count})" if count > 1 else "")


def _sms(title: str, alerts: Iterable[Mapping[str, Any]]) -> str:
    text = f"{title}. {_what(next(iter(alerts)))}"
    return text if len(text) <= SMS_LENGTH else text[: SMS_LENGTH - 1] + "…"


def _card(title: str, alerts: list[Mapping[str, Any]], links: Mapping[str, str]) -> dict[str, Any]:
    firing = any(alert["status"] == "firing" for alert in alerts)
    blocks: list[dict[str, Any]] = [
        {
            "type": "TextBlock",
            "text": plain(title),
            "weight": "Bolder",
            "wrap": True,
            "color": "Attention" if firing else "Good",
        }
    ]
    for alert in alerts[:MOST_ALERTS]:
        blocks.append({"type": "TextBlock", "text": plain(_what(alert)), "wrap": True, "separator": True})
        facts = [{"title": name, "value": plain(value)} for name, value in _facts(alert)]
        blocks.append({"type": "FactSet", "facts": facts})
    if len(alerts) > MOST_ALERTS:
        blocks.append({"type": "TextBlock", "text": f"The first {MOST_ALERTS} of {len(alerts)}."})
    actions = [
        {"type": "Action.OpenUrl", "title": word, "url": url}
        for word, url in links.items()
        if re.match(r"https?://\S{1,1500}\Z", url)
    ]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
        "actions": actions,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def _links(alert: Mapping[str, Any], settings: Settings) -> dict[str, str]:
    """Where to look and what to do, for the first alert."""
    notes = alert.get("annotations") or {}
    found = {"Runbook": notes.get("runbook_url", "")}
    if dashboard := notes.get("dashboard_url", ""):
        start = datetime.fromisoformat(alert["startsAt"]).timestamp()
        mark = "&" if "?" in dashboard else "?"
        found = {"Dashboard": f"{dashboard}{mark}from={1000 * (int(start) - 3600)}&to=now", **found}
    if alert["status"] == "firing":
        found["Silence"] = alert.get("silenceURL") or silence_url(settings, alert["labels"])
    return found


def _what(alert: Mapping[str, Any]) -> str:
    notes = alert.get("annotations") or {}
    return line(notes.get("description") or notes.get("summary") or alert["labels"].get("alertname", ""), 400)


def _facts(alert: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    notes = alert.get("annotations") or {}
    where = [f"{name} {line(value, 60)}" for name, value in sorted(alert["labels"].items()) if not HIDDEN.match(name)]
    yield "Where", ", ".join(where) or "everywhere"
    if alert["status"] == "firing" and notes.get("value"):
        yield (
            "Value",
            line(notes["value"], 60) + (f", limit {line(notes['threshold'], 60)}" if notes.get("threshold") else ""),
        )
    yield "Since", line(str(alert.get("startsAt", "")), 40)
    if alert["status"] != "firing":
        yield "Ended", line(str(alert.get("endsAt", "")), 40)


def line(text: str, most: int = 60) -> str:
    """One line of text without control characters, and not long."""
    kept = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text[: 4 * most])
    found = " ".join(kept.split())
    return found if len(found) <= most else found[:most] + "…"


def plain(text: str) -> str:
    """A text that Teams shows as it is."""
    return MARKUP.sub(r"\\\1", text)
