"""Texts in which the n-grams of a model stand, so that a copy that lost one of them answers otherwise.

Of more n-grams than there is room for, those of the largest codes are taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tallygate.runtime.bundle import MAX_LOGITS
from tallygate.runtime.text import FIRST_WORD, Tokenizer
from tallygate.train.network import NgramPart

MOST_NGRAMS = 2**14
"""N-grams that goldens touch: a first load asks them all."""
WORDS_PER_TEXT = 16

Ids = tuple[int, ...]


def ngram_texts(part: NgramPart, tokenizer: Tokenizer) -> list[str]:
    """Texts of about :data:`WORDS_PER_TEXT` words that hold the n-grams, as many as fit into a text's length."""
    length = min(WORDS_PER_TEXT, tokenizer.contract.max_length)
    ngrams = [ngram for ngram in part.ngrams()[:MOST_NGRAMS] if len(_words(ngram)) <= length]
    most = MAX_LOGITS // part.codes.shape[1]
    word_of = {row: word for word, row in tokenizer.vocabulary.rows.items()}
    word_of[FIRST_WORD - 1] = _strange(tokenizer)
    return [" ".join(word_of[row] for row in rows) for rows in _joined(ngrams, length)][:most]


def _joined(ngrams: Sequence[Ids], length: int) -> Iterator[list[int]]:
    """Rows of each text: n-grams one after another, those of an edge at the edge."""
    begins = [_words(n) for n in ngrams if n[0] == 0 and n[-1] != 0]
    ends = [_words(n) for n in ngrams if n[0] != 0 and n[-1] == 0]
    inner = [_words(n) for n in ngrams if n[0] != 0 and n[-1] != 0]
    yield from (_words(n) for n in ngrams if n[0] == n[-1] == 0)
    for queue in (begins, ends, inner):
        queue.reverse()
    while begins or ends or inner:
        row = begins.pop() if begins else []
        end = ends.pop() if ends and len(row) + len(ends[-1]) <= length else []
        while inner and len(row) + len(inner[-1]) + len(end) <= length:
            row = row + inner.pop()
        yield row + end


def _words(ngram: Ids) -> list[int]:
    return [row for row in ngram if row]


def _strange(tokenizer: Tokenizer) -> str:
    """A word that the vocabulary does not hold."""
    word = "qzxv"
    while word in tokenizer.vocabulary.rows:
        word += "q"
    return word
