"""Word vectors that an embedding may begin with: those that are shipped, or a file in word2vec's or GloVe's format.

A file is read line by line and within bounds; only the words that are wanted are kept of it.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from tallygate.runtime.errors import InputError, InputNotFoundError
from tallygate.runtime.text import FIRST_WORD, Vocabulary
from tallygate.train.words.word_vectors import SPREAD

MOVIES = Path(__file__).with_name("movies.safetensors")
"""18,000 words of films' reviews, of 100 numbers each; ``make_movies.py`` makes it."""
MAX_SIZE = 4_096
"""Numbers of a vector."""
MAX_LINES, MAX_LINE = 10_000_000, 262_144
"""Lines of a file, and bytes of one."""
_MEND = "name a file of word2vec's or GloVe's text format: a word and its numbers on each line"

Floats = NDArray[np.float32]
Vectors = Mapping[str, Floats]
"""By word; all of one size."""


def shipped_vectors() -> Vectors:
    """The vectors that come with the package."""
    with safe_open(MOVIES, framework="numpy") as file:
        words = file.metadata()["words"].split("\n")
        codes = file.get_tensor("vectors").astype(np.float32)
    return dict(zip(words, codes, strict=True))


def vectors_from_file(path: Path, wanted: Container[str]) -> Vectors:
    """The vectors of the words that are wanted; the first of a word that stands twice.

    Raises :class:`InputNotFoundError` for a file that is not there, :class:`InputError`, which names the line, for one
    that is of another format, holds what is no number, or is beyond the bounds.
    """
    found: dict[str, Floats] = {}
    size: int | None = None
    for number, line in _lines(path):
        word, *numbers = line.rstrip().split(" ")
        if number == 1 and len(numbers) == 1 and word.isdecimal() and numbers[0].isdecimal():
            continue  # word2vec's header: how many words of which size
        size = len(numbers) if size is None else size
        if not 1 <= len(numbers) == size <= MAX_SIZE:
            raise InputError(path, f"line {number} has {len(numbers):,} numbers, not {size:,}", _MEND)
        if word in wanted and word not in found:
            found[word] = _numbers(path, number, numbers)
    if not found:
        raise InputError(path, "holds no word of the training texts", _MEND)
    return found


def embedding_from_vectors(vocabulary: Vocabulary, vectors: Vectors, size: int, seed: int, source: object) -> Floats:
    """float32 [rows, size]: each word's vector, all of one length; random numbers of that spread where there is none.

    Raises :class:`InputError` where the vectors have another size; ``source`` names them.
    """
    have = len(next(iter(vectors.values())))
    if have != size:
        raise InputError(source, f"holds vectors of {have:,} numbers, not {size:,}", f"set embedding_size = {have}")
    embedding = np.random.default_rng([seed, 1]).normal(0.0, SPREAD, (vocabulary.size, size)).astype(np.float32)
    for word, row in vocabulary.rows.items():
        vector = vectors.get(word)
        length = 0.0 if vector is None else float(np.linalg.norm(vector.astype(np.float64)))
        if vector is not None and length > 0:
            embedding[row] = vector * (SPREAD * math.sqrt(size) / length)
    embedding[:FIRST_WORD] = 0.0
    return embedding


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE or number > MAX_LINES:
                    raise InputError(path, f"line {number:,} is beyond what is read", _MEND)
                yield number, line.decode("utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputNotFoundError(path, "does not exist", "check [words] start") from error
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror})", "check [words] start") from error
    except UnicodeDecodeError as error:
        raise InputError(path, f"is not UTF-8 text (line {number:,})", _MEND) from error


def _numbers(path: Path, line: int, texts: list[str]) -> Floats:
    try:
        numbers = np.array([float(text) for text in texts], dtype=np.float32)
    except (ValueError, OverflowError) as error:
        raise InputError(path, f"line {line:,} holds what is no number", _MEND) from error
    if not np.isfinite(numbers).all():
        raise InputError(path, f"line {line:,} holds what is no finite number", _MEND)
    return numbers
