"""Programs of the stack: on the PATH, from an installed Debian package, or unpacked from one."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioning.stack.debian import PackageError, Say, install, unpack

TEMPLATE: Final = Path("/usr/share/prometheus/alertmanager/default.tmpl")


class MissingError(Exception):
    """A program is not there and cannot be had; the message is the reason to show."""


@dataclass(frozen=True, slots=True)
class Program:
    """How to call a program: words that come before its own arguments."""

    words: tuple[str, ...]

    def call(self, *arguments: str) -> tuple[str, ...]:
        """The whole command."""
        return (*self.words, *arguments)


def prometheus(packages: Path, say: Say) -> Program:
    """Prometheus; Debian's binary runs from where it is unpacked."""
    found = shutil.which("prometheus")
    if found:
        return Program((found,))
    return Program((str(_unpacked("prometheus", packages, say) / "usr/bin/prometheus"),))


def promtool(packages: Path, say: Say) -> Program:
    """Prometheus' tool, which makes blocks; Debian has it in the same package."""
    found = shutil.which("promtool")
    if found:
        return Program((found,))
    return Program((str(_unpacked("prometheus", packages, say) / "usr/bin/promtool"),))


def alertmanager(packages: Path, say: Say) -> Program:
    """Alertmanager. Debian's build reads its template under /usr/share and ends without it."""
    debian = shutil.which("prometheus-alertmanager")
    if found := shutil.which("alertmanager"):
        return Program((found,))
    if debian and TEMPLATE.exists():
        return Program((debian,))
    if os.geteuid() == 0:
        try:
            install(["prometheus-alertmanager"], say)
        except PackageError as error:
            raise MissingError(str(error)) from None
        return Program(("/usr/bin/prometheus-alertmanager",))
    return _with_template(_unpacked("prometheus-alertmanager", packages, say))


def _unpacked(package: str, packages: Path, say: Say) -> Path:
    try:
        return unpack(package, packages, say)
    except PackageError as error:
        raise MissingError(f"{package} is not on the PATH and {error}") from None


def _with_template(root: Path) -> Program:
    """Run an unpacked Alertmanager in a mount namespace of its own, where /usr/share has the package's files on top."""
    layers = f"{root}/usr/share:/usr/share"
    if set(":,\\") & set(str(root)):
        raise MissingError(f"its package cannot be laid over /usr/share from {root}; use a folder without : , and \\")
    script = f'mount -t overlay overlay -o lowerdir={shlex.quote(layers)} /usr/share && exec "$0" "$@"'
    words = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script)
    probe = subprocess.run([*words, "test", "-e", str(TEMPLATE)], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        raise MissingError(
            f"Debian's build needs {TEMPLATE} and this machine allows no user namespaces; "
            "run: sudo apt-get install prometheus-alertmanager"
        )
    return Program((*words, str(root / "usr/bin/prometheus-alertmanager")))


def grafana() -> tuple[Path, Path]:
    """Grafana's program and its home folder."""
    home = os.environ.get("GRAFANA_HOME", "").strip()
    if home:
        program = Path(home) / "bin" / "grafana"
        if not os.access(program, os.X_OK):
            raise MissingError(f"GRAFANA_HOME is {home}, but there is no program {program}")
        return program, Path(home)
    found = shutil.which("grafana")
    if not found:
        raise MissingError(
            "no grafana on the PATH and no GRAFANA_HOME; install Grafana 11 to 13, or use --runtime compose"
        )
    program = Path(found)
    homes = (Path("/usr/share/grafana"), program.resolve().parent.parent)
    return program, next((path for path in homes if (path / "conf/defaults.ini").exists()), homes[0])
