"""``tallygate predict --follow``: one text from a pipe, and the running answer after each of its words."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, Protocol

from tallygate.runtime.classifier import Classifier
from tallygate.runtime.commands.predict_output import NO_LABEL
from tallygate.runtime.errors import InputError, UsageError
from tallygate.runtime.stream import Rereading, RunningPrediction
from tallygate.runtime.terminal import notice, printable, printable_json

_CHUNK = 65_536
_GAP = re.compile(r"\s+")
_WORD_WIDTH, _LABEL_WIDTH = 40, 24
_SHOWN = 200
"""Characters of a word that are remembered to be shown."""


class _Reading(Protocol):
    """A :class:`Stream`, or what reads the text anew."""

    def push(self, piece: str) -> None: ...

    @property
    def prediction(self) -> RunningPrediction: ...

    @property
    def settled(self) -> RunningPrediction: ...


def follow(classifier: Classifier, encoding: str, output_format: str | None, abstain_below: float) -> int:
    """Read standard input to its end; a line per word, as soon as the white space behind it is there."""
    reading = _reading(classifier)
    writer = _WRITERS[output_format or ("table" if sys.stdout.isatty() else "jsonl")]
    lines = writer(_answers(reading, _characters(sys.stdin.buffer, encoding), abstain_below))
    for line in lines:
        print(line, flush=True)
    return 0


def _reading(classifier: Classifier) -> _Reading:
    try:
        return classifier.stream()
    except InputError as error:
        reading = Rereading(classifier.predict, classifier.tokenizer)
        limit = f"{reading.limit:,} characters at most"
        notice(f"{error}; until then each word has the text so far read anew, {limit}")
        return reading


def _characters(source: BinaryIO, encoding: str) -> Iterator[str]:
    """What is there, as soon as it is there."""
    name = "utf-8-sig" if codecs_name(encoding) == "utf-8" else encoding
    decoder = codecs.getincrementaldecoder(name)()
    read = getattr(source, "read1", source.read)
    try:
        while data := read(_CHUNK):
            yield decoder.decode(data)
        yield decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise InputError("standard input", f"is not in {encoding}", "name its --encoding") from error


def codecs_name(encoding: str) -> str:
    """The encoding's own name. Raises :class:`UsageError` for one that there is not, or that is not of text."""
    try:
        found = codecs.lookup(encoding)
        "".encode(encoding)
    except (LookupError, ValueError) as error:
        raise UsageError(f"--encoding {encoding}", "is not known", "give one such as utf-8 or latin-1") from error
    return found.name


def _answers(
    reading: _Reading, characters: Iterator[str], abstain_below: float
) -> Iterator[tuple[str, RunningPrediction]]:
    """Each word, and the answer to the text up to it."""
    word = ""
    for text in characters:
        start = 0
        for gap in _GAP.finditer(text):
            reading.push(text[start : gap.end()])
            word, start = (word + text[start : gap.start()])[:_SHOWN], gap.end()
            if word:
                yield word, _abstaining(reading.settled, abstain_below)
            word = ""
        word = (word + text[start:])[:_SHOWN]
        if text[start:]:
            reading.push(text[start:])
    if word:
        yield word, _abstaining(reading.prediction, abstain_below)


def _abstaining(answer: RunningPrediction, below: float) -> RunningPrediction:
    return replace(answer, label=None) if answer.score < below else answer


def _json(answers: Iterator[tuple[str, RunningPrediction]]) -> Iterator[str]:
    import msgspec

    for word, p in answers:
        line: dict[str, object] = {
            "tokens": p.tokens,
            "beyond": p.beyond,
            "label": p.label,
            "score": p.score,
            "word": printable(word),
        }
        line |= {"probabilities": p.probabilities, "engine": p.engine, "precision": p.precision, "provider": p.provider}
        yield printable_json(msgspec.json.encode(line).decode("utf-8"))


def _csv(answers: Iterator[tuple[str, RunningPrediction]]) -> Iterator[str]:
    import io

    from tallygate.runtime.records import SheetWriter

    out = io.StringIO()
    sheet = SheetWriter(out, raw=False)
    sheet.row(["tokens", "beyond", "label", "score", "word"])
    for word, p in answers:
        sheet.row([str(p.tokens), str(p.beyond).lower(), p.label, f"{p.score:.6f}", word])
        yield out.getvalue().rstrip("\r\n")
        out.seek(0)
        out.truncate()


def _table(answers: Iterator[tuple[str, RunningPrediction]]) -> Iterator[str]:
    """For people. A + behind the number of tokens: the whole text would have been cut."""
    yield f"{'tokens':>7}   {'label':<{_LABEL_WIDTH}}  score   word"
    for word, p in answers:
        label = printable(NO_LABEL if p.label is None else p.label)[:_LABEL_WIDTH]
        count = f"{p.tokens:>7}{'+' if p.beyond else ' '}"
        yield f"{count}  {label:<{_LABEL_WIDTH}}  {p.score:>6.1%}  {printable(word)[:_WORD_WIDTH]}".rstrip()


_WRITERS = {"table": _table, "jsonl": _json, "csv": _csv}
