"""Vectors that words begin with: shipped ones, those of one's own texts, and files; hostile ones are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tallygate.runtime.errors import InputError, InputNotFoundError
from tallygate.runtime.text import Vocabulary
from tallygate.train.counts import tokens_from_texts
from tallygate.train.words import start as start_module
from tallygate.train.words.ppmi import counts_of, vectors_from_tokens
from tallygate.train.words.start import MOVIES, embedding_from_vectors, shipped_vectors, vectors_from_file

VOCABULARY = Vocabulary({"good": 2, "bad": 3, "strange": 4}, 5)


def cosine(left: np.ndarray, right: np.ndarray) -> float:
    return float(left @ right / np.linalg.norm(left) / np.linalg.norm(right))


def test_shipped_vectors_are_small_and_know_what_is_alike() -> None:
    vectors = shipped_vectors()
    assert MOVIES.stat().st_size <= 2_000_000
    assert len(vectors) == 18_000
    assert {len(vector) for vector in vectors.values()} == {100}
    assert cosine(vectors["movie"], vectors["film"]) > cosine(vectors["movie"], vectors["horse"]) + 0.2
    assert cosine(vectors["terrible"], vectors["awful"]) > cosine(vectors["terrible"], vectors["september"]) + 0.2


def test_words_that_stand_in_like_places_have_like_vectors() -> None:
    rng = np.random.default_rng(0)
    fillers = [f"w{number}" for number in range(40)]
    texts = []
    for _ in range(600):
        kind = int(rng.integers(0, 2))
        word, beside = ("cat", "purrs") if kind else ("kitten", "purrs")
        other, beyond = ("bus", "stops") if rng.integers(0, 2) else ("tram", "stops")
        noise = rng.choice(fillers, 6).tolist()
        texts.append(" ".join([word, beside, *noise, other, beyond]))
    tokens = tokens_from_texts(texts, "")
    vectors = dict(zip(tokens.words, vectors_from_tokens(tokens, 8, 100), strict=True))
    assert cosine(vectors["cat"], vectors["kitten"]) > cosine(vectors["cat"], vectors["bus"]) + 0.3
    assert cosine(vectors["bus"], vectors["tram"]) > cosine(vectors["kitten"], vectors["tram"]) + 0.3
    again = vectors_from_tokens(tokens, 8, 100)
    np.testing.assert_array_equal(again, vectors_from_tokens(tokens, 8, 100))


def test_no_pair_goes_from_one_text_into_the_next() -> None:
    tokens = tokens_from_texts(["a b", "c d"] * 20, "")
    counts = counts_of(tokens, 4).toarray()
    place = {word: number for number, word in enumerate(tokens.words)}
    assert counts[place["a"], place["b"]] == counts[place["b"], place["a"]] == 20
    assert counts.sum() == 80
    joined = counts_of(tokens_from_texts(["a b c d"] * 20, ""), 4).toarray()
    assert joined.sum() == pytest.approx(2 * 20 * (3 + 2 / 2 + 1 / 3))


@pytest.mark.parametrize("header", ["", "2 3\n"])
def test_both_formats_are_read(tmp_path: Path, header: str) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(f"{header}good 1 2 2\nunused 9 9 9\nbad 0 0 -3\ngood 5 5 5\n")
    vectors = vectors_from_file(path, VOCABULARY.rows)
    assert {word: vector.tolist() for word, vector in vectors.items()} == {"good": [1, 2, 2], "bad": [0, 0, -3]}
    embedding = embedding_from_vectors(VOCABULARY, vectors, 3, 0, path)
    length = 0.3 * 3**0.5
    np.testing.assert_allclose(embedding[2], np.array([1, 2, 2]) / 3 * length, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(embedding[3]), length, rtol=1e-6)
    assert embedding[4].any()
    assert not embedding[:2].any()
    np.testing.assert_array_equal(embedding, embedding_from_vectors(VOCABULARY, vectors, 3, 0, path))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"good 1 2\nbad 1\n", "line 2 has 1 numbers, not 2"),
        (b"good 1 x\n", "line 1 holds what is no number"),
        (b"good 1 nan\n", "line 1 holds what is no finite number"),
        (b"good 1 1e999\n", "line 1 holds what is no finite number"),
        (b"good 1 2\n\xff\xfe 1 2\n", "is not UTF-8"),
        (b"other 1 2\n", "holds no word of the training texts"),
        (b"", "holds no word of the training texts"),
        (b"good" + b" 1" * 5000 + b"\n", "line 1 has 5,000 numbers"),
        (b"g" * 300_000, "line 1 is beyond what is read"),
        (b"good 1 2\n" + b"b 1 2\n" * 60, "line 51 is beyond what is read"),
    ],
)
def test_a_hostile_file_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, words: str
) -> None:
    monkeypatch.setattr(start_module, "MAX_LINES", 50)
    path = tmp_path / "vectors.txt"
    path.write_bytes(data)
    with pytest.raises(InputError, match=words) as told:
        vectors_from_file(path, VOCABULARY.rows)
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_there_or_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(InputNotFoundError, match="does not exist"):
        vectors_from_file(tmp_path / "none", VOCABULARY.rows)
    with pytest.raises(InputError, match="cannot be read"):
        vectors_from_file(tmp_path, VOCABULARY.rows)
    with pytest.raises(InputError, match="set embedding_size = 2"):
        embedding_from_vectors(VOCABULARY, {"good": np.ones(2, np.float32)}, 3, 0, "that")
