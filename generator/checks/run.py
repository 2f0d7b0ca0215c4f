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
    unneeded: tuple[str, ...] = ()

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
    return judge(found, Excused(found, folders, lint), rules)


def project(settings: Settings, files: Sequence[File], prometheus: str | None = None) -> Project:
    """These documents with what is known beside them."""
    from dashboards import MODULES, OPTIONAL, tenants
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
    uids = frozenset((*(uid(name) for name in (*MODULES, *OPTIONAL)), *tenants.uids(settings)))
    sources = frozenset({PROMETHEUS_UID, POSTGRES_UID, ALERTMANAGER_UID, *settings.imports.datasources.values()})
    return Project(tuple(files), names, uids, sources)


def judge(found: Project, excused: Excused, rules: Iterable[Rule] = RULES) -> Report:
    """All findings, in the order of files, with exclusions taken away."""
    by_path: dict[tuple[str, str], File] = {}
    for file in found.files:
        by_path.setdefault((file.path, file.kind), file)
    findings: list[Finding] = []
    hidden = 0
    for rule in rules:
        for path, fault in rule.faults(found):
            at = next((by_path[path, kind] for kind in rule.kinds if (path, kind) in by_path), None)
            exclusion = excused.by(at, fault, rule)
            if exclusion is not None and not exclusion.softens:
                hidden += 1
                continue
            level = "warning" if exclusion is not None else fault.level or rule.level
            findings.append(Finding(rule.id, level, path, fault.place, fault.reason, rule.remedy, fault.line))
    order = {rule.id: index for index, rule in enumerate(RULES)}
    findings.sort(key=lambda one: (one.file, one.line, order.get(one.rule, 0)))
    return Report(tuple(findings), len({file.path for file in found.files}), hidden, excused.unneeded)


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


class Excused:
    """The exclusions that hold for a fault: ours for our own files, those beside and above a file, and those given."""

    def __init__(self, found: Project, folders: Folders, lint: Path | None) -> None:
        import alerts
        import dashboards

        self._project, self._folders, self._store = found, folders, Exclusions()
        self._given = read(lint) if lint else ()
        packages = (("dashboard", dashboards), ("rules", alerts))
        self._ours = {kind: Path(str(package.__file__)).parent for kind, package in packages}

    def by(self, file: File | None, fault: Fault, rule: Rule) -> Exclusion | None:
        """The exclusion that speaks of a fault."""
        if file is None:
            return None
        own = file.kind in self._ours and self._project.is_own(file)
        places = (*((self._ours[file.kind],) if own else ()), *self._folders(file))
        chosen = (*self._given, *self._store.at(places))
        return next((one for one in chosen if one.rule == rule.id and one.covers(fault)), None)

    @property
    def unneeded(self) -> tuple[str, ...]:
        """Exclusions, and entries of them, that excused nothing."""
        return tuple(
            f"{one.source}: {one.rule}{f', entry {index + 1}' if one.entries else ''}"
            for one in (*self._given, *self._store.all())
            for index in (range(len(one.entries)) if one.entries else (0,))
            if (index not in one.used if one.entries else not one.needed)
        )
