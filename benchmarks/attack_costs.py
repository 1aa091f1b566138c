"""What each attack by a graph costs its victim: the most seconds and the most memory, with each engine.

    python benchmarks/attack_costs.py [--python PYTHON ...]

Every bundle of tests/attacks/graphs.py and weights.py is loaded and asked in a process of its own, by each of the
interpreters, whose installations may hold other versions of onnxruntime. Seconds are those of the load, imports aside;
memory is the process's largest, libraries included.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENGINES = ("numpy", "onnxruntime")
ROOT = Path(__file__).parents[1]


def main() -> int:
    """Print the worst of each; 1 when a bundle was not refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", nargs="+", default=[sys.executable])
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        _load(*arguments.child)
        return 0
    refused = True
    with tempfile.TemporaryDirectory() as folder:
        bundles = _bundles(Path(folder))
        for python in arguments.python:
            for engine in ENGINES:
                costs = [_cost(python, path, engine, folder) for path in bundles]
                refused &= all(cost["refused"] for cost in costs)
                seconds, megabytes = (max(cost[key] for cost in costs) for key in ("seconds", "megabytes"))
                with_version = f"{engine} {costs[0]['version']}"
                print(f"{with_version}: {len(costs)} attacks, at most {seconds:.2f} s and {megabytes:.0f} MB")
    return 0 if refused else 1


def _bundles(folder: Path) -> list[Path]:
    sys.path.insert(0, str(ROOT))
    from tests.attacks import graphs, weights
    from tests.runtime.conftest import ToyBundle

    paths = []
    for attack in (*graphs.ATTACKS, *weights.ATTACKS):
        toy = ToyBundle()
        toy.files["model.fp32.onnx"] = attack(toy.files["model.fp32.onnx"])
        toy.match_hashes()
        paths.append(toy.write_zip(folder / f"{attack.__name__}.zip"))
    return paths


def _cost(python: str, path: Path, engine: str, folder: str) -> dict[str, float]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "runtime"), "TALLYGATE_CACHE": f"{folder}/cache"}
    command = [python, __file__, "--child", str(path), engine]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    cost: dict[str, float] = json.loads(done.stdout)
    return cost


def _load(path: str, engine: str) -> None:
    import numpy
    import onnxruntime

    from tallygate.runtime.classifier import Classifier
    from tallygate.runtime.errors import BundleInvalidError

    start, refused = time.perf_counter(), False
    try:
        Classifier.load(path, engine).predict("good film")
    except BundleInvalidError:
        refused = True
    seconds = time.perf_counter() - start
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    version = {"numpy": numpy, "onnxruntime": onnxruntime}[engine].__version__
    print(json.dumps({"refused": refused, "seconds": seconds, "megabytes": megabytes, "version": version}))


if __name__ == "__main__":
    sys.exit(main())
