"""A device image that breaks a MUST is refused, in Python and in C alike; tests are named after what was done to it."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.engines.integer import image_layout as layout
from tallygate.runtime.engines.integer.arithmetic import SEGMENTS
from tallygate.runtime.engines.integer.image import read_image
from tallygate.runtime.engines.integer.image_layout import ENTRY, HEADER, Sizes
from tallygate.runtime.engines.integer.native import NativeEngine
from tallygate.runtime.errors import BundleInvalidError, TallygateError
from tallygate.runtime.text import Vocabulary
from tests.native import conftest
from tests.native.conftest import MAX_LENGTH, make_image

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

TAGS = ("SIZE", "LABL", "MARK", "WORD", "EMBD", "INPT", "LSTM", "FUNC", "HEAD", "CALB", "GOLD", "NGRM")


def signed(data: bytearray) -> bytes:
    """With the hash that these bytes need: an attacker writes it too."""
    data[layout.HASHED_HEADER : HEADER.size] = hashlib.sha256(
        data[: layout.HASHED_HEADER] + data[HEADER.size :]
    ).digest()
    return bytes(data)


def entry(tag: str) -> int:
    """Where a section's entry stands."""
    return HEADER.size + TAGS.index(tag) * ENTRY.size


def place(data: bytes, name: str) -> int:
    """Where an array begins."""
    sizes = Sizes.from_bytes(data[section(data, "SIZE") :][: 4 * len(Sizes.__dataclass_fields__)])
    for tag, arrays in layout.section_arrays(sizes).items():
        at = section(data, tag)
        for array in arrays:
            if array.name == name:
                return at
            at += layout.padded(array.size)
    raise KeyError(name)


def section(data: bytes, tag: str) -> int:
    """Where a section begins."""
    return int(struct.unpack_from("<Q", data, entry(tag) + 8)[0])


def patched(where: Callable[[bytes], int], form: str, value: float) -> Callable[[bytes], bytes]:
    """Puts one number somewhere."""

    def patch(image: bytes) -> bytes:
        data = bytearray(image)
        struct.pack_into("<" + form, data, where(image), value)
        return signed(data)

    return patch


def size(name: str, value: int) -> Callable[[bytes], bytes]:
    """Puts a number into ``SIZE``."""
    number = list(Sizes.__dataclass_fields__).index(name)
    return patched(lambda data: section(data, "SIZE") + 4 * number, "I", value)


def array(name: str, form: str, value: float, offset: int = 0) -> Callable[[bytes], bytes]:
    """Puts a number into an array."""
    return patched(lambda data: place(data, name) + offset, form, value)


def piece(name: str, a: int, b: int, c: int) -> Callable[[bytes], bytes]:
    """Puts the three coefficients of a table's first piece there."""
    patches = [array(name, "h", value, 2 * SEGMENTS * row) for row, value in enumerate((a, b, c))]
    return lambda image: patches[2](patches[1](patches[0](image)))


ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut off in the header": lambda image: image[:63],
    "cut off at the end": lambda image: image[:-1],
    "longer than it says": lambda image: image + bytes(64),
    "another magic": lambda image: signed(bytearray(b"x" + image[1:])),
    "a newer version": patched(lambda _: 8, "I", 2),
    "no section": patched(lambda _: 12, "I", 0),
    "too many sections": patched(lambda _: 12, "I", 65),
    "sections beyond the end": patched(lambda _: 12, "I", 64),
    "another size": patched(lambda _: 16, "Q", 2**40),
    "one bit flipped": lambda image: image[:-1] + bytes([image[-1] ^ 1]),
    "a section far away": patched(lambda _: entry("EMBD") + 8, "Q", 2**63),
    "a section whose end overflows": patched(lambda _: entry("EMBD") + 16, "Q", 2**64 - 64),
    "a section that is not aligned": patched(lambda _: entry("GOLD") + 8, "Q", 8),
    "sections that overlap": lambda image: patched(lambda _: entry("INPT") + 8, "Q", section(image, "EMBD"))(image),
    "a section over the table": patched(lambda _: entry("SIZE") + 8, "Q", 0),
    "an unknown required section": patched(lambda _: entry("CALB"), "I", 0x41414141),
    "a section twice": patched(lambda _: entry("CALB"), "4s", b"GOLD"),  # type: ignore[arg-type]
    "a section too short": patched(lambda _: entry("LSTM") + 16, "Q", 64),
    "another task": size("task", 2),
    "too many rows": size("rows", 2**31),
    "more rows than are there": size("rows", 1000),
    "no hidden unit": size("hidden", 0),
    "too many hidden units": size("hidden", 513),
    "too many layers": size("layers", 5),
    "three directions": size("directions", 3),
    "outputs that do not fit the labels": size("outputs", 2),
    "an unknown pooling": size("pooling", 3),
    "no floor": size("floor", 0),
    "an unknown activation": size("activation", 3),
    "gates too fine": size("gate_bits", 11),
    "cells too wide": size("cell_bits", 9),
    "another text contract": size("text_version", 1),
    "another Unicode": size("unicode_version", 14),
    "too long a text": size("max_length", 65_537),
    "slots that are no power of two": size("hash_slots", 100),
    "no empty slot": size("hash_slots", 16),
    "word offsets that fall": array("word_offsets", "I", 2**32 - 1, 4),
    "word offsets beyond the bytes": lambda image: array("label_offsets", "I", 10**6, 8)(image),
    "a word with the padding's row": array("word_rows", "I", 0),
    "a word beyond the embedding": array("word_rows", "I", 60),
    "a slot that names no word": array("hash_slots", "I", 0xFFFFFFFF),
    "marks that fall": array("marks", "I", 0x10FFFF),
    "an apostrophe among the marks": array("marks", "I", 0x27),
    "an embedding code too large": array("embedding", "h", 32_767),
    "an input weight too large": array("inputs.0.weights", "h", -32_768),
    "a negative input multiplier": array("inputs.0.multipliers", "i", -1),
    "an input shift of 63": array("inputs.0.shifts", "B", 63),
    "an offset that overflows": array("inputs.0.offsets", "q", 2**62),
    "a weight of -128": array("lstm.0.0.weights", "b", -128),
    "a negative multiplier": array("lstm.0.0.multipliers", "h", -1),
    "a shift of 25": array("lstm.0.0.shifts", "B", 25),
    "a cell that reaches too far": array("cell", "h", 32_760),
    "a sigmoid below 0": array("sigmoid", "h", -5000),
    # Processors answer each of these differently, though every value lies in its range.
    "a product of -32768 twice": piece("cell", 16_000, 0, -32_768),
    "an inner sum of -32768": piece("candidate", -1, -32_767, 1),
    "an inner sum beyond 16 bits": piece("candidate", 0, 32_767, 100),
    "a head whose sum overflows": lambda image: array("head_weights", "i", -(2**31))(
        size("max_length", 65_536)(array("head_weights", "i", 2**31 - 1, 4)(image))
    ),
    "a label that is no UTF-8": array("label_bytes", "B", 0xFF),
    "a word that is no UTF-8": array("word_bytes", "B", 0x80),
    "a golden text cut in a character": array("golden_bytes", "B", 0xE2),
    "a bias that is no number": array("head_bias", "d", float("nan")),
    "a scale of zero": array("head_scale", "d", 0.0),
    "an infinite temperature": array("temperatures", "d", float("inf")),
    "a negative temperature": array("temperatures", "d", -1.0),
    "a temperature of zero": array("temperatures", "d", 0.0),
    "a temperature that is no number": array("temperatures", "d", float("nan"), 32),
    "a temperature that is not normal": array("temperatures", "d", 5e-324),
    "a temperature beyond float32": array("temperatures", "d", 2.0**127, 32),
    "temperatures beyond the longest text": size("max_length", 4),
}
_C_ALONE = {"a slot that names no word"}
"""Python makes a dictionary of the words and has no use for the slots."""


@pytest.fixture(scope="module")
def small() -> bytes:
    return make_image(hidden=7)


@pytest.mark.parametrize("attack", [name for name in ATTACKS if name not in _C_ALONE])
def test_python_refuses(attack: str, small: bytes) -> None:
    with pytest.raises(BundleInvalidError):
        read_image(ATTACKS[attack](small), "an image")


@pytest.mark.parametrize("attack", ATTACKS)
def test_c_refuses(attack: str, small: bytes) -> None:
    with pytest.raises(BundleInvalidError):
        NativeEngine(ATTACKS[attack](small), "scalar")


def test_an_optional_section_that_is_unknown_is_skipped(small: bytes) -> None:
    data = bytearray(small + bytes(64))
    count = len(TAGS) - 1  # no n-grams
    # There is room for one more entry before the first section.
    assert section(small, "SIZE") >= HEADER.size + (count + 1) * ENTRY.size
    ENTRY.pack_into(data, HEADER.size + count * ENTRY.size, b"MORE", 0, len(small), 64, 0)
    struct.pack_into("<I", data, 12, count + 1)
    struct.pack_into("<Q", data, 16, len(data))
    image = signed(data)
    assert read_image(image, "an image").labels == read_image(small, "an image").labels
    NativeEngine(image, "scalar").check_goldens()


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_bytes_changed_are_refused_or_answer_alike(data: st.DataObject, small: bytes) -> None:
    """Python and C never part: both refuse, or both read, and then every answer is the same."""
    at = data.draw(st.integers(0, len(small) - 4))
    changed = bytearray(small)
    changed[at : at + 4] = data.draw(st.binary(min_size=4, max_size=4))
    image = signed(changed)
    rows = np.arange(2, 2 + MAX_LENGTH)
    lengths = np.array([MAX_LENGTH])
    try:
        engine = NativeEngine(image, "scalar")
    except TallygateError:
        return
    from tallygate.runtime.engines.integer.engine import IntegerNumpyEngine

    expected = IntegerNumpyEngine(image)
    assert engine.exact_logits(rows, lengths).tobytes() == expected.exact_logits(rows[None], lengths).tobytes()


def words_of_one_hash(count: int) -> list[str]:
    """Words of eight ASCII characters whose ``word_hash`` is 0: its steps undone, for one upper half after another."""
    words: list[str] = []
    for upper in range(2**32):
        lower = upper & 0xFFFF
        mixed = upper << 32 | (lower << 16 | lower) ^ upper
        number = mixed * pow(0xFF51AFD7ED558CCD, -1, 2**64) % 2**64 ^ 0x9E3779B97F4A7C15 ^ 8
        word = number.to_bytes(8, "little")
        if word.isascii() and layout.word_hash(word) == 0:
            words.append(word.decode("ascii"))
        if len(words) == count:
            break
    return words


@pytest.mark.parametrize(("count", "opens"), [(256, True), (257, False)])
def test_words_chosen_for_their_hashes_cost_a_bounded_search(
    count: int, opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A megabyte of them took minutes to look up, one by one behind the others."""
    words = Vocabulary(dict.fromkeys(words_of_one_hash(count), 2), conftest.ROWS)
    monkeypatch.setattr(conftest, "vocabulary", lambda: words)
    image = make_image.__wrapped__()  # type: ignore[attr-defined]
    for opened in (lambda: read_image(image, "an image"), lambda: NativeEngine(image, "scalar")):
        with nullcontext() if opens else pytest.raises(BundleInvalidError):
            opened()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_bytes_are_refused(seed: int) -> None:
    image = np.random.default_rng(seed).bytes(100_000)
    for opened in (lambda: read_image(image, "an image"), lambda: NativeEngine(image, "scalar")):
        with pytest.raises(BundleInvalidError):
            opened()
