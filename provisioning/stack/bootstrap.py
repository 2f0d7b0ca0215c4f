"""From a bare machine to `.venv` and to the packages that tests need. Runs before anything is installed: needs nothing but Python."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from provisioning.stack.debian import PackageError, install, unpack

ROOT: Final = Path(__file__).resolve().parents[2]
VENV: Final = ROOT / ".venv"
STAMP: Final = VENV / "installed"
PACKAGES: Final = ROOT / ".stack" / "packages"
OLDEST: Final = (3, 11)
TEST_PROGRAMS: Final = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "redis-server": "redis-server",
}
"""Programs that the tests run, and Debian's package of each."""


def main() -> int:
    """Entry point: `venv [EXTRA]` or `packages`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["venv", "packages"])
    parser.add_argument("extra", nargs="?", default="", help="extra of the project to install, such as test")
    arguments = parser.parse_args()
    if sys.version_info < OLDEST:
        return _fail(f"Python {sys.version.split()[0]} is too old; 3.11 or later is needed: make PYTHON=python3.11")
    os.umask(0o022)
    try:
        venv(arguments.extra) if arguments.what == "venv" else packages()
    except PackageError as error:
        return _fail(str(error))
    except subprocess.CalledProcessError as error:
        return _fail(
            f"{' '.join(map(str, error.cmd[:4]))} failed with exit code {error.returncode}; its words are above"
        )
    return 0


def venv(extra: str) -> None:
    """Make `.venv` with the project in it; nothing to do when it was made from the same project file."""
    state = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()
    stamp = STAMP.read_text(encoding="utf-8").split() if STAMP.exists() else []
    if stamp[:1] == [state] and extra in ("", *stamp[1:]):
        return
    python = VENV / "bin" / "python"
    if not _has_pip(python):
        shutil.rmtree(VENV, ignore_errors=True)
        _create(python)
    extras = sorted({extra, *stamp[1:]} - {""})
    target = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    _say(f"installing the project{' for ' + ', '.join(extras) if extras else ''} into .venv")
    # An editable install warns about folder names; they are meant.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--editable", target], env=environment, check=True)
    STAMP.write_text(" ".join([state, *extras]), encoding="utf-8")


def packages() -> None:
    """Have every program that the tests run."""
    missing = sorted({package for program, package in TEST_PROGRAMS.items() if not shutil.which(program)})
    if missing:
        install(missing, _say)


def _create(python: Path) -> None:
    """An empty environment with pip. Bare Debian has venv without pip: then pip comes from its wheel package."""
    if importlib.util.find_spec("ensurepip"):
        _say("creating .venv")
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        return
    root = unpack("python3-pip-whl", PACKAGES, _say)
    wheel = next(iter(root.glob("usr/share/python-wheels/pip-*.whl")), None)
    if wheel is None:
        raise PackageError(f"{root} holds no wheel of pip; run: sudo apt-get install python3-venv")
    _say("creating .venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True)
    subprocess.run([python, f"{wheel}/pip", "install", "--quiet", "pip"], check=True)


def _has_pip(python: Path) -> bool:
    command = [str(python), "-m", "pip", "--version"]
    return python.exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _fail(text: str) -> int:
    _say(f"Error: {text}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
