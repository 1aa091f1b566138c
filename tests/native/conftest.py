"""Device images of every shape, with random weights, and the kernels that this machine can run."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from tallygate.export.image.formats import Formats
from tallygate.export.image.quantized import integer_from_weights
from tallygate.export.image.writer import ImageContents, image_from
from tallygate.runtime.engines.integer.engine import IntegerNumpyEngine
from tallygate.runtime.engines.integer.image import ImageGolden
from tallygate.runtime.engines.integer.library import load_library
from tallygate.runtime.engines.integer.lstm import IntegerLSTM
from tallygate.runtime.engines.integer.native import NativeEngine
from tallygate.runtime.engines.plain import ActivationName, DirectionWeights, Weights
from tallygate.runtime.ngrams import HASHES, NgramShape, NgramTables, columns_of, hashes, slots_of
from tallygate.runtime.text import TextContract, Tokenizer, Vocabulary

ROWS = 60
MAX_LENGTH = 40
PUNCTUATION = "!?.,;=\u2026"
MakeImage = Callable[..., bytes]


def random_weights(
    seed: int = 0,
    hidden: int = 7,
    layers: int = 1,
    directions: int = 1,
    outputs: int = 1,
    pooling: str = "mean",
    pooling_floor: int = 1,
    activation: ActivationName = "linear",
    inputs: int = 5,
    longest: int = 0,
) -> Weights:
    """Weights that drive gates and cells through all of their tables."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> NDArray[np.float32]:
        return rng.normal(size=shape).astype(np.float32)

    def direction(width: int) -> DirectionWeights:
        gates, scale = 4 * hidden, np.float32(2 / hidden**0.5)
        return DirectionWeights(
            normal(gates, width) / np.float32(width**0.5), scale * normal(gates, hidden), normal(gates)
        )

    widths = [inputs] + [hidden * directions] * (layers - 1)
    return Weights(
        embedding=3 * normal(ROWS, inputs),
        layers=[[direction(width) for _ in range(directions)] for width in widths],
        head_weight=normal(outputs, hidden * directions),
        head_bias=normal(outputs),
        pooling=pooling,
        pooling_floor=pooling_floor,
        head_activation=activation,
        ngrams=random_ngrams(longest, outputs, seed) if longest else None,
    )


def random_ngrams(longest: int, outputs: int, seed: int, slots: int = 301, buckets: int = 13) -> NgramTables:
    """An n-gram part whose slots are filled with n-grams of few words, so that texts hold many that are known."""
    rng = np.random.default_rng(seed)
    factors = tuple(tuple(int(factor) | 1 for factor in rng.integers(1, 2**42, longest)) for _ in range(HASHES))
    shape = NgramShape(longest=longest, slots=slots, buckets=buckets, factors=factors)
    displacements, fingerprints = rng.integers(0, 65_536, buckets), rng.integers(0, 65_536, slots)
    texts = rng.integers(0, 12, (200, MAX_LENGTH))
    found = hashes(columns_of(texts, np.full(200, MAX_LENGTH), longest, ROWS), shape)
    fingerprints[slots_of(found, displacements, shape)] = found[2] >> 8
    codes = rng.integers(-127, 128, (ROWS + slots, outputs)).astype(np.int8)
    codes[0] = 0
    scales = rng.uniform(1e-3, 1e-1, outputs).astype(np.float32)
    return NgramTables(shape, ROWS, codes, scales, displacements, fingerprints)


def vocabulary() -> Vocabulary:
    """Words that need folding, composing and decomposing, and the marks."""
    words = [
        "good",
        "bad",
        "don't",
        "caf\u00e9",
        "\u1e69",
        "\u0958".lower(),
        "\uac01",
        "i\u0307",
        "\u03c3",
        "x" * 40,
        "\u0301",
    ]
    words += ["".join(pair) for pair in product("ab", "xyz")] + list(PUNCTUATION)
    normal = Tokenizer(Vocabulary({}, 2), TextContract(max_length=99, punctuation=PUNCTUATION, version=2))
    tokens = list(dict.fromkeys(token for word in words for token in normal.tokens(word)))
    return Vocabulary({token: 2 + place for place, token in enumerate(tokens)}, ROWS)


@cache
def make_image(
    keep: str = "last", formats: tuple[int, int] = (9, 11), many_goldens: bool = False, **shape: object
) -> bytes:
    """The image of :func:`random_weights`, with goldens."""
    model = integer_from_weights(random_weights(**shape), Formats(*formats))  # type: ignore[arg-type]
    contract = TextContract(max_length=MAX_LENGTH, keep=keep, punctuation=PUNCTUATION, version=2)  # type: ignore[arg-type]
    tokenizer, lstm = Tokenizer(vocabulary(), contract), IntegerLSTM(model)
    goldens = []
    texts = ["", "good bad caf\u00e9 \u1e69 ax by", "don\u2019t! " * 30]
    for text in texts + (_salads(60) if many_goldens else []):
        ids = np.array([tokenizer.encode(text)])
        goldens.append(ImageGolden(text, lstm.logits(ids, np.array([ids.shape[1]]))[0]))
    labels = ["no", "yes"] if model.outputs == 1 else [f"label {place:03}" for place in range(model.outputs)]
    temperatures = np.linspace(2.0, 1.0, 5)
    return image_from(ImageContents(model, vocabulary(), contract, labels, temperatures, goldens))


def _salads(count: int) -> list[str]:
    """Texts of random words of the vocabulary, of 1 to 60 words."""
    rng, words = np.random.default_rng(5), sorted(vocabulary().rows)
    return [" ".join(rng.choice(words, rng.integers(1, 60))) for _ in range(count)]


def kernels() -> list[str]:
    """Those that this machine can run; at least the scalar one."""
    return load_library().kernels()


def random_rows(seed: int, count: int, longest: int = MAX_LENGTH) -> list[NDArray[np.int64]]:
    """Rows of ids of lengths from 1 to ``longest``, both among them."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, count)
    lengths[:2] = [1, longest][: min(2, count)]
    return [rng.integers(0, ROWS, length) for length in lengths]


def specified(image: bytes, rows: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    """What the specification answers."""
    engine = IntegerNumpyEngine(image)
    lengths = np.array([len(row) for row in rows])
    ids = np.zeros((len(rows), int(lengths.max())), np.int64)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
    return engine.exact_logits(ids, lengths)


def answered(engine: NativeEngine, rows: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    """What a kernel answers."""
    return engine.exact_logits(np.concatenate(rows), np.array([len(row) for row in rows]))


@pytest.fixture(scope="session")
def image() -> bytes:
    """A small image."""
    return make_image()
