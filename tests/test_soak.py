"""Long use: memory stays flat over 100,000 texts of all lengths, and threads that share a classifier change nothing."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tallygate.runtime.classifier import Classifier
from tallygate.runtime.engines import available_engines

TEXTS = 100_000
FLAT = 8 * 2**20
"""Bytes that may come and go: allocators keep free pages."""
SOAK = """
import sys
from tests.test_soak import soak
soak(sys.argv[1], int(sys.argv[2]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("engine", "count"), [("onnxruntime", TEXTS), ("numpy", TEXTS // 20)])
def test_memory_is_flat(engine: str, count: int) -> None:
    if engine not in available_engines():
        pytest.skip(f"needs {engine}")
    command = [sys.executable, "-c", SOAK, engine, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False)
    assert done.returncode == 0, done.stderr
    early, late = map(int, done.stdout.split())
    assert late - early < FLAT, f"{late - early:,} bytes more after {count:,} texts than after a third of them"


def soak(engine: str, count: int) -> None:
    """Answer ``count`` texts, half one by one and half in a stream; print the memory after a third and at the end."""
    classifier = Classifier.load(engine=engine)
    third = _answer(classifier, count // 3)
    print(third, _answer(classifier, count - count // 3))


def _answer(classifier: Classifier, count: int) -> int:
    for text in mixed_texts(count // 2, seed=1):
        classifier.predict(text)
    for _ in classifier.predict(mixed_texts(count // 2, seed=2)):
        pass
    return _resident()


def mixed_texts(count: int, seed: int) -> Iterator[str]:
    """Texts of 0 to 600 words, most of them short, some of them of other scripts."""
    rng = random.Random(seed)
    words = ["film", "good", "bad", "the", "of", "Übung", "кино", "映画", "!!", "don't", "<br />", "\U0001f600"]
    for _ in range(count):
        yield " ".join(rng.choices(words, k=min(600, int(rng.expovariate(1 / 20)))))


def _resident() -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


@pytest.mark.parametrize("engine", available_engines())
def test_threads_share_one_classifier(engine: str) -> None:
    classifier = Classifier.load(engine=engine)
    groups = [list(mixed_texts(40, seed)) for seed in range(8)]
    alone = [classifier.predict(group) for group in groups]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(classifier.predict, groups * 3))
        singly = list(pool.map(lambda group: [classifier.predict(text) for text in group], groups))
    assert together == alone * 3
    for expected, found in zip(alone, singly, strict=True):
        assert [answer.label for answer in found] == [answer.label for answer in expected]
        for one, other in zip(expected, found, strict=True):
            assert one.logits == pytest.approx(other.logits, abs=1e-5)
