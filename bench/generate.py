"""How long dashboards take to generate: the same hundred in each way, the product, and a thousand folders. See bench/README.md."""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.generate_shape import BOARDS, PANELS, said

PROGRAM: Final = Path(__file__).with_suffix(".jsonnet")
PYTHON: Final = {"plain grafanalib": "bench.generate_grafanalib", "our compiler": "bench.generate_ours"}
JSONNET: Final = {"rjsonnet": "rjsonnet", "gojsonnet": "_gojsonnet", "jsonnet": "_jsonnet"}
"""Packages of the bindings, and their modules."""
TENANTS: Final = 1000
LIMITS: Final = {"product_s": 1.0, "tenants_s": 20.0, "tenants_mb": 500.0}


def builder(name: str) -> Callable[[int], bytes]:
    """What builds the dashboard of a number in this way."""
    if name in PYTHON:
        made: Callable[[int], bytes] = importlib.import_module(PYTHON[name]).build
        return made
    evaluate = importlib.import_module(JSONNET[name]).evaluate_snippet
    text = PROGRAM.read_text(encoding="utf-8")
    return lambda number: str(evaluate(PROGRAM.name, text, tla_codes={"number": str(number)})).encode()


def installed() -> dict[str, str]:
    """Every way that can be taken here, with its version."""
    found = dict.fromkeys(PYTHON, version("grafanalib"))
    for package, module in JSONNET.items():
        if importlib.util.find_spec(module) is not None:
            found[package] = version(package)
    return found


def child(name: str) -> None:
    """One run in a process of its own; what is imported and compiled once is not part of the building."""
    build = builder(name)
    build(0)
    warm = time.perf_counter()
    written = [build(number) for number in range(BOARDS)]
    ended = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shown = [said(one) for one in written]
    told = hashlib.sha256(json.dumps(shown).encode()).hexdigest()
    answer = {"build_s": ended - warm, "bytes": sum(map(len, written)), "mb": memory, "said": told}
    sys.stdout.write(json.dumps(answer))


def measured(*words: str) -> tuple[float, dict[str, Any]]:
    """Seconds of a process, and what it said."""
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "bench.generate", *words], check=True, capture_output=True, text=True)
    return time.perf_counter() - begun, json.loads(done.stdout or "{}")


def compare(rounds: int) -> dict[str, dict[str, Any]]:
    """Every way, in turn; what is said of each dashboard must be the same."""
    ways = installed()
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name in ways:
            seconds, answer = measured("--child", name)
            runs[name].append({**answer, "process_s": seconds})
    base = runs["our compiler"]
    for name, answers in runs.items():
        if answers[0]["said"] != base[0]["said"]:
            raise SystemExit(f"{name} builds other dashboards than our compiler; nothing can be compared")
    middle = {
        name: {key: median(one[key] for one in answers) for key in ("build_s", "process_s", "mb", "bytes")}
        for name, answers in runs.items()
    }
    # The ratio is of runs that stand beside each other, for the machine is not alike at all times.
    return {
        name: {**middle[name], "version": ways[name],
               "ratio": median(one["build_s"] / own["build_s"] for one, own in zip(runs[name], base, strict=True))}
        for name in ways
    }  # fmt: skip


def generated(rounds: int, tenants: int, folder: Path) -> tuple[float, float, int]:
    """`watchfloor generate` into an empty directory: median seconds from process start, most megabytes, files."""
    config = folder / "watchfloor.yml"
    config.write_text(json.dumps({"tenant_folders": {"tenants": [f"tenant-{number}" for number in range(tenants)]}}))
    times, memory, files = [], 0.0, 0
    for number in range(rounds):
        out = folder / f"out-{tenants}-{number}"
        command = [sys.executable, "-m", "generator", "--config", str(config), "generate", "--out", str(out), "--json"]
        begun = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            answer = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            times.append(time.perf_counter() - begun)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        memory = max(memory, usage.ru_maxrss / 1024)
        files = json.loads(answer)["files"]
    return median(times), memory, files


def main() -> None:
    """Measure, print the tables, and end with 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return
    ways = compare(options.rounds)
    with tempfile.TemporaryDirectory(prefix="watchfloor-bench-") as name:
        product_s, product_mb, product_files = generated(options.rounds, 0, Path(name))
        tenants_s, tenants_mb, tenants_files = generated(2, TENANTS, Path(name))
    result = {
        "python": platform.python_version(), "processors": os.cpu_count(), "boards": BOARDS, "panels": PANELS, "ways": ways,
        "product": {"s": product_s, "mb": product_mb, "files": product_files},
        "tenants": {"s": tenants_s, "mb": tenants_mb, "files": tenants_files, "tenants": TENANTS},
    }  # fmt: skip
    print("\n".join(table(result)))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    kept = (
        product_s <= LIMITS["product_s"], tenants_s <= LIMITS["tenants_s"], tenants_mb <= LIMITS["tenants_mb"],
    )  # fmt: skip
    raise SystemExit(0 if all(kept) else 1)


def table(result: dict[str, Any]) -> list[str]:
    """The result for people."""
    lines = [
        f"| {result['boards']} dashboards of {result['panels']} panels | build s | whole process s | build, our compiler = 1 | memory MB | bytes |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in result["ways"].items():
        lines.append(
            f"| {name} {one['version']} | {one['build_s']:.3f} | {one['process_s']:.3f} | {one['ratio']:.2f} | {one['mb']:.0f} | {one['bytes']:.0f} |"
        )
    product, tenants = result["product"], result["tenants"]
    return [
        *lines, "", "| `watchfloor generate`, from process start | s | limit | memory MB | limit | files |", "|---|---|---|---|---|---|",
        f"| the whole product | {product['s']:.2f} | {LIMITS['product_s']:g} | {product['mb']:.0f} | | {product['files']} |",
        f"| and {tenants['tenants']} tenants with 3 dashboards each | {tenants['s']:.2f} | {LIMITS['tenants_s']:g} | {tenants['mb']:.0f} | {LIMITS['tenants_mb']:g} | {tenants['files']} |",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
