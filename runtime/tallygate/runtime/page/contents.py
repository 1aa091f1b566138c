"""What of a bundle goes into a page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.bundle import INTEGER, Bundle, texts_of_all_words, words_per_text
from tallygate.runtime.engines.integer import DeviceImage, IntegerNumpyEngine
from tallygate.runtime.errors import BundleInvalidError
from tallygate.runtime.page.examples import examples_among
from tallygate.runtime.text import TextContract, Tokenizer, Vocabulary
from tallygate.runtime.version import VERSION

GOLDEN_BYTES = 36_000
"""Most bytes of the golden texts that a page holds, beside those that only name every word: these it makes itself."""
MOST_WORDS = 50_000
"""Most words of the vocabulary that a page asks; of a larger one they are evenly spread."""


class PageScore(msgspec.Struct, frozen=True):
    """The accuracy that the page tells."""

    data: str
    split: str
    rows: int
    accuracy: float


@dataclass(frozen=True)
class WordTexts:
    """Texts of all words, which the page makes of its image as :func:`texts_of_all_words` does."""

    texts: Sequence[str]
    size: int
    """Words of a text."""
    every: int
    """1, or of which words only each so-manieth stands there."""

    @property
    def words(self) -> int:
        """How many they hold."""
        return sum(text.count(" ") + 1 for text in self.texts)


@dataclass(frozen=True)
class PageContents:
    """A bundle as a page holds it."""

    name: str
    labels: Sequence[str]
    image: bytes
    bundle_sha256: str
    golden_logits: str
    """The hash that ``tallygate verify`` prints."""
    texts: Sequence[str]
    """The bundle's golden texts, as many as fit, without those of :attr:`words`."""
    words: WordTexts
    """What the page asks beside them."""
    goldens: int
    """How many golden texts the bundle has."""
    asked: int
    """How many of them the page asks: all of them, unless they are no texts of all words and too large."""
    logits: NDArray[np.float64]
    """[texts, outputs]: what the specification answers to :attr:`texts`."""
    answers: str
    """SHA-256 of what it answers to :attr:`texts` and then :attr:`words`, as doubles."""
    score: PageScore | None
    examples: Sequence[dict[str, str]]
    created_with: str = VERSION


def contents_of(bundle: Bundle) -> PageContents:
    """Read a bundle for a page. Raises :class:`BundleInvalidError` where it has no integer variant.

    Golden texts are answered by the specification in numpy, not by the C core: the page's WebAssembly is that core, and
    would only be compared with itself.
    """
    manifest = bundle.manifest
    if INTEGER not in manifest.variants:
        raise BundleInvalidError(
            bundle.path, f"has no variant {INTEGER}", "export it with integer among its --variants"
        )
    image = bundle.read(manifest.variants[INTEGER].file)
    engine = IntegerNumpyEngine(image)
    words = word_texts(engine.image)
    goldens = [golden.text for golden in bundle.goldens()]
    texts = _as_many_as_fit(_without(goldens, words))
    logits = _logits(engine, texts)
    answers = np.concatenate([logits, _logits(engine, words.texts)])
    return PageContents(
        name=manifest.name,
        labels=manifest.labels,
        image=image,
        bundle_sha256=bundle.sha256,
        golden_logits=engine.answers_of_goldens(),
        texts=texts,
        words=words,
        goldens=len(goldens),
        asked=sum(text in {*texts, *words.texts} for text in goldens),
        logits=logits,
        answers=hashlib.sha256(np.ascontiguousarray(answers, "<f8").tobytes()).hexdigest(),
        score=_score(bundle),
        examples=examples_among(texts, logits),
    )


def word_texts(image: DeviceImage) -> WordTexts:
    """Every word of the vocabulary: goldens end with the same texts, in the same order."""
    size = words_per_text(len(image.words), image.model.outputs, image.max_length)
    every = -(-len(image.words) // MOST_WORDS) or 1
    return WordTexts(texts_of_all_words(image.words, size, every), size, every)


def _without(goldens: Sequence[str], words: WordTexts) -> list[str]:
    """The goldens that the page must hold: all, unless the texts of all words are among them."""
    made = set(words.texts)
    return [text for text in goldens if text not in made] if made <= set(goldens) else list(goldens)


def _as_many_as_fit(texts: Sequence[str]) -> list[str]:
    """From the front, at least one where there is one."""
    sizes = np.cumsum([len(msgspec.json.encode(text)) + 1 for text in texts])
    return list(texts[: max(1, int(np.searchsorted(sizes, GOLDEN_BYTES, side="right")))])


def image_sha256(image: bytes) -> str:
    """Of the whole file, as ``sha256sum`` prints it."""
    return hashlib.sha256(image).hexdigest()


def _logits(engine: IntegerNumpyEngine, texts: Sequence[str]) -> NDArray[np.float64]:
    if not texts:
        return np.zeros((0, engine.image.model.outputs))
    tokenizer = _tokenizer(engine.image)
    rows = [tokenizer.encode(text) for text in texts]
    lengths = np.array([len(row) for row in rows])
    ids = np.zeros((len(rows), int(lengths.max())), np.int64)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
    return engine.exact_logits(ids, lengths)


def _tokenizer(image: DeviceImage) -> Tokenizer:
    """As the image reads: a bundle of the first text contract may disagree on characters that are newer than Python."""
    contract = TextContract(max_length=image.max_length, keep=image.keep, punctuation=image.punctuation, version=2)
    return Tokenizer(Vocabulary(image.words, len(image.model.embedding)), contract)


def _score(bundle: Bundle) -> PageScore | None:
    """Of the integer variant if it has one, else of the checkpoint, on the test split first."""
    variant = bundle.manifest.variants[INTEGER].accuracy
    known = [*([variant] if variant else []), *sorted(bundle.manifest.training.scores, key=lambda s: s.split != "test")]
    first = next(iter(known), None)
    return PageScore(first.data, first.split, first.rows, first.accuracy) if first else None
