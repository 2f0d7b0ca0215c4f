"""The kinds of objects in the order in which they are made; they are removed in the other order."""

from __future__ import annotations

from typing import Final

from generator.apply.kinds.contact import ContactPoints
from generator.apply.kinds.dashboard import Dashboards
from generator.apply.kinds.datasource import DataSources
from generator.apply.kinds.folder import Folders
from generator.apply.kinds.kind import Kind
from generator.apply.kinds.library import LibraryPanels
from generator.apply.kinds.policies import Policies
from generator.apply.kinds.rules import RuleGroups
from generator.apply.kinds.template import Templates
from generator.apply.kinds.timing import MuteTimings

KINDS: Final[tuple[type[Kind], ...]] = (
    Folders,
    DataSources,
    LibraryPanels,
    Dashboards,
    Templates,
    MuteTimings,
    ContactPoints,
    Policies,
    RuleGroups,
)
