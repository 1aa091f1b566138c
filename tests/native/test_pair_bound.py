"""Two weights that meet neighbouring codes: what the export keeps them to, and what AVX2 does with others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tallygate.export.image.formats import Formats
from tallygate.export.image.quantized import integer_from_weights
from tallygate.export.image.writer import ImageContents, image_from
from tallygate.runtime.bundle import INTEGER, open_bundle
from tallygate.runtime.engines.integer import IntegerModel
from tallygate.runtime.engines.integer.native import NativeEngine
from tallygate.runtime.errors import EngineUnavailableError
from tallygate.runtime.text import TextContract
from tests.native.conftest import (
    MAX_LENGTH,
    PUNCTUATION,
    answered,
    kernels,
    random_rows,
    random_weights,
    specified,
    vocabulary,
)

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

BOUND = 129
"""254 * 129 is the largest product of a code and a bound that 16 bits hold."""


def model_of(hidden: int = 37, **shape: int) -> IntegerModel:
    return integer_from_weights(random_weights(hidden=hidden, **shape), Formats(9, 11))


def pairs_of(codes: NDArray[np.int8]) -> NDArray[np.int64]:
    """The larger of both signs' sums of each pair of neighbours."""
    wide = codes.astype(np.int64)
    pairs = wide[:, : wide.shape[1] // 2 * 2].reshape(len(wide), -1, 2)
    result: NDArray[np.int64] = np.maximum(pairs.clip(0).sum(axis=2), (-pairs).clip(0).sum(axis=2))
    return result


def image_with(model: IntegerModel, codes: NDArray[np.int8]) -> bytes:
    """An image whose first layer multiplies by ``codes``."""
    (direction,) = model.layers[0]
    changed = replace(model, layers=((replace(direction, weights=codes),),))
    contract = TextContract(max_length=MAX_LENGTH, punctuation=PUNCTUATION, version=2)
    return image_from(ImageContents(changed, vocabulary(), contract, ["no", "yes"], np.ones(1), []))


@pytest.mark.parametrize("hidden", [1, 2, 37, 100])
@pytest.mark.parametrize("layers", [1, 2])
def test_codes_of_an_export_keep_the_bound_and_leave_no_room_below_it(hidden: int, layers: int) -> None:
    for layer in model_of(hidden, layers=layers).layers:
        codes = layer[0].weights
        pairs = pairs_of(codes).max(axis=1, initial=0)
        assert pairs.max() <= BOUND
        assert ((np.abs(codes).max(axis=1) == 127) | (pairs >= BOUND - 1)).all()


@pytest.mark.skipif("avx2" not in kernels(), reason="needs AVX2")
@pytest.mark.parametrize("sign", [1, -1])
def test_avx2_is_exact_up_to_the_bound_and_refuses_what_lies_beyond(sign: int) -> None:
    model, rows = model_of(36), random_rows(1, 40)
    codes = np.tile(np.array([127, 2], np.int8) * np.int8(sign), (4 * 36, 18))
    full = image_with(model, codes)
    assert (answered(NativeEngine(full, "avx2"), rows) == specified(full, rows)).all()
    codes[77, 13] += sign
    beyond = image_with(model, codes)
    with pytest.raises(EngineUnavailableError):
        NativeEngine(beyond, "avx2")
    for kernel in kernels():
        if kernel != "avx2":
            assert (answered(NativeEngine(beyond, kernel), rows) == specified(beyond, rows)).all()


@pytest.mark.parametrize("kernel", kernels())
def test_every_kernel_runs_the_bundle_that_ships(kernel: str) -> None:
    bundle = open_bundle()
    engine = NativeEngine(bundle.read(bundle.manifest.variants[INTEGER].file), kernel)
    engine.check_goldens()
    assert engine.kernel == kernel
