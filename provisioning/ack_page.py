"""The pages on which people acknowledge: plain HTML, without a script, for telephones too."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from provisioning.acknowledgement import Incident
from provisioning.silence import Silence

STYLE: Final = (
    "body{font:1.1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}"
    "input,button{font:inherit;padding:.4rem;margin:.2rem 0;width:100%;box-sizing:border-box}"
    "section{border-top:1px solid #999;padding:1rem 0}dt{color:#555}dd{margin:0 0 .4rem;overflow-wrap:anywhere}"
)


def page(title: str, body: str) -> bytes:
    """A whole page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    ).encode()


def message(title: str, words: str) -> bytes:
    """A page with one sentence."""
    return page(title, f"<p>{escape(words)}</p>")


def form(incident: Incident, ack: Silence | None, target: str, who: str) -> str:
    """What an incident is, who looks at it, and the button. Opening the page acknowledges nothing: scanners of mail do that."""
    facts = {"Since": f"{incident.began:%Y-%m-%d %H:%M:%S} UTC", **incident.where}
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    held = (
        f"<p>{escape(ack.by)} looks at it until {ack.end:%Y-%m-%d %H:%M} UTC: {escape(ack.comment)}</p>" if ack else ""
    )
    return (
        f"<section><h2>{escape(incident.name)}</h2><dl>{rows}</dl>{held}"
        f'<form method="post" action="{escape(target)}">'
        f'<label>Your name <input name="who" maxlength="100" required value="{escape(who)}"></label>'
        '<label>What is known <input name="comment" maxlength="500"></label>'
        "<button>I look at it</button></form></section>"
    )


def forms(parts: Iterable[str]) -> bytes:
    """A page with several of them."""
    return page("Critical alerts", "".join(parts) or "<p>No critical alert of that kind fires.</p>")
