"""New process to first answer, and peak memory: the program and the library of the C core, beside their lower bounds.

    python benchmarks/native_start.py

Processes start in turn; medians count, and ratios are taken round by round, of the clock on the wall and of the
processor's own time, which other programs disturb less. `tallygate-run` checks the golden texts of its image at every
start; Python did so in a round before the first, and remembers it. `cat IMAGE` is a process that only reads the image,
`import numpy` one that only loads numpy. Memory is the kernel's VmHWM (so on Linux alone) after all texts, which are
made up of the bundle's words, as long as film reviews.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tabulate import tabulate

from tallygate.runtime.bench.texts import made_up_texts
from tallygate.runtime.bundle import INTEGER, open_bundle, shipped_bundle

COMPILING = Path(__file__).parents[1] / "runtime" / "tallygate-native" / "compiling.py"
TEXT = "A wonderful film"
BARE = "import sys, numpy\nprint(flush=True)\nsys.stdin.read()\n"
NATIVE = """import sys
from tallygate.runtime import Classifier
classifier = Classifier.load(sys.argv[1], engine="native")
print(classifier.predict(sys.stdin.readline()).label, flush=True)
classifier.predict(list(sys.stdin))
"""
TELL = "print([line for line in open('/proc/self/status') if line.startswith('VmHWM')][0], flush=True)\n"
MEGABYTE = 1_000_000


def main() -> None:
    """Build, measure, print."""
    arguments = _parse_args()
    bundle = open_bundle(arguments.bundle)
    texts = made_up_texts(bundle.tokenizer().vocabulary, arguments.texts)
    with tempfile.TemporaryDirectory() as folder:
        image, program = Path(folder) / "model.integer.bin", Path(folder) / "tallygate-run"
        image.write_bytes(bundle.read(bundle.manifest.variants[INTEGER].file))
        subprocess.run([sys.executable, COMPILING, "program", arguments.platform, folder], check=True)
        python = {"import numpy": BARE, "Python and native": NATIVE}
        commands = {"cat IMAGE": ["cat", str(image)], "tallygate-run": [str(program), str(image)]}
        commands |= {name: [sys.executable, "-c", code, arguments.bundle] for name, code in python.items()}
        starts = _starts(commands, arguments.rounds)
        memory = {"tallygate-run": _memory_of_program(commands["tallygate-run"], texts)}
        for name, code in python.items():
            memory[name] = _memory_of_python([sys.executable, "-c", code + TELL, arguments.bundle], texts)
    print(_table(starts, memory))


def _starts(commands: dict[str, list[str]], rounds: int) -> dict[str, list[Start]]:
    """What each start took, per round; the first round warms the disk cache and proves the bundle."""
    starts: dict[str, list[Start]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            start, spent = time.perf_counter(), _processor_time()
            with _process(command) as process:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(TEXT.encode() + b"\n")
                process.stdin.close()
                process.stdout.read(1)
                taken = time.perf_counter() - start
                process.stdout.read()
            if number:
                starts[name].append(Start(taken, _processor_time() - spent))
    return starts


@dataclass(frozen=True)
class Start:
    """One process."""

    answer: float
    """Seconds on the wall to the first byte of output."""
    processor: float
    """Seconds of the processor, to its end."""


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _process(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _memory_of_python(command: Sequence[str], texts: Sequence[str]) -> int:
    done = subprocess.run(command, input="\n".join(texts).encode(), stdout=subprocess.PIPE, check=True)
    return _peak(done.stdout.decode())


def _memory_of_program(command: Sequence[str], texts: Sequence[str]) -> int:
    """It is asked while it waits for more, when all but the last block of its answers has come."""
    with _process(command) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        data = "".join(text + "\n" for text in texts).encode()
        writing = threading.Thread(target=lambda: (process.stdin.write(data), process.stdin.flush()))  # type: ignore[union-attr]
        writing.start()
        for _ in range(len(texts) // 2):
            process.stdout.readline()
        writing.join()
        peak = _peak(Path(f"/proc/{process.pid}/status").read_text("ascii"))
        process.stdin.close()
        process.stdout.read()
    return peak


def _peak(status: str) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None, "only Linux tells"
    return int(found[1]) * 1024


def _table(starts: dict[str, list[Start]], memory: dict[str, int]) -> str:
    beside = {"tallygate-run": "cat IMAGE", "Python and native": "import numpy"}
    rows = []
    for name, values in starts.items():
        row = [name]
        for figure in ("answer", "processor"):
            row.append(f"{1000 * median(getattr(start, figure) for start in values):.1f}")
            row.append(_ratio(values, starts[beside[name]], figure) if name in beside else "")
        rows.append((*row, f"{memory[name] / MEGABYTE:.1f}" if name in memory else ""))
    headers = ("what", "first answer, ms", "x the line before", "processor, ms", "x the line before", "peak MB")
    return str(tabulate(rows, headers, tablefmt="github", disable_numparse=True))


def _ratio(values: list[Start], others: list[Start], figure: str) -> str:
    pairs = zip(values, others, strict=True)
    return f"{median(getattr(a, figure) / getattr(b, figure) for a, b in pairs):.2f}"


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", nargs="?", default=str(shipped_bundle()), help="a bundle with the variant integer")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--platform", default="musl-x86_64", help="that tallygate-run is built for, static with musl")
    return parser.parse_args()


if __name__ == "__main__":
    main()
