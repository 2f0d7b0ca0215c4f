"""The names that queries may use: those of the catalogue, or those that a Prometheus has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from dashboards.compiler.read import mappings, text
from generator.checks.model import CheckError, File, Known, Series

ADDED: Final = frozenset({"job", "instance", "__name__"})
"""Labels that Prometheus adds to every series that it scrapes."""
NAMES: Final = 5_000
SECONDS: Final = 20


def catalogue() -> Known:
    """What the exporter exposes, what our rules record, and what we use of Prometheus and Alertmanager themselves."""
    import alerts
    from alerts.watchers import SHOWN
    from exporter.metric import Distribution, Own
    from exporter.metrics import CATALOGUE
    from exporter.metrics import exporter as own

    series: dict[str, Series] = {name: Series(counter=name.endswith("_total")) for name in SHOWN}
    for metric in (*CATALOGUE, *own.METRICS):
        labels = frozenset(metric.label_names) | ADDED
        kind = metric.exposition_type if isinstance(metric, Own) else metric.type
        series[metric.name] = Series(labels, kind in ("counter", "histogram"))
        if isinstance(metric, Distribution):
            series[metric.bucket] = Series(labels | {"le"}, counter=True)
            series |= dict.fromkeys((metric.sum, metric.count), Series(labels, counter=True))
    for rule in alerts.RECORDINGS:
        series[rule.name] = Series(frozenset(rule.label_names) | ADDED, counter=False)
    return Known("the catalogue", series, complete=False)


def recorded(files: Iterable[File]) -> dict[str, Series]:
    """Names that rules of the files record; their labels are not worked out."""
    names = (
        text(rule.get("record"))
        for file in files
        if file.kind == "rules"
        for group in mappings(file.data.get("groups"))
        for rule in mappings(group.get("rules"))
    )
    return dict.fromkeys(filter(None, names), Series(counter=False))


class Prometheus:
    """The names, labels and types of a running Prometheus, or of what speaks its API."""

    def __init__(self, url: str) -> None:
        from requests import Session

        self._url = url.rstrip("/")
        self._session = Session()

    def known(self, used: Iterable[str]) -> Known:
        """Every name that it has; of those that are used the labels and the type, too."""
        try:
            names = {str(name) for name in self._get("label/__name__/values")}
            types = self._get("metadata")
            series: dict[str, Series] = dict.fromkeys(names, Series())
            for name in sorted(names & set(used))[:NAMES]:
                labels = frozenset(map(str, self._get("labels", {"match[]": f'{{__name__="{name}"}}'})))
                series[name] = Series(labels, _is_counter(name, types))
        finally:
            self._session.close()
        return Known(self._url, series | {"ALERTS": Series(), "ALERTS_FOR_STATE": Series()}, complete=True)

    def _get(self, what: str, params: dict[str, str] | None = None) -> Any:
        from requests import RequestException

        try:
            answer = self._session.get(
                f"{self._url}/api/v1/{what}", params=params, timeout=SECONDS, proxies={"http": "", "https": ""}
            )
            answer.raise_for_status()
            return answer.json()["data"]
        except RequestException as error:
            raise CheckError(
                f"{self._url} does not answer ({type(error).__name__}); give the address of a Prometheus"
            ) from None
        except (ValueError, KeyError, TypeError):
            raise CheckError(
                f"{self._url} does not answer as Prometheus does; give the address of a Prometheus"
            ) from None


def _is_counter(name: str, types: Any) -> bool | None:
    """By the metadata of scrapes; None where there is none, as for recorded series."""
    for candidate, kinds in _candidates(name):
        found = types.get(candidate) if isinstance(types, dict) else None
        if isinstance(found, list) and found and isinstance(found[0], dict):
            kind = str(found[0].get("type"))
            if kind in kinds:
                return kinds[kind]
    return None


def _candidates(name: str) -> Iterator[tuple[str, dict[str, bool]]]:
    yield name, {"counter": True, "gauge": False, "summary": False}
    for ending in ("_total", "_bucket", "_count", "_sum"):
        if name.endswith(ending):
            yield (
                name.removesuffix(ending),
                {"counter": ending == "_total", "histogram": ending != "_total", "summary": True},
            )
