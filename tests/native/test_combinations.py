"""Every kernel of this machine on every form, hidden size and pooling, in every batch and by threads."""

from __future__ import annotations

import pytest

from tallygate.runtime.engines.integer.native import NativeEngine
from tests.native.cases import BATCHES, FORMS, HIDDEN_SIZES, POOLINGS, case
from tests.native.conftest import MAX_LENGTH, answered, kernels

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

pytestmark = pytest.mark.slow
WIDE = 128
"""Hidden sizes above this one are asked in fewer batches, and with fewer rows where the kernel is scalar."""


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("hidden", HIDDEN_SIZES)
@pytest.mark.parametrize("form", FORMS)
def test_every_kernel_in_every_batch(form: str, hidden: int, pooling: str) -> None:
    asked = case(form, hidden, pooling)
    assert {len(row) for row in asked.rows} == set(range(1, MAX_LENGTH + 1))
    for kernel in kernels():
        engine = NativeEngine(asked.image, kernel)
        engine.check_goldens()
        few = kernel == "scalar" and (hidden > WIDE or FORMS[form])
        counts = (
            (1, 2, 7, 20) if few else (1, 2, 15, 16, 17, 33, 64, 65, 130) if hidden > WIDE else range(1, BATCHES + 1)
        )
        for count in counts:
            assert (answered(engine, asked.rows[:count]) == asked.logits[:count]).all(), (kernel, count)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("hidden", HIDDEN_SIZES)
def test_two_threads_and_one(form: str, hidden: int) -> None:
    asked = case(form, hidden, "mean")
    for kernel in kernels():
        if kernel == "scalar" and hidden > WIDE:
            continue
        for threads in (1, 2):
            engine = NativeEngine(asked.image, kernel, threads=threads)
            assert (answered(engine, asked.rows) == asked.logits).all(), (kernel, threads)
