"""The parts of the documentation that are made from code: settings, entities, metrics. `python -m generator.documents` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent


class DocumentError(Exception):
    """A page lacks the marks between which its generated part stands."""


def pages() -> dict[str, str]:
    """Every page with a generated part, as it should be, by its path from the root."""
    from generator import features
    from generator.checks.pages import pages as checks
    from generator.settings_table import BEGIN, END, table

    readme = _between((ROOT / "README.md").read_text(encoding="utf-8"), BEGIN, END, table().rstrip("\n"))
    begin, end = "<!-- entities:begin -->", "<!-- entities:end -->"
    mapping = (ROOT / "docs/mapping.md").read_text(encoding="utf-8")
    return {
        "README.md": readme,
        "docs/mapping.md": _between(mapping, begin, end, "\n".join((begin, *_entities(), end))),
        "docs/metrics.md": "\n".join(_metrics()) + "\n",
        "docs/features.md": "\n".join(features.page()) + "\n",
        **checks(),
    }


def _between(page: str, begin: str, end: str, text: str) -> str:
    if page.count(begin) != 1 or page.count(end) != 1:
        raise DocumentError(f"a page needs {begin} and {end}, each once")
    return page[: page.index(begin)] + text + page[page.index(end) + len(end) :]


def _entities() -> Iterator[str]:
    from exporter.entities import ENTITIES

    for entity in ENTITIES:
        yield f"\n### {entity.name}\n\n{entity.help}\n\n| column | kind | unit | meaning |\n| --- | --- | --- | --- |"
        for column in entity.columns:
            name = f"`{column.name}`" + (" (required)" if column.required else "")
            yield f"| {name} | {column.kind} | {column.unit} | {column.help} |"


def _metrics() -> Iterator[str]:
    from exporter.metric import Distribution, EventMetric, Level, Sum
    from exporter.metrics import CATALOGUE, DOMAINS
    from exporter.metrics import exporter as own
    from exporter.series import BUDGET

    yield "# Metrics\n\nMade from the catalogue by `make docs`; do not edit. A metric that the mapping cannot give is absent, never 0."
    for domain in (*DOMAINS, "exporter"):
        yield f"\n## {domain}"
        if domain in BUDGET:
            yield f"\nAt most {BUDGET[domain]:,} series for the world of the demo (exporter/series.py), however many rows there are."
        for metric in (*CATALOGUE, *own.METRICS):
            if metric.domain != domain:
                continue
            kind = getattr(metric, "exposition_type", metric.type)
            yield f"\n### {metric.base}\n\n{metric.help}\n"
            yield f"- type: {kind}{f', unit: {metric.unit}' if metric.unit else ''}"
            if metric.labels:
                yield f"- labels: {', '.join(f'`{name}`' for name in metric.label_names)}"
            if isinstance(metric, EventMetric):
                extra = metric.values if isinstance(metric, Sum) else ()
                columns = dict.fromkeys(column.name for column in (*metric.columns, *extra))
                yield f"- from: {metric.entity.name} ({', '.join(columns)}), counted at `{metric.at.name}`"
            if isinstance(metric, Level):
                yield f"- from: {metric.entity.name}, open from `{metric.opened.name}` until `{metric.closed.name}`"
            if isinstance(metric, Distribution):
                note = (
                    f"; the values of thresholds.{', '.join(metric.threshold)} are bounds too"
                    if metric.threshold
                    else ""
                )
                yield f"- bounds: {', '.join(f'{bound:g}' for bound in metric.bounds)}{note}"
            if metric.codes:
                yield f"- feature: {', '.join(metric.codes)}"
        yield from _formulas(domain)


def _formulas(domain: str) -> Iterator[str]:
    from provisioning.kpis import KPIS

    for kpi in KPIS:
        if kpi.domain == domain:
            yield f"\n### Formula: {kpi.title}\n\n{kpi.meaning}\n"
            yield f"- formula: {kpi.formula}"
            yield f"- unit: {kpi.unit}"
            sources = ", ".join(f"`{metric.base}`" for metric in kpi.metrics)
            rows = f"rows of {kpi.entity.name}" if kpi.entity is not None else ""
            yield f"- from: {sources or rows}"
            yield f"- unknown: {kpi.unknown}"
            yield f"- feature: {', '.join(kpi.codes)}"


def main() -> None:
    """Write the pages."""
    for path, text in pages().items():
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
