"""What people think and ask, from three public data sets, put into the reference schema.

- Rewards of Taskmaster-4 (1 or 0 for an agent's step, given by people) are thumbs of tenant `taskmaster`.
- Overall ratings of MultiWOZ dialogues (1 to 5, several people for each dialogue) are ratings of tenant `mwoz`.
- Questions of Banking77 with the class that people gave them as topic, of tenant `bank`; nobody answered them, so that source,
  confidence and flags are unknown.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

import exporter.schema
from tests.real.data import file

REWARDS = "traffic/taskmaster4_reward_06.jsonl"
RATINGS = "traffic/uss_mwoz_satisfaction.tsv"
QUESTIONS = "traffic/banking77_test.csv"
FIRST = datetime(2026, 1, 5, tzinfo=UTC)


def load(connection: psycopg.Connection[Any]) -> None:
    """The reference schema with all three, one row a minute."""
    connection.execute((Path(exporter.schema.__file__).parent / "reference.sql").read_bytes())
    scores = [("taskmaster", "thumbs", reward) for reward in _rewards()]
    scores += [("mwoz", "rating", rating) for rating in _ratings()]
    with connection.cursor() as cursor:
        with cursor.copy(b"COPY agent_feedback (id, tenant, kind, score, created_at) FROM STDIN") as copy:
            for number, row in enumerate(scores):
                copy.write_row((f"feedback-{number}", *row, FIRST + timedelta(minutes=number)))
        with cursor.copy(b"COPY questions (id, tenant, topic, category, question, asked_at) FROM STDIN") as copy:
            for number, (words, topic) in enumerate(_questions()):
                copy.write_row(
                    (f"question-{number}", "bank", topic, "banking", words, FIRST + timedelta(minutes=number))
                )


def _rewards() -> Iterator[float]:
    with file(REWARDS).open(encoding="utf-8") as lines:
        yield from (float(json.loads(line)["reward"]) for line in lines)


def _ratings() -> Iterator[float]:
    with file(RATINGS).open(encoding="utf-8") as lines:
        for line in lines:
            parts = line.rstrip("\n").split("\t")
            if parts[:2] == ["USER", "OVERALL"]:
                yield from map(float, parts[3].split(","))


def _questions() -> Iterator[tuple[str, str]]:
    with file(QUESTIONS).open(encoding="utf-8", newline="") as lines:
        yield from ((row["text"], row["category"]) for row in csv.DictReader(lines))
