"""Sources that are programs, Jsonnet and grafanalib modules, run in a process of their own with limits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from generator.importing.record import Refusal

SECONDS: Final = 60
ANSWER: Final = 64 * 1024 * 1024
MARKS: Final = ("jsonnetfile.json", "vendor", ".git")
KEPT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV")
"""Variables that a program may see; no secret is among them."""


def jsonnet_file(file: Path, top: Path) -> Any:
    """The value of a Jsonnet file, which may import what is in its project."""
    root = project(file, top)
    place = file.resolve().relative_to(root)
    return _run({"kind": "jsonnet", "root": str(root), "folder": str(place.parent), "file": place.name, "text": None})


def jsonnet_text(text: str, root: Path) -> Any:
    """The value of a Jsonnet text."""
    return _run({"kind": "jsonnet", "root": str(root.resolve()), "folder": ".", "file": "", "text": text})


def module(file: Path) -> Any:
    """The dashboard of a grafanalib module."""
    return _run({"kind": "module", "file": str(file.resolve())})


def project(file: Path, top: Path) -> Path:
    """The nearest folder around a file that looks like the root of a project; at least the folder that was imported."""
    start = file.resolve().parent
    for folder in (start, *start.parents):
        if any((folder / mark).exists() for mark in MARKS):
            return folder
    return top.resolve() if file.resolve().is_relative_to(top.resolve()) else start


def _run(request: dict[str, Any]) -> Any:
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    reader, writer = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "generator.importing.child", str(writer)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=environment, pass_fds=(writer,), start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        os.close(reader)
        os.close(writer)
        raise Refusal(f"its program cannot be started: {error.strerror}") from None
    os.close(writer)
    return _answer(process, reader, request)


def _answer(process: subprocess.Popen[bytes], reader: int, request: dict[str, Any]) -> Any:
    import threading

    def end() -> None:
        import signal

        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)

    late = threading.Timer(SECONDS, end)
    late.start()
    try:
        if process.stdin is not None:
            with process.stdin as out:
                out.write(json.dumps(request).encode())
        with os.fdopen(reader, "rb") as answer:
            data = answer.read(ANSWER + 1)
    except BrokenPipeError:
        data = b""
    finally:
        overdue = not late.is_alive()
        late.cancel()
        end()
        process.wait()
    if overdue:
        raise Refusal(f"its program did not end within {SECONDS} s")
    if len(data) > ANSWER:
        raise Refusal(f"its program gave more than {ANSWER // 2**20} MiB")
    return _read(data)


def _read(data: bytes) -> Any:
    try:
        told = json.loads(data)
    except ValueError:
        raise Refusal("its program ended without an answer; it ran out of the memory or the time it may have") from None
    if "error" in told:
        raise Refusal(f"its program failed: {' '.join(str(told['error']).split())[:500]}")
    return told["value"]
