"""One text that comes in pieces."""

from __future__ import annotations

from tallygate.runtime.engines import Engine, StreamEngine
from tallygate.runtime.stream.running import RunningMaker, RunningPrediction, streams_of, utf8


class Stream:
    """Reads one text as it comes. Belongs to one thread at a time.

    Any cut of a text of at most ``max_length`` tokens gives what the whole text gives, in integers to the last bit;
    beyond, it goes on reading, whichever end the bundle keeps, and its answers say so.
    """

    def __init__(self, engine: Engine | StreamEngine, maker: RunningMaker) -> None:
        """Raises :class:`InputError` for an engine or a model that cannot read a text as it comes."""
        self._streams, self._maker = streams_of(engine, 1), maker

    def push(self, piece: str | bytes) -> None:
        """Read on. A piece may end anywhere; of bytes (UTF-8) inside a character too: what it cuts is waited for.

        Raises :class:`InputError` for what is no text, of which nothing is read then.
        """
        self._streams.push([0], utf8([piece]))

    @property
    def prediction(self) -> RunningPrediction:
        """The answer to what was read so far, as if the text ended here: what ``predict`` gives for it."""
        return self._answer(waiting=True)

    @property
    def settled(self) -> RunningPrediction:
        """The answer to the words that have ended alone, which no later piece changes."""
        return self._answer(waiting=False)

    def state(self) -> bytes:
        """All that the stream remembers, a few thousand bytes, to be resumed by any engine, machine and language."""
        return self._streams.state(0)

    def resume(self, state: bytes) -> Stream:
        """Go on where the saved stream was. Gives the stream itself.

        Raises :class:`InputError` for the state of another model or version, and for bytes that are no state; the
        stream is then as it was.
        """
        self._streams.resume(0, bytes(state))
        return self

    def _answer(self, waiting: bool) -> RunningPrediction:
        return self._maker.make(*self._streams.logits([0], waiting))[0]
