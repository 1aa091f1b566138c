"""Many texts that come in pieces, read together: for servers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tallygate.runtime.engines import Engine, StreamEngine
from tallygate.runtime.errors import UsageError
from tallygate.runtime.stream.running import RunningMaker, RunningPrediction, streams_of, utf8


class StreamBatch:
    """Streams by number, from 0 on; one push takes pieces of many of them through the engine at once.

    Each answers as a :class:`Stream` of its own does, to the last bit, whatever its neighbours read. Belongs to one
    thread at a time.
    """

    def __init__(self, engine: Engine | StreamEngine, maker: RunningMaker, count: int) -> None:
        """Raises :class:`InputError` for an engine or a model that cannot read a text as it comes."""
        if count < 1:
            raise UsageError(f"{count} streams", "are none", "ask for at least one")
        self._streams, self._maker, self._count = streams_of(engine, count), maker, count

    def __len__(self) -> int:
        return self._count

    @property
    def state_size(self) -> int:
        """Bytes of each stream's state; what it holds in memory is little more."""
        return self._streams.state_size

    def push(self, pieces: Mapping[int, str | bytes]) -> None:
        """Read on: a piece by number of its stream. Raises :class:`InputError` before any stream has read anything."""
        self._streams.push(self._checked(pieces), utf8(list(pieces.values())))

    def predictions(self, numbers: Iterable[int] | None = None) -> list[RunningPrediction]:
        """Answers to what was read so far, as if the texts ended here; of all streams, or of these in this order."""
        return self._answers(numbers, waiting=True)

    def settled(self, numbers: Iterable[int] | None = None) -> list[RunningPrediction]:
        """Answers to the words that have ended alone."""
        return self._answers(numbers, waiting=False)

    def state(self, number: int) -> bytes:
        """All that one stream remembers."""
        return self._streams.state(self._checked([number])[0])

    def resume(self, number: int, state: bytes) -> None:
        """One stream goes on where the saved one was. Raises as :meth:`Stream.resume`."""
        self._streams.resume(self._checked([number])[0], bytes(state))

    def clear(self, number: int) -> None:
        """One stream begins a new text."""
        self._streams.clear(self._checked([number])[0])

    def _answers(self, numbers: Iterable[int] | None, waiting: bool) -> list[RunningPrediction]:
        checked = self._checked(range(self._count) if numbers is None else numbers)
        return self._maker.make(*self._streams.logits(checked, waiting))

    def _checked(self, numbers: Iterable[int]) -> Sequence[int]:
        checked = list(numbers)
        for number in checked:
            if not 0 <= number < self._count:
                raise UsageError(f"stream {number}", "is not there", f"give a number from 0 to {self._count - 1}")
        return checked
