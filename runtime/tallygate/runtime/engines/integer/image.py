"""Reading a device image: every bound is checked before anything is used."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.integer import image_layout as layout
from tallygate.runtime.engines.integer.image_checks import check_arrays, check_sizes
from tallygate.runtime.engines.integer.image_layout import ENTRY, HEADER, Sizes
from tallygate.runtime.engines.integer.image_ngrams import ngrams_from_section
from tallygate.runtime.engines.integer.image_sections import arrays_of_section
from tallygate.runtime.engines.integer.model import Direction, Head, InputTable, IntegerModel
from tallygate.runtime.errors import BundleInvalidError, BundleVersionError
from tallygate.runtime.ngrams import NgramTables
from tallygate.runtime.text import TextContract, Tokenizer, Vocabulary

Arrays = Mapping[str, NDArray[Any]]
_MEND = "get the image again"


@dataclass(frozen=True)
class ImageGolden:
    """A text and what the model answers to it, to the bit."""

    text: str
    logits: NDArray[np.float64]
    """[outputs]."""


@dataclass(frozen=True)
class DeviceImage:
    """All that a device needs to answer."""

    model: IntegerModel
    labels: list[str]
    words: dict[str, int]
    """Row of each word."""
    punctuation: str
    max_length: int
    keep: Literal["first", "last"]
    unicode_version: int
    temperatures: NDArray[np.float64]
    """What logits are divided by, for texts of 1, 2, ... tokens; the last one for all longer ones."""
    goldens: list[ImageGolden]

    def tokenizer(self) -> Tokenizer:
        """Makes ids of texts as the C core does."""
        contract = TextContract(max_length=self.max_length, keep=self.keep, punctuation=self.punctuation, version=2)
        return Tokenizer(Vocabulary(self.words, len(self.model.embedding)), contract)


def read_image(data: bytes, source: object) -> DeviceImage:
    """The image in ``data``; ``source`` names it in errors.

    Raises :class:`BundleVersionError` for an image of a newer version, :class:`BundleInvalidError` for anything else
    that breaks a MUST of ``docs/device-image.md``.
    """
    try:
        sections = _sections(data)
        sizes = Sizes.from_bytes(sections["SIZE"])
        check_sizes(sizes)
        arrays = _arrays(sections, sizes)
        check_arrays(sizes, arrays)
        ngrams = ngrams_from_section(sections[layout.NGRAMS], sizes) if layout.NGRAMS in sections else None
        return _image(sizes, arrays, ngrams)
    except BundleVersionError:
        raise
    except KeyError as error:
        raise BundleInvalidError(source, f"has no section {error.args[0]}", _MEND) from error
    except (ValueError, IndexError, struct.error) as error:
        raise BundleInvalidError(source, f"is not a device image ({error})", _MEND) from error


def _sections(data: bytes) -> dict[str, bytes]:
    if len(data) < HEADER.size:
        raise ValueError("it is too short")
    magic, version, count, size, zero, digest = HEADER.unpack_from(data)
    if magic != layout.MAGIC:
        raise ValueError("its magic is another")
    if version != layout.VERSION:
        raise BundleVersionError("a device image", f"has version {version}", "install a tallygate that reads it")
    if size != len(data) or zero or not 1 <= count <= layout.MAX_SECTIONS:
        raise ValueError("its header does not fit it")
    if hashlib.sha256(data[: layout.HASHED_HEADER] + data[HEADER.size :]).digest() != digest:
        raise ValueError("it is damaged or altered")
    return _cut(data, count)


def _cut(data: bytes, count: int) -> dict[str, bytes]:
    end = HEADER.size + count * ENTRY.size
    sections: dict[str, bytes] = {}
    for place in range(count):
        tag, flags, offset, length, zero = ENTRY.unpack_from(data, HEADER.size + place * ENTRY.size)
        if zero or offset % layout.ALIGNMENT or offset < end or length > len(data) - min(offset, len(data)):
            raise ValueError(f"section {place} lies outside")
        end = offset + length
        name = tag.decode("ascii", "replace")
        if name in sections:
            raise ValueError(f"section {name} stands twice")
        if name not in _KNOWN and flags & layout.REQUIRED:
            raise ValueError(f"section {name!r} is required, and this reader does not know it")
        sections[name] = data[offset:end]
    return sections


_KNOWN = {"SIZE", "LABL", "MARK", "WORD", "EMBD", "INPT", "LSTM", "FUNC", "HEAD", "CALB", "GOLD", layout.NGRAMS}


def _arrays(sections: Mapping[str, bytes], sizes: Sizes) -> Arrays:
    arrays: dict[str, NDArray[Any]] = {}
    for tag, specs in layout.section_arrays(sizes).items():
        arrays |= arrays_of_section(tag, sections[tag], specs)
    return arrays


def _image(sizes: Sizes, arrays: Arrays, ngrams: NgramTables | None) -> DeviceImage:
    words = _strings(arrays["word_offsets"], arrays["word_bytes"])
    if len(set(words)) != len(words):
        raise ValueError("a word stands twice")
    texts = _strings(arrays["golden_offsets"], arrays["golden_bytes"])
    return DeviceImage(
        model=_model(sizes, arrays, ngrams),
        labels=_strings(arrays["label_offsets"], arrays["label_bytes"]),
        words=dict(zip(words, arrays["word_rows"].tolist(), strict=True)),
        punctuation="".join(map(chr, arrays["marks"].tolist())),
        max_length=sizes.max_length,
        keep=layout.KEEPS[sizes.keep],
        unicode_version=sizes.unicode_version,
        temperatures=arrays["temperatures"],
        goldens=[ImageGolden(*golden) for golden in zip(texts, arrays["golden_logits"], strict=True)],
    )


def _strings(offsets: NDArray[np.uint32], data: NDArray[np.uint8]) -> list[str]:
    text, bounds = data.tobytes(), offsets.tolist()
    return [text[start:end].decode("utf-8") for start, end in pairwise(bounds)]


def _model(sizes: Sizes, arrays: Arrays, ngrams: NgramTables | None) -> IntegerModel:
    places = range(sizes.directions)
    return IntegerModel(
        embedding=arrays["embedding"],
        inputs=tuple(InputTable(**_named(arrays, f"inputs.{place}")) for place in places),
        layers=tuple(
            tuple(Direction(**_named(arrays, f"lstm.{layer}.{place}")) for place in places)
            for layer in range(sizes.layers)
        ),
        sigmoid=arrays["sigmoid"],
        candidate=arrays["candidate"],
        cell=arrays["cell"],
        head=Head(
            weights=arrays["head_weights"],
            bias=arrays["head_bias"],
            scale=float(arrays["head_scale"][0]),
            activation=layout.ACTIVATIONS[sizes.activation],
            table=arrays.get("head_table"),
        ),
        pooling=layout.POOLINGS[sizes.pooling],
        floor=sizes.floor,
        gate_bits=sizes.gate_bits,
        cell_bits=sizes.cell_bits,
        ngrams=ngrams,
    )


def _named(arrays: Arrays, prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(f"{prefix}."): array for name, array in arrays.items() if name.startswith(f"{prefix}.")}
