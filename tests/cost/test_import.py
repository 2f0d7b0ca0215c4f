"""LiteLLM's price list as a price file: the real list, exactly, and what cannot be taken over."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from exporter.mapping import MappingError
from exporter.pricefile import parse
from exporter.prices import overlaps
from generator.cli import cli
from tests.real.data import file

LIST = "traffic/litellm_model_prices.json"


def run(*words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    result = CliRunner().invoke(cli, ["prices", "import", *words])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.shared
def test_chosen_models_are_taken_exactly() -> None:
    """Every price is the list's own decimal."""
    listed = json.loads(file(LIST).read_text(encoding="utf-8"))
    code, text, said = run(
        str(file(LIST)), "--valid-from", "2026-01-01", "--models", "gpt-4o,gemini/gemini-2.5-flash,whisper-1,tts-1"
    )
    assert code == 0, said
    found = {(price.provider, price.model, price.unit): price.usd for price in parse(text, "test")}
    flash = listed["gemini/gemini-2.5-flash"]
    assert found == {
        ("openai", "gpt-4o", "input_token"): Decimal(str(listed["gpt-4o"]["input_cost_per_token"])),
        ("openai", "gpt-4o", "cached_input_token"): Decimal(str(listed["gpt-4o"]["cache_read_input_token_cost"])),
        ("openai", "gpt-4o", "output_token"): Decimal(str(listed["gpt-4o"]["output_cost_per_token"])),
        ("gemini", "gemini/gemini-2.5-flash", "input_token"): Decimal(str(flash["input_cost_per_token"])),
        ("gemini", "gemini/gemini-2.5-flash", "cached_input_token"): Decimal(str(flash["cache_read_input_token_cost"])),
        ("gemini", "gemini/gemini-2.5-flash", "output_token"): Decimal(str(flash["output_cost_per_token"])),
        ("gemini", "gemini/gemini-2.5-flash", "reasoning_token"): Decimal(
            str(flash["output_cost_per_reasoning_token"])
        ),
        ("gemini", "gemini/gemini-2.5-flash", "audio_input_token"): Decimal(str(flash["input_cost_per_audio_token"])),
        ("openai", "whisper-1", "second"): Decimal("0.0001"),
        ("openai", "tts-1", "character"): Decimal("0.000015"),
    }
    assert "4 models taken over" in said
    assert "input_cost_per_token_priority" in said


@pytest.mark.shared
def test_the_whole_list(tmp_path: Path) -> None:
    """Every model is either taken over or left out with a reason, and the file is a good price file."""
    listed = json.loads(file(LIST).read_text(encoding="utf-8"))
    path = tmp_path / "prices.yml"
    code, _, said = run(str(file(LIST)), "--valid-from", "2026-01-01", "--output", str(path))
    assert code == 0, said
    prices = parse(path.read_text(encoding="utf-8"), "test")
    numbers = [
        int(line.split()[0])
        for line in said.splitlines()
        if (" models " in line and "taken over" in line) or "left out" in line
    ]
    assert sum(numbers) == len(listed) - 1, "the sample is no model"
    assert "models left out: every price is 0" in said
    assert "models left out: it is billed by other units" in said
    names = {(price.model, price.unit) for price in prices}
    for model, said_of in listed.items():
        if said_of.get("mode") == "chat" and said_of.get("input_cost_per_token"):
            assert (model.lower(), "input_token") in names
    assert len(list(overlaps(prices))) <= 20  # names that differ in capitals only


def test_mistakes_are_told(tmp_path: Path) -> None:
    """A file that is no list, a date that is none, and models that are not there."""
    path = tmp_path / "list.json"
    path.write_text("[1]", encoding="utf-8")
    assert "is no price list of LiteLLM" in run(str(path), "--valid-from", "2026-01-01")[2]
    path.write_text('{"m": {"input_cost_per_token": 1, "litellm_provider": "p"}}', encoding="utf-8")
    code, _, said = run(str(path), "--valid-from", "soon")
    assert (code, "'soon' is no date; write one such as 2026-01-31" in said) == (1, True)
    code, _, said = run(str(path), "--valid-from", "2026-01-01", "--models", "x,y*")
    assert (code, "no model of the list matches x, y*" in said) == (1, True)


BAD = {
    "a unit that is none": ("usd: {token: 1}", "there is no unit token; known are input_token, "),
    "a negative price": ("usd: {minute: -1}", "greater than or equal to 0"),
    "no price": ("usd: {}", "at least 1 item"),
    "an end before the beginning": ("valid_to: 2025-01-01, usd: {minute: 1}", "valid_to must be after valid_from"),
    "a key that is none": ("currency: EUR, usd: {minute: 1}", "Extra inputs are not permitted"),
}


@pytest.mark.parametrize("mistake", BAD)
def test_a_wrong_price_file(mistake: str) -> None:
    """One sentence for each mistake."""
    entry, sentence = BAD[mistake]
    with pytest.raises(MappingError, match=sentence):
        parse(f"{{version: 1, prices: [{{model: m, valid_from: 2026-01-01, {entry}}}]}}", "test.yml")


def test_overlaps_are_named() -> None:
    """Two prices at once; prices that follow each other are none."""
    text = """
version: 1
prices:
  - {provider: p, model: m, valid_from: 2026-01-01, usd: {minute: 1}}
  - {provider: p, model: m, valid_from: 2026-02-01, usd: {minute: 2, second: 1}}
  - {provider: p, model: n, valid_from: 2026-01-01, valid_to: 2026-02-01, usd: {minute: 1}}
  - {provider: p, model: n, valid_from: 2026-02-01, usd: {minute: 1e-05}}
"""
    assert list(overlaps(parse(text, "test"))) == [
        "two prices of p, m, minute hold from 2026-02-01: 1 since 2026-01-01 and 2; the later one is taken: end the other one with valid_to"
    ]
    assert parse(text, "test")[-1].usd == Decimal("0.00001")
