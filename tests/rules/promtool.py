"""Run promtool and amtool on what is generated."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from alerts import build
from exporter.settings import Settings
from provisioning.document import document


def tool(name: str) -> str:
    """Path of a program; skips the test when it is missing."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on the PATH; it comes with Debian's prometheus and prometheus-alertmanager")
    return found


def run(*command: str) -> str:
    """What a program printed; fails the test with it when the program fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}", pytrace=False)
    return done.stdout


def write_rules(folder: Path, settings: Settings) -> tuple[str, ...]:
    """One rule file a domain; their names."""
    names = []
    for group in build(settings):
        names.append(f"{group.domain}.yml")
        (folder / names[-1]).write_bytes(document(group.content(settings)))
    return tuple(names)


def check_rules(folder: Path, tests: Sequence[object], names: Sequence[str], interval: str = "10s") -> None:
    """Run unit tests of rules that lie in the same folder."""
    program = tool("promtool")
    content = {"rule_files": list(names), "evaluation_interval": interval, "tests": list(tests)}
    (folder / "tests.yml").write_text(yaml.safe_dump(content, sort_keys=False))
    run(program, "test", "rules", str(folder / "tests.yml"))
