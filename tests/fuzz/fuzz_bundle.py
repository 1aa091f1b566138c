"""Fuzz the reading of bundles: whatever the bytes, the answer is a classifier or one line of error, never a crash.

    python -m tests.fuzz.fuzz_bundle --minutes 10 --record docs/fuzzing.md

Needs atheris (coverage-guided, https://github.com/google/atheris). The damage is done to a whole zip, to its manifest,
and to each of its files with the manifest's hashes made to match, so that it gets past them; then the bundle is opened,
loaded on the numpy engine, and asked.
"""

from __future__ import annotations

import argparse
import io
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
    parser.add_argument("--record", type=Path, metavar="FILE.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        options = [f"-max_total_time={round(60 * arguments.minutes)}", f"-seed={arguments.seed}", "-max_len=128"]
        limits = [
            "-len_control=0",
            "-timeout=30",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
            f"-artifact_prefix={folder}/",
        ]
        command = [sys.executable, "-m", "tests.fuzz.fuzz_bundle", _CHILD, *options, *limits]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    print(done.stderr[-3000:], file=sys.stderr)
    if arguments.record and done.returncode == 0:
        arguments.record.write_text(_record(arguments.minutes, arguments.seed, done.stderr), "utf-8")
    return 1 if done.returncode else 0


def fuzz() -> None:
    """The child: hand over to libFuzzer."""
    import atheris

    with atheris.instrument_imports(include=["tallygate.runtime"]):
        import tallygate.runtime.engines.plain.engine  # noqa: F401 - imported to be instrumented
        from tallygate.runtime.bundle.reader import open_bundle
        from tallygate.runtime.classifier import Classifier
        from tallygate.runtime.engines import create_engine
        from tallygate.runtime.errors import TallygateError
    from tests.runtime.conftest import ToyBundle

    folder = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())
    path, sound = folder / f"fuzz-{os.getpid()}.zip", ToyBundle()

    def one(data: bytes) -> None:
        path.write_bytes(_damaged_zip(deepcopy(sound), atheris.FuzzedDataProvider(data)))
        try:
            bundle = open_bundle(path)
            Classifier(bundle, create_engine(bundle, "numpy")).predict("good film")
        except TallygateError as error:
            if "\n" in str(error):
                raise RuntimeError("an error has more than one line") from error

    atheris.Setup([sys.argv[0], *(argument for argument in sys.argv[1:] if argument != _CHILD)], one)
    try:
        atheris.Fuzz()
    finally:
        path.unlink(missing_ok=True)


def _damaged_zip(toy: Any, provider: Any) -> bytes:  # noqa: ANN401 - atheris is not there to be named
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
    import json

    return json.dumps(toy.manifest).encode()


def _damaged(data: bytes, provider: Any) -> bytes:  # noqa: ANN401
    for _ in range(provider.ConsumeIntInRange(1, _MAX_EDITS)):
        start = provider.ConsumeIntInRange(0, len(data))
        removed = provider.ConsumeIntInRange(0, 16)
        data = data[:start] + provider.ConsumeBytes(provider.ConsumeIntInRange(0, 16)) + data[start + removed :]
    return data


def _record(minutes: float, seed: int, log: str) -> str:
    from importlib.metadata import version

    runs = int(re.findall(r"stat::number_of_executed_units:\s*(\d+)", log)[-1])
    peak = re.findall(r"stat::peak_rss_mb:\s*(\d+)", log)[-1]
    coverage = re.findall(r"cov: (\d+) ft: (\d+)", log)[-1]
    return (
        "# Fuzzing the reading of bundles\n\n"
        f"`python -m tests.fuzz.fuzz_bundle --minutes {minutes:g} --seed {seed} --record docs/fuzzing.md`"
        " wrote this page.\n\n"
        "Each run damages a zip, its manifest, or one of its files with the hashes made to match; then the bundle\n"
        "is opened, loaded on the numpy engine and asked. A run passes when that gives an answer or one line of\n"
        "error.\n\n"
        "| | |\n| --- | --- |\n"
        f"| runs | {runs:,} |\n| minutes | {minutes:g} |\n| runs that did anything else | 0 |\n"
        f"| edges of the runtime's code reached | {coverage[0]} ({coverage[1]} features) |\n"
        f"| peak memory | {peak} MB |\n"
        f"| with | atheris {version('atheris')}, Python {platform.python_version()} |\n"
    )


if __name__ == "__main__":
    sys.exit(fuzz() if _CHILD in sys.argv else main())
