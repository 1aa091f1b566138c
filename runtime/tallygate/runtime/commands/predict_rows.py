"""Rows in, answers out: in windows where there are many, at once where the next is not there yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from tallygate.runtime.classifier import WINDOW, Classifier
from tallygate.runtime.commands.predict_output import Answer
from tallygate.runtime.commands.predict_watching import Watching
from tallygate.runtime.terminal import notice

if TYPE_CHECKING:
    from tallygate.runtime.records import BadRow, TextRow


class Writer(Protocol):
    """One format of the output."""

    def write(self, answers: list[Answer]) -> None:
        """Answers in the order of their rows."""

    def end(self) -> None:
        """All are written."""

    def flush(self) -> None:
        """Let whoever reads the output have what is written."""


class OutputFailedError(Exception):
    """Carries an error of the output through the reading of the input, which must not take it for its own."""

    def __init__(self, error: OSError) -> None:
        self.error = error
        super().__init__(error)


def answer_rows(
    classifier: Classifier, rows: Iterator[TextRow], writer: Writer, watching: Watching, abstain_below: float
) -> None:
    """Answer all ``rows``; whenever reading them would wait, first what is there is answered and flushed.

    Memory is bounded by WINDOW rows. Raises what reading, classifying and writing raise.
    """
    pending: list[TextRow] = []

    def answer() -> None:
        texts = [row.text for row in pending if row.text is not None]
        answers = iter(classifier.predict(texts, abstain_below=abstain_below))
        watching.has_answered(len(pending))
        writer.write([(row, None if row.text is None else next(answers)) for row in pending])
        pending.clear()

    def answer_now() -> None:
        try:
            if pending:
                answer()
                writer.flush()
        except OSError as error:
            raise OutputFailedError(error) from error

    watching.when_waiting(answer_now)
    try:
        for row in rows:
            pending.append(row)
            if len(pending) == WINDOW:
                answer()
    except OutputFailedError as failed:
        raise failed.error from None
    answer()
    writer.end()


class BadRows:
    """Counts the rows without an answer; each stands in the output with its error."""

    def __init__(self) -> None:
        self._count = 0
        self._first: BadRow | None = None

    def __call__(self, bad: BadRow) -> None:
        """Another one."""
        self._count += 1
        self._first = self._first or bad

    def tell(self) -> None:
        """One line, where there are any."""
        if self._first is not None:
            rows = "1 row" if self._count == 1 else f"{self._count:,} rows"
            notice(f"{rows} could not be read, the first for this: line {self._first.line} {self._first.reason}")
