"""The embedding in fewer bits, rounded for its reader: the first LSTM's input matrices.

Rounding each number to the nearest leaves errors that add up in the products with those matrices. They are known, so a
column's error can be made good in the columns that are rounded after it (GPTQ, Frantar et al. 2023): the largest error
of a logit is halved, and no text is read for it. All of it is computed in float64, where no product of two float32
weights, denormal ones included, is 0 or infinite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from tallygate.export.variants.weight_codes import Codes, codes_with_coded_scales, largest_code

EMBEDDING = "embedding.weight"
_READERS = ("lstm.0.forward.w", "lstm.0.backward.w")
_DAMPING = 0.001
"""Share of the mean diagonal that is added to the Hessian's diagonal."""


def embedding_codes(arrays: Mapping[str, NDArray[np.float32]], bits: int) -> Codes:
    """The embedding of ``arrays``, which are a graph's weights by name, with a byte per row for its scale.

    A scale per row, since a word that matters is many times as long as one that does not; with one per column the
    largest error of a logit is up to seven times as large.
    """
    codes = codes_with_coded_scales(arrays[EMBEDDING], 0, bits)
    assert codes.step is not None
    scales, largest = (codes.scales * codes.step).astype(np.float64), largest_code(bits)
    values = _rounded(arrays, lambda column: np.rint(column / scales).clip(-largest, largest) * scales)
    return replace(codes, codes=np.rint(values / scales[:, None]).astype(np.int8))


def embedding_in(arrays: Mapping[str, NDArray[np.float32]], dtype: np.dtype[Any]) -> NDArray[np.float32]:
    """The embedding as numbers that ``dtype``, a floating-point type, holds; as it is where it does not fit into it."""
    largest = float(ml_dtypes.finfo(dtype).max)  # type: ignore[no-untyped-call]
    if np.abs(arrays[EMBEDDING]).max() > largest:
        return arrays[EMBEDDING]

    def nearest(column: NDArray[np.float64]) -> NDArray[np.float64]:
        # What is made good of other columns may lead beyond the largest number, where only infinity is.
        return column.clip(-largest, largest).astype(dtype).astype(np.float64)

    return _rounded(arrays, nearest).astype(np.float32)


def rounded_for(
    reader: NDArray[np.float32],
    weight: NDArray[np.float32],
    nearest: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """``weight`` [rows, columns] in numbers that ``nearest`` gives for a column, so that its products with ``reader``
    [outputs, columns] are near the weight's own.

    Column by column, what rounding spoils in the products is made good in the columns that follow. GPTQ (Frantar et
    al. 2023, arXiv:2210.17323), with the reader's rows in the place of activations: no data is needed.
    """
    hessian = reader.T.astype(np.float64) @ reader
    order = np.argsort(-np.diag(hessian), kind="stable")
    hessian = hessian[np.ix_(order, order)]
    hessian += np.eye(len(order)) * (_DAMPING * np.trace(hessian) / len(order) or 1.0)
    factor = np.linalg.cholesky(np.linalg.inv(hessian)).T
    left = weight[:, order].astype(np.float64)
    values = np.empty(weight.shape, np.float64)
    for place, column in enumerate(order):
        values[:, column] = nearest(left[:, place])
        error = (left[:, place] - values[:, column]) / factor[place, place]
        left[:, place + 1 :] -= np.outer(error, factor[place, place + 1 :])
    return values


def _rounded(
    arrays: Mapping[str, NDArray[np.float32]], nearest: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    reader = np.concatenate([arrays[name][0] for name in _READERS if name in arrays])
    return rounded_for(reader, arrays[EMBEDDING], nearest)
