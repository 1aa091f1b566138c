"""Fuzz with well-formed wrong graphs, manifests and goldens, on both engines.

    python -m tests.fuzz.fuzz_structure --minutes 10 --record docs/fuzzing-structure.json

Each case is a bundle of a random small network with one to three parts of its graph, its manifest or its goldens
altered, hashes made to match, which is opened, loaded and asked with numpy and with onnxruntime. A case that ends in
anything but answers that are numbers or one printable line, or takes more than five seconds, is a finding: its number
is printed, and ``--case NUMBER`` runs it again.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import platform
import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from tests.fuzz.outcome import ENGINES, outcome
from tests.fuzz.structures import MODEL, alter_goldens, alter_graph, alter_manifest, sound_bundle

HANG = 5.0
"""Seconds that no case may take."""


@dataclass
class Tally:
    """What came of the cases."""

    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    slowest: float = 0.0


def write_case(number: int, folder: Path) -> Path:
    """The bundle of case ``number``: the same bytes everywhere."""
    rng = random.Random(number)
    toy = sound_bundle(rng)
    kind = rng.random()
    if kind < 0.7:
        toy.files[MODEL] = alter_graph(rng, toy.files[MODEL])
    elif kind < 0.8:
        toy.files["golden.jsonl"] = alter_goldens(rng, toy.files["golden.jsonl"])
    toy.match_hashes()
    if kind >= 0.8:
        alter_manifest(rng, toy.manifest)
    return toy.write_zip(folder / "case.zip")


def run_case(number: int, folder: Path, tally: Tally) -> None:
    """Run one case on both engines and count what came."""
    path = write_case(number, folder)
    for engine in ENGINES:
        start = time.monotonic()
        faulthandler.dump_traceback_later(60, exit=True)
        try:
            tally.outcomes[f"{engine}: {outcome(path, engine)}"] += 1
        except Exception:  # the very thing that is looked for
            tally.findings.append(f"case {number} on {engine}: {traceback.format_exc()}")
        faulthandler.cancel_dump_traceback_later()
        taken = time.monotonic() - start
        tally.slowest = max(tally.slowest, taken)
        if taken > HANG:
            tally.findings.append(f"case {number} on {engine}: {taken:.1f} s")
    tally.cases += 1


def run(numbers: Iterator[int], seconds: float) -> Tally:
    """Run cases until the time is over or the numbers are."""
    tally, end = Tally(), time.monotonic() + seconds
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        os.environ["TALLYGATE_CACHE"] = f"{folder}/cache"
        for number in numbers:
            run_case(number, Path(folder), tally)
            if time.monotonic() > end:
                break
    return tally


def main() -> int:
    """Fuzz for a while; 1 when something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--case", type=int, help="run this one alone")
    parser.add_argument("--record", type=Path, metavar="FILE.json")
    arguments = parser.parse_args()
    first = arguments.first if arguments.case is None else arguments.case
    last = sys.maxsize if arguments.case is None else first + 1
    tally = run(iter(range(first, last)), 60 * arguments.minutes)
    facts = {
        "cases": tally.cases,
        "minutes": arguments.minutes,
        "outcomes": dict(sorted(tally.outcomes.items())),
        "findings": len(tally.findings),
        "slowest_seconds": round(tally.slowest, 2),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "with": f"onnxruntime {version('onnxruntime')}, numpy {version('numpy')}, Python {platform.python_version()}",
    }
    print(*tally.findings[:20], json.dumps(facts, indent=2), sep="\n")
    if arguments.record:
        arguments.record.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
