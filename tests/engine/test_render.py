"""Expositions read back by prometheus_client's own parsers, and shared by all who ask at the same time."""

from __future__ import annotations

import math
import threading
import zlib
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from exporter.labels import MODEL, TENANT
from exporter.metric import Count, Distribution, Metric
from exporter.metrics.calls import CALL_BOUNDS, CALL_DURATION, CALLS_COMPLETED, CALLS_INITIATED
from exporter.metrics.cost import LLM_COST
from exporter.metrics.pipeline import ERRORS
from exporter.render import FamilyView, Text, text
from exporter.sources.database import Session, connect
from tests.engine.recount import Samples, key
from tests.engine.rig import Checked, Place, Rig, checked, read, settings, total

HOSTILE = {
    "quotes": 'say "yes"',
    "backslashes": "C:\\new\\",
    "a line end": "two\nlines",
    "an escaped line end": "no\\nline",
    "carriage return": "two\r\nlines",
    "percent": "100% %s %(now)s %%",
    "braces": '{a="b"} 1\n# TYPE x counter',
    "unicode": "Zürich 東京 🙂 \u2028 \u00a0",
    "spaces": "  in  front and behind  ",
    "quote at the end": 'x\\"',
    "commas": "a,b=c,",
    "10 kB": "long" * 2560,
}


def both(found: Text) -> list[Samples]:
    """The samples of both formats."""
    return [
        read(found.render(openmetrics=False).decode()),
        read(found.render(openmetrics=True, more=b"# EOF\n").decode(), openmetrics=True),
    ]


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_label_value(word: str) -> None:
    """Whatever stands in a label comes back as it is, in both formats, for counters and for histograms."""
    value = HOSTILE[word]
    counter, histogram = FamilyView(CALLS_INITIATED), FamilyView(CALL_DURATION, CALL_BOUNDS)
    counter.set((value, "a", "voice", value, ""), [3])
    histogram.set((value, "a", value), [1, Decimal("0.5"), *[1] * len(CALL_BOUNDS)])
    labels = {"tenant": value, "agent": "a", "agent_type": value}
    for samples in both(text([counter, histogram])):
        assert len(samples) == 1 + len(CALL_BOUNDS) + 3
        assert total(samples, "calls_initiated_total", tenant=value, channel=value) == 3
        assert samples[key("call_duration_seconds_bucket", {**labels, "le": "5.0"})] == 1
        assert samples[key("call_duration_seconds_sum", labels)] == 0.5


@hypothesis_settings(max_examples=60, deadline=None, database=None)
@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"])), min_size=5, max_size=5))
def test_any_label_value(values: list[str]) -> None:
    """Any text at all comes back."""
    view = FamilyView(CALLS_INITIATED)
    view.set(tuple(values), [1])
    for samples in both(text([view])):
        assert samples == {key("calls_initiated_total", dict(zip(CALLS_INITIATED.label_names, values, strict=True))): 1}


@pytest.mark.parametrize(
    "value",
    [
        0,
        1,
        2**53,
        2**63,
        0.1,
        1e-9,
        1e22,
        123456789.125,
        Decimal("0.1"),
        Decimal("1E+3"),
        Decimal("1234567890.123456789"),
    ],
)
def test_values_are_exact(value: float | Decimal) -> None:
    """A value comes back as the nearest number that Prometheus can hold."""
    view = FamilyView(LLM_COST)
    view.set(("t", "a", "voice", "m", "p", "recorded"), [value])
    for samples in both(text([view])):
        (found,) = samples.values()
        assert found == float(value)
        assert math.isfinite(found)


def test_whole_text() -> None:
    """The text of a counter and a histogram, in full."""
    counter = Count(
        base="x_total",
        help='A "thing" \\ more.',
        domain="d",
        entity=CALLS_INITIATED.entity,
        at=CALLS_INITIATED.at,
        labels=(TENANT,),
    )
    histogram = Distribution(
        base="y_seconds", help="Time.", domain="d", unit="seconds", entity=CALL_DURATION.entity, at=CALL_DURATION.at,
        value=CALL_DURATION.value, bounds=(0.5, 1.0),
    )  # fmt: skip
    views = [FamilyView(counter), FamilyView(histogram, (0.5, 1.0))]
    views[0].set(("a",), [2])
    views[0].set(("b",), [Decimal("2.5")])
    views[1].set((), [3, 2.25, 1, 2])
    samples = 'x_total{tenant="a"} 2\nx_total{tenant="b"} 2.5\n'
    buckets = 'y_seconds_bucket{le="0.5"} 1\ny_seconds_bucket{le="1.0"} 2\ny_seconds_bucket{le="+Inf"} 3\ny_seconds_count 3\ny_seconds_sum 2.25\n'
    assert text(views).render(openmetrics=False).decode() == (
        f'# HELP x_total A "thing" \\\\ more.\n# TYPE x_total counter\n{samples}'
        f"# HELP y_seconds Time.\n# TYPE y_seconds histogram\n{buckets}"
    )
    assert text(views).render(openmetrics=True).decode() == (
        f'# HELP x A \\"thing\\" \\\\ more.\n# TYPE x counter\n{samples}'
        f"# HELP y_seconds Time.\n# TYPE y_seconds histogram\n# UNIT y_seconds seconds\n{buckets}"
    )


@pytest.mark.parametrize("openmetrics", [False, True])
@pytest.mark.parametrize("more", [b"", b"# EOF\n", b"x 1\n" * 50_000])
@pytest.mark.parametrize("stdlib", [False, True])
def test_packed(openmetrics: bool, more: bytes, stdlib: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gzip form is one member, which holds just the text, with isal and without it."""
    if stdlib:
        monkeypatch.setattr("exporter.packing.fast", zlib)
    views = [FamilyView(CALLS_INITIATED), FamilyView(CALL_DURATION, CALL_BOUNDS), FamilyView(LLM_COST)]
    for number in range(700):
        views[0].set((f"t{number}", "a", "voice", "é", ""), [number])
        views[1].set((f"t{number}", "a", "voice"), [1, Decimal("0.5"), *[1] * len(CALL_BOUNDS)])
    found = text(views)
    reader = zlib.decompressobj(31)
    assert reader.decompress(found.packed(openmetrics=openmetrics, more=more)) == found.render(
        openmetrics=openmetrics, more=more
    )
    assert reader.eof
    assert reader.unused_data == b""
    assert b"".join(views[0].pieces()) in found.render(openmetrics=openmetrics)


def test_families_without_series_are_left_out() -> None:
    """A family that lost its last series leaves no header behind."""
    view = FamilyView(ERRORS)
    view.set(("t", "c", "a", "b", "d"), [1])
    assert text([view]).render(openmetrics=False)
    view.remove(("t", "c", "a", "b", "d"))
    assert text([view]).render(openmetrics=False) == b""


def test_hostile_rows(place: Place) -> None:
    """Hostile words travel from rows to both formats and through the state file."""
    for value in HOSTILE.values():
        place.calls(2, tenant=value, outcome=value)
    place.clock.forward(200)
    for life in range(2):
        rig = place.rig()
        rig.collector.book.writable = True
        rig.tick()
        for openmetrics in (False, True):
            samples = rig.scrape(openmetrics=openmetrics)
            for value in HOSTILE.values():
                assert total(samples, CALLS_COMPLETED.name, tenant=value, outcome=value) == 2, life
        rig.close()


def test_both_formats_agree(place: Place) -> None:
    """The same scrape has the same samples in both formats, own metrics included, and OpenMetrics ends as it must."""
    place.calls(7)
    rig = place.rig(exporter={"reuse": 60})
    rig.tick()
    plain, openmetrics = (
        rig.exposition.exposition(openmetrics=False).decode(),
        rig.exposition.exposition(openmetrics=True).decode(),
    )
    assert openmetrics.endswith("# EOF\n")
    assert openmetrics.count("# EOF") == 1
    both = [read(plain), read(openmetrics, openmetrics=True)]
    same = [
        {place: value for place, value in samples.items() if not place[0].startswith("process_")} for samples in both
    ]
    assert same[0] == same[1]
    assert "_created" not in openmetrics
    rig.close()


class Counted(Checked):
    """Counts statements, and lets the first scrape wait until all have asked."""

    statements: Counter[str]
    snapshots = 0
    gate: Callable[[], object] | None = None

    def after(self, session: Session) -> None:  # noqa: ARG002 - it is only counted
        Counted.snapshots += 1
        if self.gate is not None:
            self.gate()


def test_ten_scrapers_at_once(place: Place) -> None:
    """Ten who ask at the same time cause one snapshot, and all get the same numbers."""
    place.calls(5)
    rig = place.rig(scraper=Counted, exporter={"reuse": 0.5})
    rig.tick()
    Counted.snapshots = 0
    barrier, asked = threading.Barrier(10), threading.Event()
    assert isinstance(rig.collector._scraper, Counted)
    rig.collector._scraper.gate = lambda: asked.wait(10)
    answers: list[bytes] = []

    def ask(number: int) -> None:
        barrier.wait(10)
        if number == 9:
            asked.set()
        answers.append(rig.exposition.exposition(openmetrics=number % 2 == 0))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(answers) == 10
    assert Counted.snapshots == 1
    totals = {
        total(read(a.decode().replace("# EOF\n", "")), "calls_completed_total") for a in answers if b"# EOF" not in a
    }
    assert totals == {5}
    rig.close()


def test_scrape_after_reuse(place: Place) -> None:
    """Who asks after the time of reuse gets new numbers."""
    rig = place.rig()
    rig.tick()
    assert total(rig.scrape(), "calls_completed_total") == 0
    place.calls(1)
    assert total(rig.scrape(), "calls_completed_total") == 1
    rig.close()


def test_namespace(place: Place, tmp_path: Path) -> None:
    """A namespace stands before every name of the catalogue and of the exporter's own."""
    from exporter.metric import set_namespace

    place.calls(1)
    set_namespace("acme")
    try:
        rig = checked(place.url, tmp_path / "acme.json", place.clock)
        rig.tick()
        names = {name for name, _ in rig.scrape()}
        rig.close()
    finally:
        set_namespace("")
    assert "acme_calls_completed_total" in names
    assert "acme_exporter_database_up" in names
    assert [name for name in names if not name.startswith(("acme_", "process_"))] == []


def test_unknown_model_is_unknown(place: Place) -> None:
    """A label whose column is NULL or empty is `unknown`; nothing is lost."""
    place.sql(
        "INSERT INTO llm_requests (id, tenant, model, status, ended_at) VALUES ('1', 't', NULL, 'ok', now()), ('2', 't', '', 'ok', now())"
    )
    rig = Rig(settings(place.url, place.state), lambda: connect(place.url, 3.0))
    rig.tick()
    assert total(rig.scrape(), "llm_requests_total", **{MODEL.name: "unknown"}) == 2
    rig.close()


def test_every_metric_can_be_shown() -> None:
    """Help and unit of every metric of the catalogue make headers that parsers accept."""
    from exporter.metrics import CATALOGUE

    def filled(metric: Metric) -> FamilyView:
        bounds = metric.bounds if isinstance(metric, Distribution) else ()
        view = FamilyView(metric, bounds)
        view.set(tuple("x" for _ in metric.labels), [1, 1, *[1 for _ in bounds]] if bounds else [1])
        return view

    for samples in both(text([filled(metric) for metric in CATALOGUE])):
        assert {name for name, _ in samples} >= {
            metric.name for metric in CATALOGUE if not isinstance(metric, Distribution)
        }
