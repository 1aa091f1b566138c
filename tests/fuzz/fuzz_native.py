"""Fuzz the C core by libFuzzer: the reader of device images, and tokenizer and streams, under ASan and UBSan.

    python -m tests.fuzz.fuzz_native --minutes 10 --record build/fuzz-native.json

Needs clang with its runtime (Debian: ``clang``, ``libclang-rt-dev``). The programs are
``runtime/tallygate-native/tests/fuzz_image.c`` and ``fuzz_text.c``; ``--keep FOLDER`` keeps what they found worth
keeping, and begins with it the next time. Exit status 1 where there is a finding, whose input is then in the folder.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.native.conftest import make_image
from tests.native.test_image import size

NATIVE = Path(__file__).parents[2] / "runtime" / "tallygate-native"
COMPILER = "clang -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all"
FUZZERS = ("image", "text")
LONG_TEXT = 2048
"""Tokens that the text fuzzer's image reads: no input has as many, so that pieces must answer as the whole does."""
SHAPES = (
    {"hidden": 7},
    {"hidden": 36, "keep": "first"},
    {"hidden": 9, "activation": "tanh", "pooling": "max"},
    {"hidden": 5, "layers": 2, "directions": 2, "outputs": 3, "pooling": "last"},
    {"hidden": 3, "inputs": 2, "layers": 4, "outputs": 6, "activation": "relu", "formats": (8, 10)},
    {"hidden": 4, "longest": 3, "outputs": 3},
)
"""Of the images that the image fuzzer begins with."""


@dataclass(frozen=True)
class Run:
    """What one fuzzer did."""

    fuzzer: str
    executions: int
    seconds: int
    edges: int
    """Of the program's code, reached."""
    features: int
    corpus: int
    peak_megabytes: int
    slowest_seconds: int
    findings: int


def main() -> int:
    """Both fuzzers, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="for each of them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=FUZZERS)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--record", type=Path, metavar="FILE.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        chosen = [arguments.only] if arguments.only else FUZZERS
        runs = [
            fuzz(name, build(name, folder), folder, round(60 * arguments.minutes), arguments.seed) for name in chosen
        ]
    facts = [asdict(run) for run in runs]
    print(json.dumps(facts, indent=2))
    if arguments.record:
        arguments.record.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    return 1 if any(run.findings for run in runs) else 0


def build(name: str, folder: Path) -> Path:
    """Compile a fuzzer with clang; raises :class:`subprocess.CalledProcessError` where that is not there."""
    command = [sys.executable, str(NATIVE / "compiling.py"), "test", f"fuzz_{name}", str(folder)]
    subprocess.run(command, check=True, env=os.environ | {"TALLYGATE_NATIVE_CC": COMPILER}, stdout=subprocess.DEVNULL)
    return folder / f"fuzz_{name}"


def fuzz(name: str, program: Path, folder: Path, seconds: int, seed: int) -> Run:
    """Run one for so long; what it says goes to the standard error where it found something."""
    corpus = folder / f"{name}-corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    most = _write_seeds(name, corpus)
    text_image = folder / "text.bin"
    text_image.write_bytes(size("max_length", LONG_TEXT)(make_image(hidden=7)))
    limits = ["-timeout=25", "-rss_limit_mb=3072", f"-max_len={most}", f"-artifact_prefix={folder}/{name}-"]
    options = [f"-max_total_time={seconds}", f"-seed={seed}", "-print_final_stats=1", "-len_control=0"]
    dictionary = [f"-dict={NATIVE / 'tests' / 'text.dict'}"] if name == "text" else []
    done = subprocess.run(
        [str(program), *options, *limits, *dictionary, str(corpus)],
        env=os.environ | {"TALLYGATE_FUZZ_IMAGE": str(text_image)},
        stderr=subprocess.PIPE,
        errors="replace",
        text=True,
    )
    if done.returncode:
        print(done.stderr[-6000:], file=sys.stderr)
    return _run(name, done.stderr, seconds, int(done.returncode != 0))


def _write_seeds(name: str, corpus: Path) -> int:
    """What the fuzzer begins with; -> bytes of the longest input."""
    if name == "text":
        texts = [
            "good bad, don\u2019t! caf\u00e9 cafe\u0301 <br />S\u0323\u0307 x",
            "\u0130\u212a =\u0338 <br <b <BR/>",
        ]
        seeds = [bytes([kernel, 3 * kernel, kernel, 0]) + text.encode() for kernel in range(6) for text in texts]
    else:
        seeds = [make_image(**shape) for shape in SHAPES]
    for number, data in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(data)
    return LONG_TEXT if name == "text" else max(map(len, seeds)) + 64


def _run(name: str, log: str, seconds: int, findings: int) -> Run:
    def last(pattern: str) -> int:
        found = re.findall(pattern, log)
        return int(found[-1]) if found else 0

    return Run(
        fuzzer=name,
        executions=last(r"stat::number_of_executed_units:\s*(\d+)") or last(r"#(\d+)\s"),
        seconds=seconds,
        edges=last(r"cov: (\d+) ft: \d+"),
        features=last(r"cov: \d+ ft: (\d+)"),
        corpus=last(r"corp: (\d+)/"),
        peak_megabytes=last(r"stat::peak_rss_mb:\s*(\d+)"),
        slowest_seconds=last(r"stat::slowest_unit_time_sec:\s*(\d+)"),
        findings=findings,
    )


if __name__ == "__main__":
    sys.exit(main())
