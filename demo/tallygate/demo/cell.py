"""Inside the cell: every gate at every word, what each unit responds to, and which words the cell kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.bundle import Bundle
from tallygate.runtime.engines.plain import ACTIVATIONS, NumpyEngine, Trace, Weights, weights_from_onnx
from tallygate.runtime.errors import BundleInvalidError
from tallygate.runtime.graph import read_onnx

Array = NDArray[np.float32]
Order = Literal["pull", "response"]


@dataclass(frozen=True)
class CellReading:
    """One direction of one layer over one text; arrays are [words, units], in reading order."""

    trace: Trace
    backward: bool
    pull: Array | None
    """[units]: what each unit adds to the answer's logit; ``None`` below the last layer."""

    @property
    def written(self) -> Array:
        """i_t * C~_t: what each word wrote into the cell."""
        return self.trace.input * self.trace.candidate

    @property
    def previous(self) -> Array:
        """C_{t-1}: the cell before each word."""
        cell = self.trace.cell
        empty = np.zeros_like(cell[:1])
        return np.concatenate([cell[1:], empty] if self.backward else [empty, cell[:-1]])

    @property
    def kept(self) -> Array:
        """What is left in the last cell of each word's writing: i_t * C~_t * product of all later f.

        C_t = f_t * C_{t-1} + i_t * C~_t unrolled, so the sum over the words is exactly the last cell.
        """
        forget = self.trace.forget if self.backward else self.trace.forget[::-1]
        survival = np.ones_like(forget)
        np.cumprod(forget[:-1], axis=0, out=survival[1:])
        kept: Array = self.written * (survival if self.backward else survival[::-1])
        return kept

    @property
    def kept_shares(self) -> Array:
        """[words]: each word's share of all that the last cell holds, 0 to 1."""
        amounts = np.abs(self.kept).sum(axis=1)
        shares: Array = amounts / max(float(amounts.sum()), 1e-12)
        return shares

    @property
    def survival(self) -> Array:
        """[words]: the share of a word's writing that was not forgotten, 0 to 1."""
        written = np.abs(self.written).sum(axis=1)
        shares: Array = np.abs(self.kept).sum(axis=1) / np.maximum(written, 1e-12)
        return shares

    @property
    def loudest(self) -> NDArray[np.intp]:
        """[units]: the word that each unit wrote down most strongly."""
        words: NDArray[np.intp] = np.abs(self.written).argmax(axis=0)
        return words

    def order(self, by: Order) -> NDArray[np.intp]:
        """[units]: the units from top to bottom, by their pull on the answer or by the word that they respond to."""
        if by == "pull" and self.pull is not None:
            return np.argsort(-self.pull, kind="stable")
        return np.lexsort((-np.abs(self.written).max(axis=0), self.loudest))


class Microscope:
    """Looks into the cell with the numpy engine, on the float32 variant where there is one."""

    def __init__(self, bundle: Bundle) -> None:
        """Raises :class:`BundleInvalidError` when no variant of the bundle can be read by the numpy engine."""
        name, model = _readable(bundle)
        self._engine = NumpyEngine(model, name)
        self._weights = weights_from_onnx(read_onnx(model, f"variant {name}"), f"variant {name}")
        self.views = _views(self._weights)

    @property
    def pooling(self) -> str:
        """How the hidden states become one: ``last``, ``mean`` or ``max``."""
        return self._weights.pooling

    def look(self, ids: list[int], view: str, label: int) -> CellReading:
        """The gates for ``ids`` [words] in one of :attr:`views`; ``label`` is the index of the predicted label."""
        layer, direction = self.views[view]
        traces = self._engine.trace(np.array(ids))
        last = layer == len(traces) - 1
        pull = self._pull(traces[layer][direction], direction, label) if last else None
        return CellReading(traces[layer][direction], direction == 1, pull)

    def _pull(self, trace: Trace, direction: int, label: int) -> Array:
        units = self._weights.units
        columns = self._weights.head_weight[:, direction * units : (direction + 1) * units]
        # One output speaks for the second label; of several, a label is ahead by its lead over the mean.
        toward = columns[0] if len(columns) == 1 else columns[label] - columns.mean(axis=0)
        features = ACTIVATIONS[self._weights.head_activation](self._pooled(trace.hidden, direction == 1))
        pull: Array = toward * features
        return pull

    def _pooled(self, hidden: Array, backward: bool) -> Array:
        if self.pooling == "max":
            result: Array = hidden.max(axis=0)
        elif self.pooling == "mean":
            result = hidden.sum(axis=0) / max(len(hidden), self._weights.pooling_floor)
        else:
            result = hidden[0 if backward else -1]
        return result


def _views(weights: Weights) -> dict[str, tuple[int, int]]:
    names = {}
    for k, layer in enumerate(weights.layers):
        for d in range(len(layer)):
            direction = ", forward" if d == 0 else ", backward"
            names[f"layer {k + 1}{direction if len(layer) == 2 else ''}"] = (k, d)
    # The last layer is the one that decides, so it comes first.
    return dict(sorted(names.items(), key=lambda item: (-item[1][0], item[1][1])))


def _readable(bundle: Bundle) -> tuple[str, bytes]:
    variants = bundle.manifest.variants
    names = sorted(variants, key=lambda name: (name != "fp32", "numpy" not in variants[name].engines))
    for name in names:
        model = bundle.read(variants[name].file)
        try:
            NumpyEngine(model, name)
        except BundleInvalidError:
            continue
        return name, model
    raise BundleInvalidError(bundle.path, "has no variant whose gates can be read", "export it with an fp32 variant")
