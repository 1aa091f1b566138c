"""Every kernel answers as the specification does: the same bits, whatever the shape, the batch or the thread."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.engines.integer.native import NativeEngine
from tests.native.conftest import MAX_LENGTH, ROWS, answered, kernels, make_image, random_rows, specified

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

SHAPES = {
    **{f"hidden {size}": {"hidden": size} for size in (1, 8, 31, 32, 33, 36, 37, 64, 100, 128, 256, 512)},
    **{f"{pooling}": {"hidden": 36, "pooling": pooling} for pooling in ("last", "max", "mean")},
    **{f"{name}": {"hidden": 20, "activation": name} for name in ("relu", "tanh", "sigmoid", "softplus", "leaky-relu")},
    "relu of the last": {"hidden": 20, "activation": "relu", "pooling": "last"},
    "tanh of the largest": {"hidden": 20, "activation": "tanh", "pooling": "max"},
    "both directions": {"hidden": 35, "directions": 2},
    "six labels, two layers, both directions": {"hidden": 20, "directions": 2, "layers": 2, "outputs": 6},
    "the last of both directions": {"hidden": 36, "directions": 2, "layers": 2, "pooling": "last"},
    "four layers": {"hidden": 33, "layers": 4, "pooling": "max"},
    "two wide layers, both directions": {"hidden": 512, "layers": 2, "directions": 2, "inputs": 8},
    "wide inputs": {"hidden": 9, "inputs": 512},
    "other formats": {"hidden": 36, "formats": (10, 12)},
    "widest formats, floored mean": {"hidden": 36, "formats": (8, 10), "pooling_floor": 25},
    "floored mean through tanh": {"hidden": 36, "pooling_floor": 25, "activation": "tanh"},
}


@pytest.mark.parametrize("kernel", kernels())
@pytest.mark.parametrize("shape", SHAPES)
def test_a_kernel_is_the_specification(kernel: str, shape: str) -> None:
    image = make_image(**SHAPES[shape])
    rows = random_rows(1, 40 if "wide layers" in shape else 100)
    engine = NativeEngine(image, kernel)
    engine.check_goldens()
    assert (answered(engine, rows) == specified(image, rows)).all()


@pytest.mark.parametrize("kernel", kernels())
@pytest.mark.parametrize("hidden", [20, 36])
def test_the_batch_changes_nothing(kernel: str, hidden: int) -> None:
    image = make_image(hidden=hidden)
    engine, rows = NativeEngine(image, kernel), random_rows(2, 130)
    expected = specified(image, rows)
    for count in (*range(1, 36), 63, 64, 65, 66, 95, 96, 97, 128, 129, 130):
        assert (answered(engine, rows[:count]) == expected[:count]).all(), count


@pytest.mark.parametrize("kernel", kernels())
def test_threads_change_nothing(kernel: str) -> None:
    image, rows = make_image(hidden=36), random_rows(3, 300)
    assert (answered(NativeEngine(image, kernel, threads=2), rows) == specified(image, rows)).all()


@pytest.mark.parametrize("kernel", kernels())
def test_many_windows_of_layers(kernel: str) -> None:
    image, rows = make_image(hidden=10, layers=2, directions=2), random_rows(4, 1500)
    assert (answered(NativeEngine(image, kernel), rows) == specified(image, rows)).all()


@pytest.mark.parametrize("kernel", kernels())
def test_one_word_over_and_over(kernel: str) -> None:
    image, rows = make_image(hidden=36), [np.full(MAX_LENGTH, word) for word in range(ROWS)]
    assert (answered(NativeEngine(image, kernel), rows) == specified(image, rows)).all()


@pytest.mark.parametrize("kernel", kernels())
@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=MAX_LENGTH), min_size=1, max_size=40))
def test_any_ids(kernel: str, rows: list[list[int]]) -> None:
    image = make_image(hidden=36, outputs=3)
    arrays = [np.array(row) for row in rows]
    assert (answered(NativeEngine(image, kernel), arrays) == specified(image, arrays)).all()
