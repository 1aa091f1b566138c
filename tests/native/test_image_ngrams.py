"""Images whose n-grams are wrong: one line in Python and in C; and whatever a hash points to lies inside."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest

from tallygate.runtime.engines.integer import image_layout as layout
from tallygate.runtime.engines.integer.engine import IntegerNumpyEngine
from tallygate.runtime.engines.integer.image import read_image
from tallygate.runtime.engines.integer.image_layout import Sizes
from tallygate.runtime.engines.integer.native import NativeEngine
from tallygate.runtime.errors import BundleInvalidError
from tests.native.conftest import MAX_LENGTH, make_image
from tests.native.test_image import entry, patched, section, size


def of_ngrams(name: str, form: str, value: float, offset: int = 0) -> Callable[[bytes], bytes]:
    """Puts a number into an array of the section of n-grams; see docs/device-image.md."""

    def where(data: bytes) -> int:
        sizes = Sizes.from_bytes(data[section(data, "SIZE") :][: 4 * len(Sizes.__dataclass_fields__)])
        at = section(data, layout.NGRAMS)
        numbers = struct.unpack_from("<3I", data, at)
        for spec in layout.ngram_arrays(sizes, *numbers):
            if spec.name == f"ngrams.{name}":
                return at + offset
            at += layout.padded(spec.size)
        raise KeyError(name)

    return patched(where, form, value)


NGRAM_ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "n-grams of one word": of_ngrams("sizes", "I", 1),
    "n-grams of four words": of_ngrams("sizes", "I", 4),
    "n-grams of two words, said of three": of_ngrams("sizes", "I", 2),
    "no slot": of_ngrams("sizes", "I", 0, 4),
    "a slot more": of_ngrams("sizes", "I", 302 + 64, 4),
    "slots without end": of_ngrams("sizes", "I", 2**32 - 1, 4),
    "no bucket": of_ngrams("sizes", "I", 0, 8),
    "buckets beyond the bound": of_ngrams("sizes", "I", 2**21 + 1, 8),
    "an even factor": of_ngrams("factors", "Q", 2, 16),
    "a factor of 42 bits and one": of_ngrams("factors", "Q", 2**42 + 1),
    "a scale of zero": of_ngrams("scales", "d", 0.0),
    "a negative scale": of_ngrams("scales", "d", -1.0),
    "a scale that is no number": of_ngrams("scales", "d", float("nan")),
    "a scale that is infinite": of_ngrams("scales", "d", float("inf")),
    "a scale that is not normal": of_ngrams("scales", "d", 1e-40),
    "a code of nothing": of_ngrams("codes", "b", 1),
    "a code of -128": of_ngrams("codes", "b", -128, 70),
    "texts whose sums leave float32": size("max_length", 65_536),
    "no section of a size": patched(lambda data: entry("NGRM") + 16, "Q", 0),
    "a section that ends early": patched(lambda data: entry("NGRM") + 16, "Q", 64),
}


@pytest.mark.parametrize("attack", NGRAM_ATTACKS)
def test_python_and_c_refuse_ngrams(attack: str) -> None:
    image = NGRAM_ATTACKS[attack](make_image(hidden=7, longest=3))
    for opened in (lambda: read_image(image, "an image"), lambda: NativeEngine(image, "scalar")):
        with pytest.raises(BundleInvalidError):
            opened()


def test_any_displacement_fingerprint_and_factor_that_may_be_there_answers_alike() -> None:
    """Whatever a hash points to lies inside."""
    image = make_image(hidden=7, longest=3)
    for name, form, value in (
        ("displacements", "H", 65_535),
        ("fingerprints", "H", 65_535),
        ("factors", "Q", 2**42 - 1),
    ):
        image = of_ngrams(name, form, value)(image)
    rows = np.arange(2, 2 + MAX_LENGTH)
    found = NativeEngine(image, "scalar").exact_logits(rows, np.array([MAX_LENGTH]))
    assert found.tobytes() == IntegerNumpyEngine(image).exact_logits(rows[None], np.array([MAX_LENGTH])).tobytes()
