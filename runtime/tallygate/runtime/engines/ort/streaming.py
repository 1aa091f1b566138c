"""Texts in pieces on onnxruntime: the streaming graph, whose states a stream keeps between two runs.

Whole texts are asked of it as well, for the gates: they are cut, and rows pause, on purpose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.batches import BATCH_IDS, pad
from tallygate.runtime.engines.engine import Streams, logits_or_error
from tallygate.runtime.engines.ort.session import cpu_session
from tallygate.runtime.engines.ort.stream_numbers import numbers_of, set_states, stacked
from tallygate.runtime.engines.pieces.errors import too_long
from tallygate.runtime.engines.pieces.state import MOST_TOKENS, StreamState
from tallygate.runtime.engines.pieces.streams import PythonStreams
from tallygate.runtime.engines.pieces.text import PieceReader
from tallygate.runtime.errors import EngineError
from tallygate.runtime.graph import Fits, checked_streaming_graph, states_of
from tallygate.runtime.text import Tokenizer

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]
States = dict[str, NDArray[Any]]
"""By their names in the graph, without ``state_in_`` and ``state_out_``; each [batch, ...]."""
PRECISION = "streaming"
"""Its name in gates, which are those of fp32."""
_LONGEST_PIECE = 39


class StreamingEngine:
    """Runs a streaming graph. Safe to share between threads; a stream of it belongs to one at a time."""

    name = "onnxruntime"
    precision = PRECISION

    def __init__(self, model: bytes, tokenizer: Tokenizer, fits: Fits | None = None, threads: int = 1) -> None:
        """Raises :class:`EngineUnavailableError` when onnxruntime is not installed, :class:`BundleInvalidError` when
        the graph breaks the graph contract, or onnxruntime cannot load it.
        """
        graph = checked_streaming_graph(model, "the streaming graph", fits)
        self.states = states_of(graph.architecture, graph.sizes)
        self._numbers = numbers_of(graph.architecture, graph.sizes)
        self._digest = hashlib.sha256(model).digest()
        self._session = cpu_session(graph.model, "the streaming graph", {}, threads)
        self._reader = PieceReader(tokenizer.vocabulary.rows, tokenizer.contract.punctuation)
        self.provider: str = self._session.get_providers()[0]

    def streams(self, count: int) -> Streams:
        """Texts that come in pieces."""
        return _OrtStreams(self, self._reader, self._numbers, self._digest, count)

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """``ids`` [batch, time] and ``lengths`` [batch] -> logits [batch, outputs], read in pieces with pauses.

        Raises :class:`EngineError` as every engine, and where a row that pauses does not keep its states.
        """
        return logits_or_error(self, self._in_pieces, ids, lengths)

    def step(self, ids: Ids, lengths: Ids, states: States) -> tuple[Logits, States]:
        """Read ``lengths`` [batch] more of ``ids`` [batch, time], 0 where a row pauses -> logits [batch, outputs] and
        the states then; ``states`` are left as they are. Raises :class:`EngineError` for logits that are no numbers.
        """
        given: States = {}

        def compute(ids: Ids, lengths: Ids) -> Logits:
            feeds = {"ids": ids, "lengths": lengths} | {state.taken: states[state.name] for state in self.states}
            logits, *after = self._session.run(None, feeds)
            given.update(zip([state.name for state in self.states], after, strict=True))
            answer: Logits = logits
            return answer

        return logits_or_error(self, compute, ids, lengths), given

    def _in_pieces(self, ids: Ids, lengths: Ids) -> Logits:
        states = stacked([self._numbers.empty() for _ in lengths], self.states)
        logits = np.empty((0, 0), np.float32)
        for piece, more in _pieces(ids, lengths):
            logits, after = self.step(piece, more, states)
            _check_pauses(states, after, more == 0)
            states = after
        return logits


def _check_pauses(before: States, after: States, pauses: NDArray[np.bool_]) -> None:
    for name, state in after.items():
        if not np.array_equal(state[pauses], before[name][pauses]):
            raise EngineError(f"{name} of the streaming graph", "is not kept by a pause", "do not serve this copy")


class _OrtStreams(PythonStreams):
    def __init__(self, engine: StreamingEngine, *arguments: Any) -> None:  # noqa: ANN401 - of PythonStreams
        super().__init__(*arguments)
        self._engine = engine

    def _advance(self, states: Sequence[StreamState], ids: Sequence[Sequence[int]]) -> None:
        moving = [place for place, own in enumerate(ids) if own]
        if moving:
            self._answer([states[place] for place in moving], [ids[place] for place in moving])

    def _answer(self, states: Sequence[StreamState], ids: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        if any(state.tokens + len(own) > MOST_TOKENS for state, own in zip(states, ids, strict=True)):
            raise too_long()
        batches = range(0, len(states), BATCH_IDS)
        parts = [self._batch(states[at : at + BATCH_IDS], ids[at : at + BATCH_IDS]) for at in batches]
        return np.concatenate(parts).astype(np.float64) if parts else np.zeros((0, 1))

    def _batch(self, states: Sequence[StreamState], ids: Sequence[Sequence[int]]) -> Logits:
        """Set the states to what they are behind ``ids``; all ids are read before any state is set."""
        held, width = stacked(states, self._engine.states), max(1, BATCH_IDS // len(states))
        logits = np.empty((0, 0), np.float32)
        for start in range(0, max(1, *map(len, ids)), width):
            more = [own[start : start + width] for own in ids]
            batch = pad(more, max(1, *map(len, more)))
            logits, held = self._engine.step(batch.ids, batch.lengths, held)
        set_states(states, held)
        return logits


def _pieces(ids: Ids, lengths: Ids) -> Iterator[tuple[Ids, Ids]]:
    """Every row in pieces of its own, 1 to 39 tokens; one step in four a row pauses. The same cuts every time."""
    rng = np.random.default_rng(len(lengths))
    at = np.zeros_like(lengths)
    while (at < lengths).any():
        wanted = rng.integers(1, _LONGEST_PIECE + 1, len(lengths)) * (rng.random(len(lengths)) > 0.25)
        more = np.minimum(wanted, lengths - at)
        places = np.minimum(at[:, None] + np.arange(max(1, int(more.max()))), ids.shape[1] - 1)
        yield np.take_along_axis(ids, places, 1), more
        at = at + more
