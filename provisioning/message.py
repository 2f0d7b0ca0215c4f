"""What a notification says, as templates that Alertmanager and Grafana share: plain text, Slack's markup and HTML.

A value is one line without control characters and of limited length, so that no label can pretend to be another line or a link.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

from exporter.settings import Settings
from provisioning.endpoints import dashboards_url

NAME: Final = "watchfloor"
FILE: Final = "watchfloor.tmpl"
LONGEST: Final = 200
"""Bytes of a label's value beyond which there is no link to the form for a silence."""

SOURCE: Final = Path(__file__).with_name("message.tmpl")
LINK: Final = re.compile(r"@LINK (\w+) (\S+?)@")


@dataclass(frozen=True, slots=True)
class Variant:
    """A form of text. `link` and `text` show a link and what is none; `escape` ends the pipeline that prints a value."""

    name: str
    link: str
    text: str
    escape: str = ""
    body: str = ""


# Slack reads &, < and > as markup: a label's value must not become a link or a mention.
SLACK_ESCAPE: Final = ' | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;"'
PLAIN: Final = Variant(NAME, "\n{word}: {{{{ {value} }}}}", "\n{word}: ")
SLACK: Final = Variant(f"{NAME}.slack", "\n<{{{{ {value}" + SLACK_ESCAPE + " }}}}|{word}>", "\n{word}: ", SLACK_ESCAPE)
HTML: Final = Variant(
    f"{NAME}.html",
    '\n<a href="{{{{ {value} | html }}}}">{word}</a>',
    "\n{word}: ",
    # Of Alertmanager's mail all is escaped anyway, which this does not do twice; of texts that the relay puts into a mail nothing is.
    " | html",
    body='{{ define "watchfloor.mail" }}<html><body><div style="font-family: sans-serif; white-space: pre-line">'
    '<b>{{ template "watchfloor.html.title" . }}</b>\n\n{{ template "watchfloor.html.text" . }}</div></body></html>{{ end }}\n',
)

DASHBOARD: Final = (
    "{{ with (index .Alerts 0).Annotations.dashboard_url }}{{ if lt (len .) 1500 }}{{ . }}{{ end }}{{ end }}"
)


def alertmanager(settings: Settings) -> str:
    """The file of templates for Alertmanager."""
    return _written(_form(_silences(settings)))


def grafana() -> str:
    """The templates for Grafana, which gives each of its alerts the address of its silence."""
    return _written("{{ with .SilenceURL }}@LINK Silence .@{{ end }}")


def call(name: str) -> str:
    """A field that is one of the templates."""
    return f'{{{{ template "{NAME}.{name}" . }}}}'


def silence_url(settings: Settings, labels: Mapping[str, str]) -> str:
    """The address of the form for a silence with every label; empty when a label is too long for it."""
    if any(len(value.encode()) > LONGEST for value in labels.values()):
        return ""
    pairs = (f"&matcher={name}%3D{quote_plus(value)}" for name, value in sorted(labels.items()))
    return _silences(settings) + "".join(pairs)


def _silences(settings: Settings) -> str:
    # Debian's Alertmanager has no pages of its own; Grafana shows and makes its silences.
    return f"{dashboards_url(settings)}/alerting/silence/new?alertmanager={quote('Watchfloor Alertmanager')}"


def literal(text: str) -> str:
    """Text that the template engine prints as it is."""
    return text.replace("{{", '{{ "{{" }}')


def _form(url: str) -> str:
    """The address of the form for a silence with every label of the alert."""
    start = url.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return (
        f'{{{{ $silence := "{start}" }}}}{{{{ $long := false }}}}{{{{ range .Labels.SortedPairs }}}}'
        f"{{{{ if gt (len .Value) {LONGEST} }}}}{{{{ $long = true }}}}{{{{ end }}}}"
        '{{ $silence = printf "%s&matcher=%s%%3D%s" $silence .Name (urlquery .Value) }}{{ end }}'
        "{{ if not $long }}@LINK Silence $silence@{{ end }}"
    )


def _written(silence: str) -> str:
    source = SOURCE.read_text(encoding="utf-8")
    return "\n".join(_variant(source, silence, variant) for variant in (PLAIN, SLACK, HTML))


def _variant(source: str, silence: str, variant: Variant) -> str:
    text = source.replace("@SILENCE@", silence)
    text = LINK.sub(lambda found: variant.link.format(word=found[1], value=found[2]), text)
    text = re.sub(r"@TEXT (\w+)@", lambda found: variant.text.format(word=found[1]), text)
    return text.replace("@NAME@", variant.name).replace("@ESCAPE@", variant.escape) + variant.body
