"""A check from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from generator.checks import known, reading
from generator.checks.exclusions import Exclusion, Exclusions, read
from generator.checks.model import Fault, File, Finding, Project, Rule
from generator.checks.promql import read as query
from generator.checks.queries import promql
from generator.checks.registry import RULES

if TYPE_CHECKING:
    from exporter.settings import Settings

Folders = Callable[[File], tuple[Path, ...]]


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found, and how much it looked at."""

    findings: tuple[Finding, ...]
    files: int
    excluded: int

    @property
    def errors(self) -> int:
        """Findings that are more than warnings."""
        return sum(finding.level == "error" for finding in self.findings)


def check(
    settings: Settings,
    places: Sequence[Path] = (),
    prometheus: str | None = None,
    lint: Path | None = None,
    rules: Iterable[Rule] = RULES,
) -> Report:
    """Check files and folders; without any, everything that would be generated."""
    files, folders = _files(settings, places)
    found = project(settings, files, prometheus)
    return judge(found, _exclusions(found, folders, lint), rules)


def project(settings: Settings, files: Sequence[File], prometheus: str | None = None) -> Project:
    """These documents with what is known beside them."""
    import dashboards
    from dashboards.frame import uid
    from provisioning.grafana import ALERTMANAGER_UID, POSTGRES_UID, PROMETHEUS_UID

    recorded = known.recorded(files)
    if prometheus:
        used = {
            name for file in files for one in promql(file) for each in query(one.expr).selectors for name in each.names
        }
        names = known.Prometheus(prometheus).known(used)
    else:
        names = known.catalogue()
    names = replace(names, series={**recorded, **names.series})
    uids = frozenset(uid(name) for name in dashboards.MODULES)
    sources = frozenset({PROMETHEUS_UID, POSTGRES_UID, ALERTMANAGER_UID, *settings.imports.datasources.values()})
    return Project(tuple(files), names, uids, sources)


def judge(
    found: Project, excluded: Callable[[File | None, Fault, Rule], Exclusion | None], rules: Iterable[Rule] = RULES
) -> Report:
    """All findings, in the order of files, with exclusions taken away."""
    by_path: dict[tuple[str, str], File] = {}
    for file in found.files:
        by_path.setdefault((file.path, file.kind), file)
    findings: list[Finding] = []
    hidden = 0
    for rule in rules:
        for path, fault in rule.faults(found):
            file = next((by_path[path, kind] for kind in rule.kinds if (path, kind) in by_path), None)
            exclusion = excluded(file, fault, rule)
            if exclusion is not None and not exclusion.softens:
                hidden += 1
                continue
            level = "warning" if exclusion is not None else fault.level or rule.level
            findings.append(Finding(rule.id, level, path, fault.place, fault.reason, rule.remedy, fault.line))
    order = {rule.id: index for index, rule in enumerate(RULES)}
    findings.sort(key=lambda one: (one.file, one.line, order.get(one.rule, 0)))
    return Report(tuple(findings), len({file.path for file in found.files}), hidden)


def _files(settings: Settings, places: Sequence[Path]) -> tuple[list[File], Folders]:
    here = Path()
    if not places:
        from generator.generate import build

        return reading.generated(build(settings)), lambda _: (here,)
    pairs = list(reading.named(places))
    folders: dict[str, tuple[Path, ...]] = {}
    tops = {place for place in places if place.is_dir()}
    for file, folder in pairs:
        above = [folder]
        while above[-1] not in tops and any(top in above[-1].parents for top in tops):
            above.append(above[-1].parent)
        folders[file.path] = (*above, here) if here not in above else tuple(above)
    return [file for file, _ in pairs], lambda file: folders[file.path]


def _exclusions(
    found: Project, folders: Folders, lint: Path | None
) -> Callable[[File | None, Fault, Rule], Exclusion | None]:
    import alerts
    import dashboards

    store = Exclusions()
    given = read(lint) if lint else ()
    ours = {
        kind: Path(str(package.__file__)).parent for kind, package in (("dashboard", dashboards), ("rules", alerts))
    }

    def excluded(file: File | None, fault: Fault, rule: Rule) -> Exclusion | None:
        if file is None:
            return None
        places = (*((ours[file.kind],) if file.kind in ours and found.is_own(file) else ()), *folders(file))
        chosen = [*given, *store.at(places)]
        return next((one for one in chosen if one.rule == rule.id and one.covers(fault)), None)

    return excluded
