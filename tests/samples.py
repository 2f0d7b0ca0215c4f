"""Samples of an exposition or of Prometheus, in one form, so that both can be held against the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Labels = dict[str, str]


@dataclass(frozen=True)
class Samples:
    """Every sample once: name, labels, value."""

    all: tuple[tuple[str, Labels, float], ...]

    def sum(self, name: str, *by: str, **match: str) -> dict[tuple[str, ...], float]:
        """Values of a name added up by labels, of the series whose labels match. Nothing when there is no series."""
        found: dict[tuple[str, ...], float] = {}
        for labels, value in self.of(name, **match):
            key = tuple(labels[label] for label in by)
            found[key] = found.get(key, 0.0) + value
        return found

    def value(self, name: str, **match: str) -> float:
        """The one sum of the series that match; KeyError without any."""
        return self.sum(name, **match)[()]

    def of(self, name: str, **match: str) -> Iterator[tuple[Labels, float]]:
        """Labels and values of a name's series whose labels match."""
        for sample, labels, value in self.all:
            if sample == name and match.items() <= labels.items():
                yield labels, value

    def names(self) -> set[str]:
        """All names."""
        return {name for name, _, _ in self.all}

    def table(self, prefixes: Iterable[str]) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """All samples whose name begins with one of the prefixes, to be compared as a whole."""
        chosen = tuple(prefixes)
        return {(name, frozenset(labels.items())): value for name, labels, value in self.all if name.startswith(chosen)}


def parse(text: str) -> Samples:
    """The samples of a text exposition, read by Prometheus' own client library."""
    from prometheus_client.parser import text_string_to_metric_families

    families = text_string_to_metric_families(text)
    return Samples(tuple((s.name, dict(s.labels), float(s.value)) for family in families for s in family.samples))
