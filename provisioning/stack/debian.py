"""Debian packages: install them without starting a service, or unpack them into a folder. Needs nothing but Python."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

POLICY: Final = Path("/usr/sbin/policy-rc.d")
LISTS: Final = Path("/var/lib/apt/lists")
APT: Final = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


class PackageError(Exception):
    """A package cannot be had; the message says why."""


Say = Callable[[str], None]


def available() -> bool:
    """Whether this is a Debian with apt."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg") is not None


def installed(package: str) -> bool:
    """Whether a package is installed."""
    command = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout == "installed"


def install(packages: Sequence[str], say: Say) -> None:
    """Install packages as root, with services kept from starting."""
    missing = [package for package in packages if not installed(package)]
    if not missing:
        return
    if os.geteuid() != 0:
        raise PackageError(f"needs root to install {' '.join(missing)}; run: sudo apt-get install {' '.join(missing)}")
    say(f"installing {' '.join(missing)} with apt-get")
    with _no_services():
        if not any(LISTS.glob("*_Packages*")):
            _run(["apt-get", "update", "-q"])
        _run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing])


def unpack(package: str, folder: Path, say: Say) -> Path:
    """Download a package and unpack it under a folder, which is not done twice; returns its root."""
    root = folder / package
    if root.is_dir():
        return root
    if not available():
        raise PackageError("this is no Debian with apt-get")
    say(f"downloading Debian's package {package}")
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{package}.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    environment = _private_lists(folder)
    _run(["apt-get", "download", "-q", package], cwd=new, environment=environment)
    archives = list(new.glob("*.deb"))
    if len(archives) != 1:
        raise PackageError(f"apt-get download {package} gave {len(archives)} files instead of 1")
    _run(["dpkg", "--extract", str(archives[0]), str(new)])
    archives[0].unlink()
    new.rename(root)
    return root


def _private_lists(folder: Path) -> dict[str, str]:
    """Where apt reads its lists; a copy of our own when the system has none, which an ordinary user cannot fetch."""
    if any(LISTS.glob("*_Packages*")):
        return {}
    apt = folder / "apt"
    for name in ("lists/partial", "cache/archives/partial"):
        (apt / name).mkdir(parents=True, exist_ok=True)
    config = apt / "apt.conf"
    lines = [f'Dir::State::lists "{apt}/lists";', f'Dir::Cache "{apt}/cache";', 'APT::Sandbox::User "";']
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    environment = {"APT_CONFIG": str(config)}
    if not any((apt / "lists").glob("*_Packages*")):
        _run(["apt-get", "update", "-q"], environment=environment)
    return environment


def _run(command: Sequence[str], cwd: Path | None = None, environment: dict[str, str] | None = None) -> None:
    full = {**os.environ, **APT, **(environment or {})}
    result = subprocess.run(
        command, cwd=cwd, env=full, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        lines = [line for line in (result.stderr + result.stdout).splitlines() if line.startswith(("E:", "dpkg", "W:"))]
        raise PackageError(f"{' '.join(command[:3])} failed: {'; '.join(lines[:3]) or result.stderr.strip()[-300:]}")


@contextlib.contextmanager
def _no_services() -> Iterator[None]:
    """Let no package start a service while it is installed."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
