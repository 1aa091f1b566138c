"""A teacher's probabilities by text: what a run learns from, how they are stored, and how they meet a corpus' rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tallygate.runtime.errors import InputError, InputNotFoundError
from tallygate.runtime.outputs import atomic_file
from tallygate.train.corpora import text_key

KEY, TEXT = "key", "text"
"""Columns that say which text a row is of: 32 hexadecimal digits of its key, or the text itself."""
_SECONDS = b"tallygate.seconds"
Probabilities = NDArray[np.float32]
"""[texts, labels], each row sums to 1."""


@dataclass(frozen=True)
class TeacherScores:
    """Probabilities of the texts of a corpus."""

    train: Probabilities
    """Of the training split's texts, in its order."""
    unlabeled: Probabilities
    """Of the texts without a label."""
    seconds: float = 0.0
    """What it took to make them, whenever that was; 0 for scores of the user's."""


def write_scores(
    path: Path, texts: Sequence[str], probabilities: Probabilities, labels: Sequence[str], seconds: float = 0.0
) -> None:
    """Write a Parquet file: a key per text, and a column of probabilities per label. No text stands in it.

    ``seconds`` is what it took to make them.

    Raises :class:`OutputError` when it cannot be written.
    """
    columns: dict[str, object] = {KEY: [text_key(text).hex() for text in texts]}
    columns |= {label: probabilities[:, place] for place, label in enumerate(labels)}
    with atomic_file(path) as temporary:
        pq.write_table(pa.table(columns).replace_schema_metadata({_SECONDS: f"{seconds:.1f}"}), temporary)


def seconds_of_scores(path: Path) -> float:
    """What it took to make the scores in ``path``, 0 where that is not said."""
    return float((pq.read_schema(path).metadata or {}).get(_SECONDS, b"0"))


def read_scores(path: Path, texts: Sequence[str], labels: Sequence[str]) -> Probabilities:
    """The probabilities of ``texts``, from a Parquet file with a column per label and a column ``key`` or ``text``.

    Raises :class:`InputNotFoundError` when the file is not there, :class:`InputError` when it is no such file, a
    number in it is no probability, or a text is missing.
    """
    table = _read_table(path)
    missing = [label for label in labels if label not in table.column_names]
    if missing:
        raise InputError(path, f"has no column {missing[0]!r}", "give one column of probabilities per label")
    values = _probabilities(path, table, labels)
    place = {key: row for row, key in enumerate(_keys(path, table))}
    rows = [place.get(text_key(text).hex(), -1) for text in texts]
    if absent := rows.count(-1):
        reason = f"scores {len(rows) - absent:,} of {len(rows):,} texts"
        raise InputError(path, reason, "score every training text and every text of --unlabeled")
    return values[np.asarray(rows, dtype=np.int64)]


def _read_table(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except FileNotFoundError as error:
        raise InputNotFoundError(path, "does not exist", "check the path") from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(path, "is not a Parquet file", "give a run folder or a .parquet file of scores") from error


def _keys(path: Path, table: pa.Table) -> list[str]:
    if KEY in table.column_names:
        return [str(key) for key in table.column(KEY).to_pylist()]
    if TEXT in table.column_names:
        return [text_key(str(text)).hex() for text in table.column(TEXT).to_pylist()]
    raise InputError(path, f"has neither a column {KEY!r} nor {TEXT!r}", "add the texts that were scored")


def _probabilities(path: Path, table: pa.Table, labels: Sequence[str]) -> Probabilities:
    mend = "give probabilities from 0 to 1 that sum to 1 in each row"
    try:
        columns = [table.column(label).to_numpy().astype(np.float64) for label in labels]
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise InputError(path, "has a column of probabilities that are no numbers", mend) from error
    values = np.stack(columns, axis=1)
    wrong = ~(np.isfinite(values).all(axis=1) & (values >= 0).all(axis=1) & (abs(values.sum(axis=1) - 1) < 1e-3))
    if wrong.any():
        raise InputError(path, f"row {int(wrong.argmax()) + 1} holds no probabilities", mend)
    return values.astype(np.float32)
