"""Fuzz the reading of bundles: whatever the bytes, the answer is a classifier or one line of error, never a crash.

    python -m tests.fuzz.fuzz_bundle --minutes 10 --record docs/fuzzing-bytes.json

Needs atheris (coverage-guided, https://github.com/google/atheris). The damage is done to a whole zip, to its manifest,
and to each of its files with the manifest's hashes made to match, so that it gets past them; then the bundle is opened,
loaded on numpy and on onnxruntime, and asked.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import zipfile
from copy import deepcopy
from pathlib import Path
from typing import Any

_CHILD = "--child"
_MAX_EDITS = 4


def main() -> int:
    """Fuzz in a process of its own, which a finding ends; 1 when there was one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path, metavar="FILE.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        options = [f"-max_total_time={round(60 * arguments.minutes)}", f"-seed={arguments.seed}", "-max_len=128"]
        limits = [
            "-len_control=0",
            "-timeout=5",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
            f"-artifact_prefix={folder}/",
        ]
        command = [sys.executable, "-m", "tests.fuzz.fuzz_bundle", _CHILD, *options, *limits]
        environment = os.environ | {"TALLYGATE_CACHE": f"{folder}/cache"}
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    print(done.stderr[-3000:], file=sys.stderr)
    if arguments.record and done.returncode == 0:
        facts = _facts(arguments.minutes, arguments.seed, done.stderr)
        arguments.record.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    return 1 if done.returncode else 0


def fuzz() -> None:
    """The child: hand over to libFuzzer."""
    import atheris

    with atheris.instrument_imports(include=["tallygate.runtime"]):
        import tallygate.runtime.classifier
        import tallygate.runtime.engines.ort.cpu
        import tallygate.runtime.engines.plain.engine
        import tallygate.runtime.parity.golden_answers  # noqa: F401 - all four imported to be instrumented
    from tests.fuzz.outcome import ENGINES, outcome
    from tests.runtime.conftest import ToyBundle

    folder = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())
    path, sound = folder / f"fuzz-{os.getpid()}.zip", ToyBundle()

    def one(data: bytes) -> None:
        path.write_bytes(damaged_zip(deepcopy(sound), atheris.FuzzedDataProvider(data)))
        for engine in ENGINES:
            outcome(path, engine)

    atheris.Setup([sys.argv[0], *(argument for argument in sys.argv[1:] if argument != _CHILD)], one)
    try:
        atheris.Fuzz()
    finally:
        path.unlink(missing_ok=True)


def damaged_zip(toy: Any, provider: Any) -> bytes:  # noqa: ANN401 - atheris is not there to be named
    kind = provider.ConsumeIntInRange(0, 2)
    if kind == 0:
        name = provider.PickValueInList(sorted(toy.files))
        toy.files[name] = _damaged(toy.files[name], provider)
        toy.match_hashes()
    files = toy.files | {"bundle.json": _manifest(toy)}
    if kind == 1:
        files["bundle.json"] = _damaged(files["bundle.json"], provider)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", provider.PickValueInList([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return _damaged(buffer.getvalue(), provider) if kind == 2 else buffer.getvalue()


def _manifest(toy: Any) -> bytes:  # noqa: ANN401
    return json.dumps(toy.manifest).encode()


def _damaged(data: bytes, provider: Any) -> bytes:  # noqa: ANN401
    for _ in range(provider.ConsumeIntInRange(1, _MAX_EDITS)):
        start = provider.ConsumeIntInRange(0, len(data))
        removed = provider.ConsumeIntInRange(0, 16)
        data = data[:start] + provider.ConsumeBytes(provider.ConsumeIntInRange(0, 16)) + data[start + removed :]
    return data


def _facts(minutes: float, seed: int, log: str) -> dict[str, object]:
    from importlib.metadata import version

    libraries = ", ".join(f"{name} {version(name)}" for name in ("atheris", "onnxruntime", "numpy"))
    return {
        "cases": int(re.findall(r"stat::number_of_executed_units:\s*(\d+)", log)[-1]),
        "minutes": minutes,
        "seed": seed,
        "edges_reached": int(re.findall(r"cov: (\d+) ft: \d+", log)[-1]),
        "findings": 0,
        "slowest_seconds": int(re.findall(r"stat::slowest_unit_time_sec:\s*(\d+)", log)[-1]),
        "peak_megabytes": int(re.findall(r"stat::peak_rss_mb:\s*(\d+)", log)[-1]),
        "with": f"{libraries}, Python {platform.python_version()}",
    }


if __name__ == "__main__":
    sys.exit(fuzz() if _CHILD in sys.argv else main())
