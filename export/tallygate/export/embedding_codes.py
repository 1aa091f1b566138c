"""The embedding as small integers, rounded for its reader: the first LSTM's input matrices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tallygate.export.weight_codes import Codes, codes_with_coded_scales, largest_code

EMBEDDING = "embedding.weight"
_READERS = ("lstm.0.forward.w", "lstm.0.backward.w")
_DAMPING = 0.001
"""Share of the mean diagonal that is added to the Hessian's diagonal."""


def embedding_codes(arrays: Mapping[str, NDArray[np.float32]], bits: int) -> Codes:
    """The embedding of ``arrays``, which are a graph's weights by name, with a byte per row for its scale.

    A scale per row, since a word that matters is many times as long as one that does not; with one per column the
    largest error of a logit is up to seven times as large.
    """
    weight = arrays[EMBEDDING]
    codes = codes_with_coded_scales(weight, 0, bits)
    assert codes.step is not None
    readers = np.concatenate([arrays[name][0] for name in _READERS if name in arrays])
    return replace(codes, codes=rounded_for(readers, weight, codes.scales * codes.step, bits))


def rounded_for(
    reader: NDArray[np.float32], weight: NDArray[np.float32], scales: NDArray[np.float32], bits: int
) -> NDArray[np.int8]:
    """Codes of ``weight`` [rows, columns], with ``scales`` [rows], whose products with ``reader`` [outputs, columns]
    are near the weight's own.

    Column by column, what rounding spoils in the products is made good in the columns that follow. GPTQ (Frantar et
    al. 2023, arXiv:2210.17323), with the products in the place of activations: no data is needed.
    """
    hessian = reader.T.astype(np.float64) @ reader
    order = np.argsort(-np.diag(hessian), kind="stable")
    hessian = hessian[np.ix_(order, order)]
    hessian += np.eye(len(order)) * (_DAMPING * np.trace(hessian) / len(order) or 1.0)
    factor = np.linalg.cholesky(np.linalg.inv(hessian)).T
    left = weight[:, order].astype(np.float64)
    codes = np.empty(weight.shape, np.int8)
    for place, column in enumerate(order):
        rounded = np.rint(left[:, place] / scales).clip(-largest_code(bits), largest_code(bits))
        codes[:, column] = rounded
        error = (left[:, place] - rounded * scales) / factor[place, place]
        left[:, place + 1 :] -= np.outer(error, factor[place, place + 1 :])
    return codes
