"""Where a kernel parts from the specification: the first token, layer, direction, and gate or state.

Both take the same steps from the same state, the specification's, layer by layer, so that what is wrong below does
not hide what is wrong above. Which gate it is comes out of single steps in which other gates are driven to their ends
by their addends: nothing in a kernel has to tell, and no kernel pays for this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.engine import copy_name
from tallygate.runtime.engines.integer.arithmetic import hidden_codes
from tallygate.runtime.engines.integer.image import DeviceImage
from tallygate.runtime.engines.integer.kernel_steps import KernelSteps, Question
from tallygate.runtime.engines.integer.lstm import IntegerLSTM
from tallygate.runtime.errors import GateError

Ids = NDArray[np.int64]
Encode = Callable[[str], list[int]]

MOST_SLOTS = 64
"""Texts at once that a kernel has at most."""
_STEPS = 256
"""Steps that are compared at once: so memory has a bound, whatever a model's sizes."""
_GATES = {"input gate": 0, "output gate": 1, "candidate": 3}
"""Those that are driven to their ends, and which quarter of the rows each has."""
_HIGH = 32_767
"""An addend that drives a gate to 1."""


@dataclass(frozen=True)
class Parting:
    """The first place that differs; all numbers count from 1."""

    token: int
    tokens: int
    layer: int
    direction: int
    part: str
    """A gate, the cell, the hidden state, or the input row of a word."""
    texts: int
    """How many stood beside each other."""

    def __str__(self) -> str:
        at_once = f", with {self.texts} texts at once" if self.texts > 1 else ""
        way = ("forward", "backward")[self.direction - 1]
        return f"token {self.token} of {self.tokens}, layer {self.layer} {way}, {self.part}{at_once}"


def golden_error(image: DeviceImage, number: int, kernel: str, encode: Encode, steps: KernelSteps) -> GateError:
    """What to raise where ``kernel`` answers golden text ``number`` (from 0) otherwise: with the place, if found."""
    golden, lstm = image.goldens[number], IntegerLSTM(image.model)
    ids, found = np.array(image.tokenizer().encode(golden.text)), encode(golden.text)
    where = f"golden text {number + 1} of {copy_name('integer', 'native', kernel)}"
    mend = "do not serve this copy; another kernel may do: TALLYGATE_KERNEL"
    if found != ids.tolist():
        at = next((at for at, pair in enumerate(zip(found, ids, strict=False)) if pair[0] != pair[1]), len(found))
        return GateError(where, f"parts from the specification at token {at + 1}, which is another word", mend)
    if lstm.logits(ids[None], np.array([len(ids)]))[0].tobytes() != golden.logits.tobytes():
        return GateError(where, "is answered otherwise than at export, by the specification too", "get the image again")
    parting = first_parting(steps, lstm, ids)
    if parting is None:
        return GateError(where, "parts from the specification behind the last step: pooling, head or slots", mend)
    return GateError(where, f"parts from the specification at {parting}", mend)


def first_parting(kernel: KernelSteps, lstm: IntegerLSTM, ids: Ids) -> Parting | None:
    """The first place where ``kernel`` parts from ``lstm`` on the text of ``ids``, alone or in every slot."""
    for slots in (1, MOST_SLOTS):
        for walk in walks(lstm, ids):
            step = _first_step(kernel, walk, slots)
            if step is not None:
                part, texts = _Fault(kernel, lstm, walk.question(step, 1), slots).name()
                token = int(walk.places[step]) + 1
                return Parting(token, len(ids), walk.layer + 1, walk.direction + 1, part, texts)
    return None


@dataclass(frozen=True)
class Walk:
    """One direction of one layer of the specification over a text; all arrays in the order of its steps."""

    layer: int
    direction: int
    places: Ids
    """[steps] of the tokens in the text."""
    ids: Ids
    below: NDArray[np.int8] | None
    codes: NDArray[np.int8]
    """[steps + 1, hidden], before the first step and after each."""
    cells: NDArray[np.int16]
    """The same, Qc."""

    def question(self, start: int, count: int) -> Question:
        """Some of the steps, from the state that the specification has before them."""
        part = slice(start, start + count)
        below = None if self.below is None else self.below[part]
        return Question(self.layer, self.direction, self.codes[start], self.cells[start], below, self.ids[part])


def walks(lstm: IntegerLSTM, ids: Ids) -> Iterator[Walk]:
    """All directions of all layers, from the words up."""
    below = None
    for layer in range(len(lstm.model.layers)):
        codes = []
        for direction in range(len(lstm.model.inputs)):
            walk = _walk(lstm, layer, direction, ids, below)
            yield walk
            codes.append(walk.codes[1:][np.argsort(walk.places)])
        below = np.concatenate(codes, axis=1)


def _walk(lstm: IntegerLSTM, layer: int, direction: int, ids: Ids, below: NDArray[np.int8] | None) -> Walk:
    places = np.arange(len(ids))[:: -1 if direction else 1]
    hidden, addends = lstm.model.hidden_size, lstm.addends(layer, direction, ids[places])
    codes, cells = np.zeros((len(ids) + 1, hidden), np.int8), np.zeros((len(ids) + 1, hidden), np.int16)
    under = None if below is None else below[places]
    for step in range(len(ids)):
        inputs = codes[step] if under is None else np.concatenate([under[step], codes[step]])
        cells[step + 1], states = lstm.step(layer, direction, inputs, addends[step], cells[step].astype(np.int32))
        codes[step + 1] = hidden_codes(states)
    return Walk(layer, direction, places, ids[places], under, codes, cells)


def _first_step(kernel: KernelSteps, walk: Walk, slots: int) -> int | None:
    for start in range(0, len(walk.ids), _STEPS):
        question = walk.question(start, _STEPS)
        codes, cells = kernel.answers(question, slots)
        after = slice(start + 1, start + 1 + len(question.ids))
        wrong = (codes != walk.codes[after, None]) | (cells != walk.cells[after, None])
        if wrong.any():
            return start + int(wrong.any(axis=(1, 2)).argmax())
    return None


class _Fault:
    """What is wrong in one step."""

    def __init__(self, kernel: KernelSteps, lstm: IntegerLSTM, question: Question, slots: int) -> None:
        self._kernel, self._lstm, self._slots = kernel, lstm, slots
        self._question = question
        self._addends = lstm.addends(question.layer, question.direction, question.ids)

    def name(self) -> tuple[str, int]:
        """A gate or a state, and in how many slots the text stood."""
        texts = self._kernel.answers(self._question, self._slots)[0].shape[1]
        codes, cells = self._differs(self._addends, self._question.cells)
        if cells:
            return self._gate_of_cell(), texts
        if codes:
            return ("hidden state" if self._differs(self._driven("output gate"))[0] else "output gate"), texts
        own = self._question
        if self._differs(None, own.cells) != (False, False):
            return ("bias" if own.layer else "input row of the word"), texts
        return "state left by the step before", texts

    def _gate_of_cell(self) -> str:
        """An empty cell has nothing to forget: what differs then comes from the input gate or the candidate."""
        empty = np.zeros_like(self._question.cells)
        if self._differs(self._driven("candidate"), empty)[1]:
            return "input gate"
        if self._differs(self._driven("input gate"), empty)[1]:
            return "candidate"
        return "cell" if self._differs(self._addends, empty)[1] else "forget gate"

    def _driven(self, gate: str) -> NDArray[np.int16]:
        """The step's addends, with those of ``gate`` at their end."""
        addends, hidden = self._addends.copy(), len(self._question.codes)
        addends[:, _GATES[gate] * hidden :][:, :hidden] = _HIGH
        return addends

    def _differs(self, addends: NDArray[np.int16] | None, cells: NDArray[np.int16] | None = None) -> tuple[bool, bool]:
        """Whether codes and cells differ after the step with other addends (``None``: the kernel's own) and cells."""
        q = replace(self._question, addends=addends, cells=self._question.cells if cells is None else cells)
        inputs = q.codes if q.below is None else np.concatenate([q.below[0], q.codes])
        specified = (self._addends if addends is None else addends)[0]
        cell, state = self._lstm.step(q.layer, q.direction, inputs, specified, q.cells.astype(np.int32))
        found_codes, found_cells = self._kernel.answers(q, self._slots)
        return bool((found_codes[0] != hidden_codes(state)).any()), bool((found_cells[0] != cell).any())
