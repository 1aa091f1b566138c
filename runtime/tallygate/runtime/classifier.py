"""The classifier: texts in, predictions out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, overload

from tallygate.runtime.bundle import Bundle, open_bundle, shipped_bundle
from tallygate.runtime.choice import THREADS, choose, default_batch_size
from tallygate.runtime.engines import Engine, StreamEngine, TextEngine, create_engine, logits_of_rows
from tallygate.runtime.errors import InputError
from tallygate.runtime.inputs import plain_texts
from tallygate.runtime.parity import check_goldens
from tallygate.runtime.prediction import Prediction, PredictionMaker, check_threshold
from tallygate.runtime.text import TEXT_VERSION, Tokenizer

if TYPE_CHECKING:  # a process that asks the C core alone never loads numpy
    import numpy as np
    from numpy.typing import NDArray

    from tallygate.runtime.stream import RunningMaker, Stream, StreamBatch

WINDOW = 1024
"""Texts that are sorted by length together, and held in memory at once."""


@dataclass(frozen=True)
class _Options:
    """What :meth:`Classifier.load` was asked for, beside the bundle."""

    engine: str
    precision: str | None
    threads: int | None = None
    batch_size: int | None = None
    trust_plans: bool = False
    kernel: str | None = None


class Classifier:
    """A loaded bundle on one engine. Safe to share between threads, and to send to other processes.

    A pickle of it holds the path and the hash of its bundle and the options, no weights: the process that gets it loads
    the bundle anew, from the same path, and refuses another one.
    """

    def __init__(self, bundle: Bundle, engine: Engine, batch_size: int | None = None) -> None:
        """``batch_size`` is the most texts per run of the engine; by default what suits the engine.

        Raises :class:`GateError` when the engine does not answer every golden row as the reference did.
        """
        self.bundle = bundle
        self.engine = engine
        self.batch_size = batch_size or default_batch_size(engine.name)
        self._text_engine = engine if isinstance(engine, TextEngine) and _reads_by_tables(bundle) else None
        self._stream_engine: StreamEngine | None = engine if isinstance(engine, StreamEngine) else None
        self._maker = PredictionMaker(
            bundle.manifest.labels, bundle.manifest.temperatures.table, engine.name, engine.precision, engine.provider
        )
        self._options = _Options(engine.name, engine.precision, batch_size=batch_size)
        self._tokenizer: Tokenizer | None = None
        check_goldens(bundle, lambda: self.tokenizer, engine)

    @property
    def tokenizer(self) -> Tokenizer:
        """The bundle's, made when it is first asked for: the C core holds its own."""
        if self._tokenizer is None:
            self._tokenizer = self.bundle.tokenizer()
        return self._tokenizer

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        engine: str = "auto",
        precision: str | None = None,
        *,
        threads: int | None = None,
        batch_size: int | None = None,
        sha256: str | None = None,
        trust_plans: bool = False,
        kernel: str | None = None,
    ) -> Classifier:
        """Load the bundle at ``path`` (a directory or a zip; the shipped IMDB bundle by default).

        ``engine`` is ``auto``, ``native``, ``onnxruntime``, ``cuda``, ``tensorrt`` or ``numpy``; ``precision`` names a
        variant of the bundle (by default the engine's first); ``threads`` is 1 by default, and ``batch_size`` what
        suits the engine; ``kernel`` is one of the C core's, as ``tallygate doctor`` lists them (by default what
        ``TALLYGATE_KERNEL`` names, or the core's own choice). Where ``tallygate bench --autotune`` measured this bundle
        on this machine, ``auto`` takes all five from there. ``sha256`` pins the bundle to the hash that
        ``tallygate info`` prints; ``trust_plans`` lets TensorRT run a plan that came with the bundle, which can hold
        code for this machine. Raises a :class:`TallygateError` when the bundle is missing, damaged or altered, when the
        engine is not there, or when it does not answer every golden row as the reference did, which is found out once
        per bundle and machine.
        """
        bundle = open_bundle(path, sha256)
        choice = choose(bundle, engine, precision, threads, batch_size, kernel)
        created = create_engine(bundle, choice.engine, choice.precision, choice.threads, trust_plans, choice.kernel)
        classifier = cls(bundle, created, choice.batch_size)
        classifier._options = _Options(engine, precision, threads, batch_size, trust_plans, kernel)
        return classifier

    def __reduce__(self) -> tuple[Callable[..., Classifier], tuple[Path | None, str, _Options, int]]:
        """For pickle, and so for multiprocessing, Spark, Dask and Ray."""
        path = self.bundle.path.resolve()
        # Another machine has the package elsewhere; the hash says whether it is the same bundle.
        named = None if path == shipped_bundle().resolve() else path
        return _loaded_again, (named, self.bundle.sha256, self._options, self.batch_size)

    def with_batch_size(self, batch_size: int) -> Classifier:
        """The same classifier, sharing everything, with another number of texts per run of the engine."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, batch_size=batch_size)
        return other

    @property
    def labels(self) -> list[str]:
        """The labels, sorted."""
        return list(self.bundle.manifest.labels)

    @overload
    def predict(self, texts: str, *, abstain_below: float = 0.0) -> Prediction: ...
    @overload
    def predict(self, texts: list[str] | tuple[str, ...], *, abstain_below: float = 0.0) -> list[Prediction]: ...
    @overload
    def predict(self, texts: Iterator[str], *, abstain_below: float = 0.0) -> Iterator[Prediction]: ...
    def predict(
        self, texts: str | Iterable[str], *, abstain_below: float = 0.0
    ) -> Prediction | list[Prediction] | Iterator[Prediction]:
        """Classify one text, a list of texts, or any iterator of them.

        Answers come in the order of the texts. An iterator is read in windows as its answers are taken, so its length
        is not bounded by memory; any other collection is answered with a list. A prediction whose score is below
        ``abstain_below``, from 0 to 1, has no label.
        Raises :class:`InputError` for anything that is not a string, :class:`UsageError` for a threshold outside.
        """
        check_threshold(abstain_below)
        texts = plain_texts(texts)
        if isinstance(texts, str):
            return self._answer(texts, abstain_below)
        answers = self._stream(texts, abstain_below)
        return answers if isinstance(texts, Iterator) else list(answers)

    def stream(self) -> Stream:
        """A text that comes in pieces: push them, and ask for the running answer at any time.

        Variant integer streams on every engine, fp32 on onnxruntime where the bundle holds a streaming graph, which is
        held to the goldens first, once per machine. Raises :class:`InputError` where the model reads from both ends,
        nothing of these is loaded, or the bundle reads texts by version 1 of the contract.
        """
        from tallygate.runtime.stream import Stream

        return Stream(self._reading_engine(), self._running_maker())

    def streams(self, count: int) -> StreamBatch:
        """So many texts that come in pieces, read together. Raises as :meth:`stream`."""
        from tallygate.runtime.stream import StreamBatch

        return StreamBatch(self._reading_engine(), self._running_maker(), count)

    def _reading_engine(self) -> Engine | StreamEngine:
        is_fp32 = (self.engine.name, self.engine.precision) == ("onnxruntime", "fp32")
        has_graph = is_fp32 and bool(self.bundle.manifest.streaming)
        if self._stream_engine or has_graph:
            self._check_reads_pieces()
        if self._stream_engine is None and has_graph:
            from tallygate.runtime.engines import create_streaming_engine

            engine = create_streaming_engine(self.bundle, self.tokenizer, self._options.threads or THREADS)
            check_goldens(self.bundle, lambda: self.tokenizer, engine)
            self._stream_engine = engine
        return self._stream_engine or self.engine

    def _check_reads_pieces(self) -> None:
        """Pieces are read by version 2 of the contract, whatever the bundle reads whole texts by."""
        if not _reads_by_tables(self.bundle):
            reason = "reads texts by version 1 of the text contract, and pieces are read by version 2"
            raise InputError(self.bundle.path, reason, "train with this tallygate, which reads by version 2")

    def _running_maker(self) -> RunningMaker:
        from tallygate.runtime.stream import RunningMaker

        return RunningMaker(self._maker, self.bundle.manifest.text.max_length)

    def logits(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Rows of ids -> logits [rows, outputs], computed in batches of like length."""
        return logits_of_rows(self.engine, rows, self.bundle.manifest.outputs, self.batch_size)

    def _logits_of_one(self, row: list[int]) -> NDArray[np.float32]:
        """What :meth:`logits` gives for one row, without the sorting and padding that only several need."""
        import numpy as np

        return self.engine.run(np.array([row], np.int64), np.array([len(row)], np.int64))

    def _answer(self, text: str, abstain_below: float) -> Prediction:
        if self._text_engine is not None:
            return self._maker.make_rows(*self._text_engine.answers([text]), abstain_below)[0]
        row = self.tokenizer.encode(text)
        return self._maker.make(self._logits_of_one(row), [len(row)], abstain_below)[0]

    def _stream(self, texts: Iterable[str], abstain_below: float) -> Iterator[Prediction]:
        checked = (_checked(number, text) for number, text in enumerate(texts, 1))
        if self._text_engine is not None:
            while window := list(islice(checked, WINDOW)):
                yield from self._maker.make_rows(*self._text_engine.answers(window), abstain_below)
        rows = (self.tokenizer.encode(text) for text in checked)
        while encoded := list(islice(rows, WINDOW)):
            yield from self._maker.make(self.logits(encoded), list(map(len, encoded)), abstain_below)


def _reads_by_tables(bundle: Bundle) -> bool:
    """Whether the bundle names the version of the text contract that the C core and images read by."""
    return bundle.manifest.text.version == TEXT_VERSION


def _checked(number: int, text: object) -> str:
    if not isinstance(text, str):
        reason = f"is of type {type(text).__name__}, not a string"
        raise InputError(f"text {number}", reason, "pass strings, and drop missing values first")
    return text


def _loaded_again(path: Path | None, sha256: str, options: _Options, batch_size: int) -> Classifier:
    classifier = Classifier.load(
        path,
        options.engine,
        options.precision,
        threads=options.threads,
        batch_size=options.batch_size,
        sha256=sha256,
        trust_plans=options.trust_plans,
        kernel=options.kernel,
    )
    return classifier.with_batch_size(batch_size)
