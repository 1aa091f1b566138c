"""Words that share rows of the embedding."""

from __future__ import annotations

import numpy as np

from tallygate.runtime.text.vocabulary import Vocabulary
from tallygate.train.words.shared_rows import share_rows


def test_shared_rows_join_what_is_alike() -> None:
    words = {f"w{index}": index + 2 for index in range(40)}
    vectors = np.zeros((42, 3), dtype=np.float32)
    vectors[2:, 0] = np.arange(40) % 4
    vocabulary, centres = share_rows(Vocabulary(words, 42), vectors, np.arange(40, 0, -1), rows=10, single_rows=4)
    assert vocabulary.size == len(centres) == 10
    assert [vocabulary.rows[f"w{index}"] for index in range(4)] == [2, 3, 4, 5]
    for word, row in vocabulary.rows.items():
        np.testing.assert_allclose(centres[row], vectors[words[word]], atol=1e-6)
