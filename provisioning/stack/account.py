"""The unprivileged account that PostgreSQL, Prometheus and Alertmanager run under when the user is root."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioning.stack.part import StackError

NAME: Final = "watchfloor"


@dataclass(frozen=True, slots=True)
class Account:
    """A system account."""

    name: str
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Give a file or a folder, without what is in it, to the account."""
        os.chown(path, self.uid, self.gid)


def unprivileged() -> Account | None:
    """The account to run foreign programs under; None when the user is no root and runs them himself."""
    if os.geteuid() != 0:
        return None
    entry = _find()
    if entry is None:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        entry = _find()
        if entry is None:
            raise StackError(
                f"cannot create the account {NAME}: {result.stderr.strip()}; run as an ordinary user instead"
            )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _find() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def open_path(path: Path) -> list[Path]:
    """Let every account pass through the folders above a path (not list them); returns those that were changed."""
    changed = []
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXGRP | stat.S_IXOTH)
            changed.append(folder)
    return changed
