"""What LiteLLM's tables can hold beyond the real requests: streams, cache hits, classes of errors, rows of old versions."""

from __future__ import annotations

import pytest

from tests.real.conftest import NewDatabase
from tests.real.data import file
from tests.real.litellm import SCHEMA
from tests.real.once import scrape
from tests.samples import Samples

pytestmark = pytest.mark.shared

START = "2026-05-01 10:00:00"
ROWS = f"""
INSERT INTO public."LiteLLM_SpendLogs"
  (request_id, call_type, model, "startTime", "completionStartTime", "endTime", spend, prompt_tokens, completion_tokens, total_tokens,
   cache_hit, status, metadata)
VALUES
  ('streamed', 'acompletion', 'a', '{START}', '2026-05-01 10:00:00.25', '2026-05-01 10:00:02', 0.125, 10, 5, 15, 'False', 'success', '{{}}'),
  ('cached', 'acompletion', 'b', '{START}', NULL, '{START}', 0, 10, 5, 15, 'True', 'success', '{{}}'),
  ('free of use', 'aembedding', 'c', '{START}', NULL, '2026-05-01 10:00:01', 0, 0, 0, 0, NULL, 'success', '{{}}'),
  ('no price', 'acompletion', 'd', '{START}', NULL, '2026-05-01 10:00:01', 0, 7, 0, 7, NULL, 'success', NULL),
  ('classed', 'acompletion', 'e', '{START}', NULL, '{START}', 0, 0, 0, 0, '', 'failure',
   '{{"error_information": {{"error_class": "RateLimitError"}}}}'),
  ('unclassed', 'acompletion', 'e', '{START}', NULL, '{START}', 0, 0, 0, 0, '', 'failure', '{{"error_information": {{"error_class": ""}}}}'),
  ('old', 'acompletion', '', '{START}', NULL, '2026-05-01 10:00:03', 0.5, 1, 1, 2, '', NULL, '{{}}');
"""


@pytest.fixture(scope="module")
def samples(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """One scrape of these rows with the preset."""
    database, folder = new_database(), tmp_path_factory.mktemp("preset")
    with database.connect() as connection:
        connection.execute(file(SCHEMA).read_bytes())
        connection.execute(ROWS.encode())
    return scrape(folder, database.url, {"preset": "litellm"})


def test_streams_have_a_first_token(samples: Samples) -> None:
    """Only a streamed request has a time to its first token."""
    assert samples.sum("llm_time_to_first_token_seconds_count", "model") == {("a",): 1}
    assert samples.sum("llm_time_to_first_token_seconds_sum", "model") == {("a",): 0.25}


def test_cost_is_known_or_counted_as_unknown(samples: Samples) -> None:
    """A cache hit costs 0; a request that used tokens without a price is unpriced; one without tokens is neither."""
    assert samples.sum("llm_cost_usd_total", "model") == {("a",): 0.125, ("b",): 0, ("unknown",): 0.5}
    assert samples.sum("llm_unpriced_requests_total", "model", "reason") == {("d", "no_price"): 1}


def test_errors_have_their_class(samples: Samples) -> None:
    """The class is that of the proxy's error information, unknown where it is empty."""
    assert samples.sum("errors_total", "type") == {("RateLimitError",): 1, ("unknown",): 1}


def test_rows_of_old_versions(samples: Samples) -> None:
    """A row without a status is one of a version that logged successes alone; an empty model is unknown."""
    assert samples.sum("llm_requests_total", "status", model="unknown") == {("ok",): 1}
    assert samples.sum("llm_request_duration_seconds_sum", "model", model="unknown") == {("unknown",): 3}
