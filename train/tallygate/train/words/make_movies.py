"""Make ``movies.safetensors``: vectors of the words of IMDB's 75,000 texts that are not its test, as they are shipped.

Run: ``python -m tallygate.train.words.make_movies``, with IMDB at hand (``TALLYGATE_IMDB``). About half a minute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import save

from tallygate.runtime.outputs import write_bytes
from tallygate.train.corpora import load_corpus
from tallygate.train.counts import tokens_from_texts
from tallygate.train.presets import AUTO, load_preset
from tallygate.train.words.ppmi import vectors_from_tokens
from tallygate.train.words.start import MOVIES

WORDS, CONTEXT_WORDS, SIZE = 18_000, 30_000, 100
"""Words that are shipped, within two million bytes; words that are counted; numbers of a vector."""


def main() -> None:
    """Write the file beside this one."""
    corpus = load_corpus("imdb")
    texts = [*corpus.train.texts, *corpus.validation.texts, *corpus.unlabeled]
    tokens = tokens_from_texts(texts, load_preset(AUTO).text.punctuation)
    vectors = vectors_from_tokens(tokens, SIZE, CONTEXT_WORDS)[:WORDS]
    scales = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-9) / 127
    codes = np.rint(vectors / scales).astype(np.int8)
    data = save({"vectors": codes}, {"words": "\n".join(tokens.words[:WORDS])})
    write_bytes(Path(MOVIES), data)
    print(f"{len(texts):,} texts, {len(tokens.ids):,} tokens; {len(codes):,} words of {SIZE}, {len(data):,} bytes")


if __name__ == "__main__":
    main()
