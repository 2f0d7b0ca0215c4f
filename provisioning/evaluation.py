"""A Prometheus of our own on links to blocks: it tells what they hold, and what recording rules would have recorded of it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from provisioning.history import HistoryError
from provisioning.stack.binary import Program

READY: Final = 60.0
Result = list[tuple[dict[str, str], list[tuple[float, str]]]]
"""Labels and the values of each series."""


class Evaluation:
    """A running Prometheus that scrapes nothing."""

    def __init__(self, url: str) -> None:
        self._url = url

    def over(self, expression: str, times: Sequence[int]) -> Result:
        """What an expression gives at times that are equally far apart."""
        step = times[1] - times[0] if len(times) > 1 else 1
        params = {"query": expression, "start": times[0], "end": times[-1], "step": step}
        try:
            answer = _session().post(f"{self._url}/api/v1/query_range", data=params, timeout=300).json()
        except (OSError, ValueError) as error:
            raise HistoryError(f"the past of {expression}: {type(error).__name__}; run this again") from None
        if answer.get("status") != "success":
            raise HistoryError(f"the past of {expression}: {answer.get('error')}")
        return [
            (item["metric"], [(float(stamp), value) for stamp, value in item.get("values", ())])
            for item in answer["data"]["result"]
        ]


@contextmanager
def evaluation(prometheus: Program, folder: Path, blocks: Iterable[Path]) -> Iterator[Evaluation]:
    """Start it in a new folder, which is deleted in the end. Blocks are linked, so they cost no room and stay as they are."""
    data = folder / "data"
    shutil.rmtree(folder, ignore_errors=True)
    data.mkdir(parents=True)
    for block in blocks:
        shutil.copytree(block, data / block.name, copy_function=os.link)
    (folder / "prometheus.yml").write_text("{}", encoding="ascii")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = prometheus.call(
        f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={data}", "--storage.tsdb.retention.time=100y",
        # With one length of blocks there is nothing to merge, and what is linked is not written anew.
        "--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h",
        f"--web.listen-address={address}", "--log.level=warn",
    )  # fmt: skip
    with (folder / "log").open("w+b") as log:
        process = subprocess.Popen((*_bound(), *command), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            _wait(process, address, folder / "log")
            yield Evaluation(f"http://{address}")
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)


def _bound() -> tuple[str, ...]:
    """Words before a command that end it when we end in whatever way; none where setpriv is missing or knows no such signal."""
    words = ("setpriv", "--pdeathsig", "KILL")
    with suppress(OSError):
        if subprocess.run((*words, "true"), capture_output=True, timeout=10, check=False).returncode == 0:
            return words
    return ()


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + READY
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if _session().get(f"http://{address}/-/ready", timeout=2).status_code == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    words = " ".join(log.read_text("utf-8", "replace").split()[-60:])
    raise HistoryError(f"a Prometheus of our own on old blocks did not start: {words or 'no answer'}")


def _session() -> Any:
    import requests

    session = requests.Session()
    session.trust_env = False
    return session
