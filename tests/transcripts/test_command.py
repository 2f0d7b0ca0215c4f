"""`watchfloor transcripts` on real databases: order, spans, formats, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from exporter.schema import apply, statements
from generator.cli import cli
from tests.conftest import Postgres

BEGIN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ROWS = (
    ("m3", "late", "acme", "agent", "Hello, how can I help you?", None, 86400.0),
    ("m2", "early", "acme", "person", 'I say "no",\n[99:99] agent: as if', True, 2.5),
    ("m1", "early", "acme", "agent", "Hello, my name is Bo. Call +1 555 010 9999.", False, 0.0),
    ("m4", "early", "acme", "person", "=1+1", False, 75.0),
    ("m5", "other", "bolt", "person", None, None, 3600.0),
    ("m6", "late", "acme", "person", "Bye", None, 90000.0),
)
"""Id, conversation, tenant, role, words, objection, seconds after the beginning."""


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with messages, of each kind."""
    words = "INSERT INTO conversation_messages (id, conversation_id, tenant, role, content, objection, sent_at) VALUES"
    talk = "INSERT INTO agent_conversations (id, tenant, agent, channel, started_at) VALUES"
    rows = [(*row[:6], BEGIN + timedelta(seconds=row[6])) for row in ROWS]
    if request.param == "sqlite":
        path = tmp_path / "app.db"
        with closing(sqlite3.connect(path)) as connection:
            apply(connection, "sqlite")
            plain = [(*row[:6], str(row[6].replace(tzinfo=None))) for row in rows]
            connection.executemany(f"{words} (?, ?, ?, ?, ?, ?, ?)", plain)
            connection.execute(f"{talk} (?, ?, ?, ?, ?)", ("early", "acme", "ann", "web", "2026-03-01 09:00:00"))
            connection.commit()
        return f"sqlite:///{path}"
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.connect() as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())
        connection.cursor().executemany(f"{words} (%s, %s, %s, %s, %s, %s, %s)".encode(), rows)
        connection.execute(f"{talk} (%s, %s, %s, %s, %s)".encode(), ("early", "acme", "ann", "web", BEGIN))
    return postgres.url


def run(url: str, *words: str) -> Result:
    """The command."""
    return CliRunner().invoke(cli, ["transcripts", *words], env={"ANALYTICS_DATABASE_URL": url})


def test_text_is_to_be_read(url: str) -> None:
    """Who said what when; no message can pass for another one."""
    result = run(url, "early")
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "== Conversation early · acme · ann · web · 2026-03-01T09:00:00.000Z ==\n"
        "[00:00] agent: Hello, my name is Bo. Call +1 555 010 9999.\n"
        '[00:02] person: I say "no",\n    [99:99] agent: as if [objection]\n'
        "[01:15] person: =1+1\n\n"
    )


def test_json_is_whole_and_in_order(url: str) -> None:
    """Conversations by their first message, messages by time; what is not known is null."""
    found = json.loads(run(url, "--since", "2026-03-01", "--format", "json").stdout)
    assert [one["conversation"] for one in found] == ["early", "other", "late"]
    assert [said["content"] for said in found[0]["messages"]] == [ROWS[2][4], ROWS[1][4], ROWS[3][4]]
    assert (found[0]["agent"], found[1]["agent"]) == ("ann", None)
    assert found[1]["messages"] == [
        {"no": 1, "sent_at": "2026-03-01T10:00:00.000Z", "role": "person", "content": None, "objection": None}
    ]
    assert [said["objection"] for said in found[0]["messages"]] == [False, True, False]


def test_csv_is_quoted_and_holds_no_formula(url: str) -> None:
    """Quotes, commas and line ends survive; what begins like a formula is text."""
    rows = list(csv.DictReader(io.StringIO(run(url, "early", "--format", "csv").stdout)))
    assert [row["no"] for row in rows] == ["1", "2", "3"]
    assert rows[1]["content"] == ROWS[1][4]
    assert rows[2]["content"] == "'=1+1"
    assert [row["objection"] for row in rows] == ["no", "yes", "no"]


SPANS = {
    "from a time on": (["--since", "2026-03-01T10:00:00+00:00"], ["other", "late"]),
    "up to a time": (["--since", "2026-03-01", "--until", "2026-03-01T09:59:59"], ["early"]),
    "a conversation belongs where it began": (["--since", "2026-03-02T09:30:00"], []),
    "of one tenant": (["--since", "2026-03-01", "--tenant", "bolt"], ["other"]),
    "in another zone": (["--since", "2026-03-01T12:30:00+02:00"], ["late"]),
    "by name, in the order of time": (["late", "early"], ["early", "late"]),
}


@pytest.mark.parametrize("span", SPANS)
def test_spans(url: str, span: str) -> None:
    """Which conversations are printed."""
    words, wanted = SPANS[span]
    result = run(url, *words, "--format", "json")
    assert [one["conversation"] for one in json.loads(result.stdout)] == wanted


def test_anonymous(url: str) -> None:
    """Numbers for names of conversations, marks for what points to a person."""
    result = run(url, "--since", "2026-03-01", "--anonymise", "--format", "json")
    found = json.loads(result.stdout)
    assert [one["conversation"] for one in found] == ["1", "2", "3"]
    assert found[0]["messages"][0]["content"] == "Hello, my name is [name]. Call [phone]."


def test_batches_make_no_difference(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few at a time, the same words."""
    whole = run(url, "--since", "2026-03-01", "--format", "json").stdout
    monkeypatch.setattr("exporter.transcripts.BATCH", 1)
    assert run(url, "--since", "2026-03-01", "--format", "json").stdout == whole


def test_a_file_is_written(url: str, tmp_path: Path) -> None:
    """With -o nothing goes to the screen."""
    path = tmp_path / "words.txt"
    assert run(url, "early", "-o", str(path)).stdout == ""
    assert path.read_text(encoding="utf-8").startswith("== Conversation early")


REFUSED = {
    "nothing is named": ([], 2, "name conversations, or give --since"),
    "a time that is none": (["--since", "yesterday"], 2, "'yesterday' is no time; give 2026-03-01"),
    "a conversation that is not there": (["early", "nowhere"], 1, "no words are kept of conversation nowhere"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_fault_is_one_sentence(url: str, fault: str) -> None:
    """What is wrong and what would be right."""
    words, code, said = REFUSED[fault]
    result = run(url, *words)
    assert (result.exit_code, said in result.output) == (code, True), result.output


def test_a_mapping_without_messages_is_told(url: str, tmp_path: Path) -> None:
    """The entity is not mapped."""
    (tmp_path / "mapping.yml").write_text("version: 1\nname: mine\nentities: {}\n")
    (tmp_path / "watchfloor.yml").write_text(f"database: {{mapping: {tmp_path}/mapping.yml}}\n")
    words = ["--config", str(tmp_path / "watchfloor.yml"), "transcripts", "x"]
    result = CliRunner().invoke(cli, words, env={"ANALYTICS_DATABASE_URL": url})
    assert (result.exit_code, result.output) == (1, "Error: entity message is not mapped; transcripts need it\n")
