"""Every kernel answers as the specification does: the same bits, whatever the shape, the batch or the thread."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.engines.integer.image import read_image
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
    "bigrams": {"hidden": 9, "longest": 2},
    "trigrams, fifty labels, both directions": {"hidden": 20, "directions": 2, "outputs": 50, "longest": 3},
    "trigrams, a floored mean": {"hidden": 36, "pooling_floor": 25, "longest": 3},
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


@pytest.mark.parametrize("longest", [2, 3])
def test_texts_of_the_images_hold_ngrams_that_are_known_and_an_ngram_counts_once(longest: int) -> None:
    """Equality would say nothing of n-grams that no text has."""
    image = read_image(make_image(hidden=9, longest=longest), "image")
    ngrams = image.model.ngrams
    assert ngrams is not None
    ids = np.array([[3, 4, 3, 4, 3, 4, 0, 0, 5]])
    rows = ngrams.rows(ids, np.array([9]))[0]
    assert (np.diff(np.sort(rows[rows > 0])) > 0).all()
    few = [np.random.default_rng(seed).integers(0, 12, MAX_LENGTH) for seed in range(20)]
    assert all((ngrams.rows(row[None], np.array([MAX_LENGTH])) >= ROWS).sum() > 5 for row in few)


@pytest.mark.parametrize("kernel", kernels())
@pytest.mark.parametrize("longest", [2, 3])
def test_texts_of_few_words_and_many_known_ngrams(kernel: str, longest: int) -> None:
    image = make_image(hidden=9, outputs=3, longest=longest)
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, 12, rng.integers(1, MAX_LENGTH + 1)) for _ in range(300)]
    engine, plain = NativeEngine(image, kernel), make_image(hidden=9, outputs=3)
    assert (answered(engine, rows) == specified(image, rows)).all()
    assert (specified(image, rows) != specified(plain, rows)).mean() > 0.9
    assert (answered(engine, rows[::-1]) == specified(image, rows[::-1])).all()


@pytest.mark.parametrize("kernel", kernels())
@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=MAX_LENGTH), min_size=1, max_size=40))
def test_any_ids(kernel: str, rows: list[list[int]]) -> None:
    image = make_image(hidden=36, outputs=3, longest=3)
    arrays = [np.array(row) for row in rows]
    assert (answered(NativeEngine(image, kernel), arrays) == specified(image, arrays)).all()
