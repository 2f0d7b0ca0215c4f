"""Transcripts: what was said in conversations, word for word and in order, read in one snapshot, a few at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final

from exporter.anonymise import anonymous
from exporter.computed.facts import Facts
from exporter.engine.relation import unreadable
from exporter.engine.resolve import Source, resolve
from exporter.entities.conversations import CONVERSATION, MESSAGE
from exporter.mapping import Mapping
from exporter.settings import Settings
from exporter.sources.database import Database

BATCH: Final = 200
"""Conversations whose words are in memory at a time."""
TIMEOUT: Final = 600.0
ESCAPED: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters that a spreadsheet would take for a formula."""
COLUMNS: Final = ("conversation", "no", "sent_at", "role", "content", "objection", "tenant", "agent", "channel")


class TranscriptError(Exception):
    """Transcripts cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that was said. `content` is None where the words are not kept."""

    role: str | None
    content: str | None
    objection: bool | None
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Transcript:
    """One conversation from its first word to its last."""

    conversation: str
    tenant: str | None
    agent: str | None
    channel: str | None
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations: by name, or those that began in a span of time, of one tenant or of all."""

    conversations: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    tenant: str | None = None


def read(settings: Settings, mapping: Mapping, database: Database, wanted: Wanted) -> Iterator[Transcript]:
    """Transcripts in the order in which the conversations began; TranscriptError where the mapping has no messages."""
    sources = _sources(mapping, database)
    with database.snapshot() as session:
        facts = Facts(session.moment.now, settings, session, sources, TIMEOUT, database.dialect)
        names = _names(facts, wanted)
        missing = sorted(set(wanted.conversations) - set(names))
        if missing:
            raise TranscriptError(f"no words are kept of conversation {', '.join(missing)}")
        for start in range(0, len(names), BATCH):
            chosen = names[start : start + BATCH]
            yield from sorted(_words(facts, chosen), key=lambda one: chosen.index(one.conversation))


def _sources(mapping: Mapping, database: Database) -> dict[str, Source]:
    found = {entity.name: resolve(entity, mapping, database) for entity in (MESSAGE, CONVERSATION)}
    message = found[MESSAGE.name]
    if isinstance(message, str):
        raise TranscriptError(f"{message}; transcripts need it")
    reason = message.missing((MESSAGE["conversation"], MESSAGE["content"])) or unreadable(message)
    if reason is not None:
        raise TranscriptError(f"{reason}; transcripts need it")
    return {name: one for name, one in found.items() if isinstance(one, Source) and unreadable(one) is None}


def _names(facts: Facts, wanted: Wanted) -> list[str]:
    """The conversations, the first one first. A conversation begins with its first message."""
    given: dict[str, Any] = {}
    where, having = [_among("said.conversation", wanted.conversations, given)], ["1 = 1"]
    if wanted.tenant is not None:
        where.append("said.tenant = :tenant")
        given["tenant"] = wanted.tenant
    for name, test, instant in (("since", ">=", wanted.since), ("until", "<=", wanted.until)):
        if instant is not None:
            having.append(f"MIN(said.sent_at) {test} :{name}")
            given[name] = instant.timestamp()
    if wanted.since is not None or wanted.until is not None:
        # What begins in the span says something in it, which an index on the time finds; only then is all of it looked at.
        where.append("said.conversation IN (SELECT recent.conversation FROM {recent})")
        given["recent"] = facts.of(MESSAGE, MESSAGE["sent_at"], since=wanted.since, until=wanted.until)
    sql = (
        f"SELECT said.conversation FROM {{said}} WHERE {' AND '.join(where)} GROUP BY said.conversation "
        f"HAVING {' AND '.join(having)} ORDER BY MIN(said.sent_at), said.conversation"
    )
    return [str(name) for (name,) in facts.read(sql, said=facts.of(MESSAGE), **given)]


def _among(column: str, names: Sequence[str], given: dict[str, Any]) -> str:
    """A condition that a column is one of some names, whose values are added to those given."""
    if not names:
        return f"{column} IS NOT NULL"
    places = {f"n{index}": name for index, name in enumerate(names)}
    given |= places
    return f"{column} IN ({', '.join(f':{place}' for place in places)})"


def _words(facts: Facts, names: list[str]) -> Iterator[Transcript]:
    given: dict[str, Any] = {}
    among = _among("said.conversation", names, given)
    sql = (
        "SELECT said.conversation, said.tenant, said.role, said.content, said.objection, said.sent_at FROM {said} "
        f"WHERE {among} ORDER BY said.conversation, said.sent_at, said.role"
    )
    heads = _heads(facts, names)
    rows = facts.read(sql, said=facts.of(MESSAGE), **given)
    for name, group in groupby(rows, key=lambda row: str(row[0])):
        said = list(group)
        agent, channel = heads.get(name, (None, None))
        messages = tuple(
            Message(role, content, None if objection is None else bool(objection), datetime.fromtimestamp(at, UTC))
            for _, _, role, content, objection, at in said
        )
        yield Transcript(name, said[0][1], agent, channel, messages)


def _heads(facts: Facts, names: list[str]) -> dict[str, tuple[str | None, str | None]]:
    """Agent and channel of conversations, where these are mapped."""
    if not facts.has(CONVERSATION, "id"):
        return {}
    given: dict[str, Any] = {}
    sql = f"SELECT talk.id, talk.agent, talk.channel FROM {{talk}} WHERE {_among('talk.id', names, given)}"
    return {
        str(name): (agent, channel) for name, agent, channel in facts.read(sql, talk=facts.of(CONVERSATION), **given)
    }


def anonymised(transcripts: Iterable[Transcript]) -> Iterator[Transcript]:
    """The same conversations, numbered instead of named, without what has the form of personal data in their words."""
    for number, one in enumerate(transcripts, 1):
        messages = tuple(
            Message(said.role, None if said.content is None else anonymous(said.content), said.objection, said.sent_at)
            for said in one.messages
        )
        yield Transcript(str(number), one.tenant, one.agent, one.channel, messages)


def as_json(transcripts: Iterable[Transcript]) -> Iterator[str]:
    """One array, an object a conversation, written as they come."""
    before = "["
    for one in transcripts:
        messages = [
            {"no": number, "sent_at": _stamp(said.sent_at), "role": said.role, "content": said.content, "objection": said.objection}
            for number, said in enumerate(one.messages, 1)
        ]  # fmt: skip
        head = {"conversation": one.conversation, "tenant": one.tenant, "agent": one.agent, "channel": one.channel}
        yield f"{before}\n{json.dumps({**head, 'messages': messages}, ensure_ascii=False)}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def as_csv(transcripts: Iterable[Transcript]) -> Iterator[str]:
    """A line a message, with a heading. What a spreadsheet would take for a formula begins with an apostrophe."""
    yield _line(COLUMNS)
    for one in transcripts:
        for number, said in enumerate(one.messages, 1):
            objection = "" if said.objection is None else "yes" if said.objection else "no"
            words = (said.role, said.content, objection, one.tenant, one.agent, one.channel)
            yield _line((_cell(one.conversation), number, _stamp(said.sent_at), *map(_cell, words)))


def as_text(transcripts: Iterable[Transcript]) -> Iterator[str]:
    """To be read: who said what when. Every further line of a message is indented, so that none looks like another's words."""
    for one in transcripts:
        begun = one.messages[0].sent_at
        about = [word for word in (one.tenant, one.agent, one.channel) if word]
        yield f"== {' · '.join([f'Conversation {one.conversation}', *about, _stamp(begun)])} ==\n"
        for said in one.messages:
            seconds = round((said.sent_at - begun).total_seconds())
            words = (
                "(words not kept)" if said.content is None else "\n    ".join(said.content.splitlines()) or "(nothing)"
            )
            note = " [objection]" if said.objection else ""
            yield f"[{seconds // 60:02d}:{seconds % 60:02d}] {said.role or 'unknown'}: {words}{note}\n"
        yield "\n"


FORMATS: Final[dict[str, Callable[[Iterable[Transcript]], Iterator[str]]]] = {
    "text": as_text,
    "json": as_json,
    "csv": as_csv,
}


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cell(word: str | None) -> str:
    text = word or ""
    return f"'{text}" if text.startswith(ESCAPED) else text


def _line(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
