"""Where generated files go: to our own stack, to a Kubernetes cluster, or by hand into any Grafana."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from exporter.settings import Settings

FOLDERS: Final = {"files": "prometheus", "kubernetes": "kubernetes", "portable": "portable"}
"""A folder that each target has, and no other."""


class TargetError(Exception):
    """The settings cannot be brought to this target."""


def place(target: str, settings: Settings) -> Path:
    """The directory that a target is written to when none is given: each has its own, for files that one lacks are removed."""
    output = settings.stack.output
    return output if target == "files" else output.with_name(f"{output.name}-{target}")


def build(
    target: str, settings: Settings, out: Path, runtime: str, environment: Mapping[str, str] | None = None
) -> dict[str, bytes]:
    """Every file of a target by its path below `out`."""
    environment = os.environ if environment is None else environment
    for other, folder in FOLDERS.items():
        if other != target and (out / folder).is_dir():
            raise TargetError(f"{out} holds files of the target {other}; choose another directory with --out")
    if target == "kubernetes":
        from generator.targets import kubernetes

        return kubernetes.build(settings, environment)
    if target == "portable":
        from generator.targets import portable

        return portable.build(settings)
    from generator.generate import build as files
    from generator.generate import known_names

    return files(settings, runtime, environment, known_names(out))
