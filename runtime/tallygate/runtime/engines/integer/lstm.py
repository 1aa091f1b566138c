"""The specification: an LSTM classifier in integers, the same bits everywhere, as ``docs/device-image.md`` has it.

Batched for numpy, yet each line is one line of the specification. The three functions are looked up for all 65,536
arguments, since numpy is quicker at looking up than at computing; :func:`arithmetic.table_values` defines them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.integer.arithmetic import (
    ARGUMENT_BITS,
    Integers,
    all_values,
    doubled,
    hidden_codes,
    multiply_round,
    saturate,
    table_values,
)
from tallygate.runtime.engines.integer.model import Direction, Head, InputTable, IntegerModel
from tallygate.runtime.ngrams import NgramTables

_EXACT_IN_FLOAT32 = (2**24 - 1) // 127**2
"""Terms of a sum of products of two codes up to which float32 holds every partial sum: 1,040."""
_ROWS_AT_ONCE = 4096


class IntegerLSTM:
    """Runs an :class:`IntegerModel` in numpy. Safe to share between threads."""

    def __init__(self, model: IntegerModel) -> None:
        self.model = model
        self._directions = [[_Product(direction) for direction in layer] for layer in model.layers]
        self._tables = [_input_rows(model.embedding, table) for table in model.inputs]
        every = np.arange(65_536, dtype=np.int32).astype(np.int16).astype(np.int32)
        argument = doubled(every, ARGUMENT_BITS - model.gate_bits) & 0xFFFF
        self._sigmoid = all_values(model.sigmoid)[argument].astype(np.int16)
        self._candidate = all_values(model.candidate)[argument].astype(np.int16)
        argument = doubled(every, ARGUMENT_BITS + 1 - model.cell_bits) & 0xFFFF
        self._cell = all_values(model.cell)[argument].astype(np.int16)

    def logits(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
        """``ids`` [batch, time] and ``lengths`` [batch], each at least 1 -> logits float64 [batch, outputs]."""
        order = np.argsort(-lengths, kind="stable")
        result = np.empty((len(ids), self.model.outputs))
        result[order] = self._sorted_logits(ids[order], lengths[order])
        ngrams = self.model.ngrams
        return result if ngrams is None else ngram_logits(ngrams, ngrams.sums(ids, lengths), result)

    def advance(self, ids: NDArray[np.int64], codes: NDArray[np.int8], cells: Integers) -> Integers:
        """One more token of each stream, ``ids`` [rows]; ``codes`` and ``cells`` [layers, rows, hidden] move on.

        Gives the last layer's hidden states, [rows, hidden]. For models that read in one direction.
        """
        below = None
        for number, (product,) in enumerate(self._directions):
            inputs = codes[number] if below is None else np.concatenate([below, codes[number]], axis=1)
            addend = product.bias if number else self._tables[0][ids]
            cells[number], state = self._step(product.sums(inputs), addend, product, cells[number])
            codes[number] = below = hidden_codes(state)
        return state

    def _sorted_logits(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
        """As :meth:`logits`, for rows of falling length."""
        codes = None
        for number, layer in enumerate(self._directions):
            last = number == len(self._directions) - 1
            runs = [
                self._run(product, self._tables[place] if number == 0 else None, codes, ids, lengths, place == 1, last)
                for place, product in enumerate(layer)
            ]
            codes = None if last else np.concatenate([run.codes for run in runs], axis=2)
        return head_logits(self.model, np.concatenate([run.pooled for run in runs], axis=1), lengths)

    def _run(
        self,
        product: _Product,
        table: NDArray[np.int16] | None,
        below: NDArray[np.int8] | None,
        ids: NDArray[np.int64],
        lengths: NDArray[np.int64],
        backward: bool,
        last: bool,
    ) -> _Run:
        """One direction of one layer over a batch of falling lengths."""
        hidden, pool = self.model.hidden_size, _Pool(self.model.pooling, len(ids), self.model.hidden_size)
        codes = np.zeros((*ids.shape, 0 if last else hidden), np.int8)
        state = np.zeros((len(ids), hidden), np.int32)
        cell = np.zeros_like(state)
        for step in range(int(lengths[0])):
            rows = int(np.searchsorted(-lengths, -step))
            place = lengths[:rows] - 1 - step if backward else np.full(rows, step)
            at = np.arange(rows), place
            addend = table[ids[at]] if table is not None else product.bias
            inputs = (
                hidden_codes(state[:rows])
                if below is None
                else np.concatenate([below[at], hidden_codes(state[:rows])], axis=1)
            )
            cell[:rows], state[:rows] = self._step(product.sums(inputs), addend, product, cell[:rows])
            pool.add(state[:rows])
            if not last:
                codes[at] = hidden_codes(state[:rows])
        return _Run(codes, pool.result())

    def _step(
        self, sums: Integers, addend: NDArray[np.int16], product: _Product, cell: Integers
    ) -> tuple[Integers, Integers]:
        """The gates of one step -> cell (Qc) and hidden state (1/32512)."""
        gates = saturate(multiply_round(saturate(sums >> product.shifts), product.multipliers) + addend)
        size = self.model.hidden_size
        places = gates & 0xFFFF
        sigmoids = self._sigmoid[places[:, : 3 * size]]
        i, o, f = sigmoids[:, :size], sigmoids[:, size : 2 * size], sigmoids[:, 2 * size :]
        candidate = self._candidate[places[:, 3 * size :]]
        cell = saturate(multiply_round(f, cell) + multiply_round(i, candidate))
        return cell, multiply_round(o, self._cell[cell & 0xFFFF])

    def addends(self, layer: int, direction: int, ids: NDArray[np.int64]) -> NDArray[np.int16]:
        """What each of ``ids`` [steps] adds to the pre-activations of a direction, [steps, 4 * hidden] Qz."""
        bias = self._directions[layer][direction].bias
        return np.broadcast_to(bias, (len(ids), len(bias))) if layer else self._tables[direction][ids]

    def step(
        self, layer: int, direction: int, codes: NDArray[np.int8], addend: NDArray[np.int16], cell: Integers
    ) -> tuple[Integers, Integers]:
        """One step of one text: ``codes`` [width], ``addend`` [4 * hidden] and ``cell`` [hidden] -> cell (Qc) and
        hidden state (1/32512), [hidden] each.
        """
        product = self._directions[layer][direction]
        cells, states = self._step(product.sums(codes[None].astype(np.int32)), addend[None], product, cell[None])
        return cells[0], states[0]


@dataclass(frozen=True)
class _Run:
    codes: NDArray[np.int8]
    """[batch, time, hidden]; of width 0 where no layer reads them."""
    pooled: NDArray[np.int64]
    """[batch, hidden]."""


class _Product:
    """The recurrent product of a direction, in floats that hold every sum exactly: numpy multiplies those by BLAS."""

    def __init__(self, direction: Direction) -> None:
        exact = np.float32 if direction.weights.shape[1] <= _EXACT_IN_FLOAT32 else np.float64
        self._weights = np.ascontiguousarray(direction.weights.T.astype(exact))
        self.shifts = direction.shifts.astype(np.int32)
        self.multipliers = direction.multipliers.astype(np.int32)
        self.bias = direction.bias

    def sums(self, codes: Integers) -> Integers:
        """[rows, width] -> [rows, 4 * hidden]."""
        result: Integers = (codes.astype(self._weights.dtype) @ self._weights).astype(np.int32)
        return result


class _Pool:
    """The last, the greatest or the sum of a row's hidden states."""

    def __init__(self, pooling: str, rows: int, hidden: int) -> None:
        self._pooling = pooling
        self._values = np.full((rows, hidden), -(2**15) if pooling == "max" else 0, np.int64)

    def add(self, states: Integers) -> None:
        """One more step of the first rows."""
        part = self._values[: len(states)]
        if self._pooling == "mean":
            part += states
        elif self._pooling == "max":
            np.maximum(part, states, out=part)
        else:
            part[:] = states

    def result(self) -> NDArray[np.int64]:
        """[rows, hidden] in units of 1/32512."""
        return self._values


def head_logits(model: IntegerModel, pooled: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Pooled states int64 [batch, width] -> logits float64 [batch, outputs]."""
    head = model.head
    divisor = np.maximum(lengths, model.floor) if model.pooling == "mean" else np.ones_like(lengths)
    if head.activation == "table":
        pooled, divisor = _activated(head, pooled, divisor), np.ones_like(lengths)
    elif head.activation == "relu":
        pooled = np.maximum(pooled, 0)
    sums = pooled @ head.weights.T.astype(np.int64)
    result: NDArray[np.float64] = sums.astype(np.float64) / divisor.astype(np.float64)[:, None] * head.scale + head.bias
    return result


def ngram_logits(ngrams: NgramTables, sums: NDArray[np.int32], logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The LSTM's ``logits`` and ``sums`` of codes, both [batch, outputs] -> the model's logits."""
    result: NDArray[np.float64] = logits + sums.astype(np.float64) * ngrams.scales.astype(np.float64)
    return result


def _activated(head: Head, pooled: NDArray[np.int64], divisor: NDArray[np.int64]) -> NDArray[np.int64]:
    """The table over the mean, which is rounded to the nearest integer, halves up."""
    assert head.table is not None, "an activation by table has one"
    mean = (2 * pooled + divisor[:, None]) // (2 * divisor[:, None])
    return table_values(head.table, saturate(mean)).astype(np.int64)


def _input_rows(embedding: NDArray[np.int16], table: InputTable) -> NDArray[np.int16]:
    """The input table, [rows, 4 * hidden] int16 Qz."""
    rows = np.empty((len(embedding), len(table.multipliers)), np.int16)
    weights = table.weights.T.astype(np.float64)
    for part in _parts(len(embedding)):
        sums = (embedding[part].astype(np.float64) @ weights).astype(np.int64)
        rows[part] = saturate((sums * table.multipliers + table.offsets) >> table.shifts.astype(np.int64))
    return rows


def _parts(rows: int) -> Iterator[slice]:
    for start in range(0, rows, _ROWS_AT_ONCE):
        yield slice(start, start + _ROWS_AT_ONCE)
