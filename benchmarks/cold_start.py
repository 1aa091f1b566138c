"""Seconds from a new process to its answer: the command line's help, a prediction, and bare imports beside them.

    python benchmarks/cold_start.py

All are started in turn, in one run; the median of the rounds counts for each.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tabulate import tabulate

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import numpy, onnxruntime": ["-c", "import numpy, onnxruntime"],
    "tallygate --help": ["-m", "tallygate.runtime.cli", "--help"],
    "tallygate predict (onnxruntime)": ["-m", "tallygate.runtime.cli", "predict", "A wonderful film"],
    "tallygate predict (numpy)": ["-m", "tallygate.runtime.cli", "predict", "--engine", "numpy", "A wonderful film"],
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--out", type=Path, metavar="FILE.json")
    arguments = parser.parse_args()
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(arguments.rounds):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - start)
    rows = [{"command": name, "seconds": round(statistics.median(values), 3)} for name, values in seconds.items()]
    print(tabulate(rows, headers="keys"))
    if arguments.out:
        arguments.out.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
