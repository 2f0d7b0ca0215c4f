"""Rows with a recorded cost are read without rate cards, the others with them: together what one statement would give."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from exporter.computed.facts import Facts
from exporter.engine.plan import plan
from exporter.engine.relation import rows
from exporter.entities.pipeline import LLM_REQUEST
from exporter.mapping import load
from exporter.sources.database import connect
from tests.engine.rig import Place, settings

REQUEST: Final = (
    "INSERT INTO llm_requests (id, tenant, model, provider, status, ended_at, input_tokens, output_tokens, cost_usd, unpriced_reason) "
    "VALUES ('{id}', 'acme', '{model}', 'openai', 'ok', now() - interval '1 hour', {tokens}, 0, {cost}, {reason})"
)
PRICE: Final = (
    "INSERT INTO prices (id, provider, model, unit, price_usd, valid_from) "
    "VALUES ('{unit}', 'openai', 'known', '{unit}', 2, now() - interval '9 days')"
)
READ: Final = "SELECT model, input_tokens, cost, source, reason FROM {used} ORDER BY 1, 2"


def test_parts_give_what_the_whole_gives(place: Place) -> None:
    """Recorded, computed, unpriced and unusable costs; the part of recorded ones names no card."""
    cases = [("known", 1, "7", "NULL"), ("known", 2, "NULL", "NULL"), ("other", 3, "NULL", "NULL"), ("other", 4, "0.5", "NULL"),
             ("known", 5, "'NaN'", "NULL"), ("other", 6, "-1", "NULL"), ("other", 7, "NULL", "'free'")]  # fmt: skip
    place.sql(
        *(PRICE.format(unit=unit) for unit in ("input_token", "output_token")),
        *(
            REQUEST.format(id=tokens, model=model, tokens=tokens, cost=cost, reason=reason)
            for model, tokens, cost, reason in cases
        ),
    )
    found = settings(place.url, place.state)
    database = connect(place.url, 3.0)
    sources = plan(found, load(found.database), database).sources
    source = sources[LLM_REQUEST.name]
    known, looked_up = source.parts
    assert "wf_" not in rows(replace(known, parts=())).selects[0]
    assert "wf_" in rows(replace(looked_up, parts=())).selects[0]
    whole = replace(source, parts=(), rows=None)
    with database.snapshot() as session:
        answers = []
        for one in (source, whole):
            facts = Facts(session.moment.now, found, session, {LLM_REQUEST.name: one}, 5.0, database.dialect)
            used = facts.of(LLM_REQUEST, LLM_REQUEST["ended_at"], since=timedelta(days=1))
            answers.append(facts.read(READ, used=used))
    database.close()
    assert answers[0] == answers[1]
    assert [(row[1], row[2], row[3], row[4]) for row in answers[0]] == [
        (1, 7, "recorded", None), (2, 4, "computed", None), (5, None, "recorded", None), (3, None, None, "no_price"),
        (4, 0.5, "recorded", None), (6, None, "recorded", None), (7, None, None, "free"),
    ]  # fmt: skip
