"""Writing a device image, section by section, as ``docs/device-image.md`` has it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.integer import (
    ACTIVATIONS,
    ENTRY,
    HASHED_HEADER,
    HEADER,
    KEEPS,
    MAGIC,
    NGRAMS,
    POOLINGS,
    REQUIRED,
    TEXT_CLASSIFICATION,
    VERSION,
    ArraySpec,
    ImageGolden,
    IntegerModel,
    Sizes,
    ngram_arrays,
    padded,
    section_arrays,
    slots_of_words,
)
from tallygate.runtime.ngrams import NgramTables
from tallygate.runtime.text import TEXT_VERSION, TextContract, Vocabulary
from tallygate.runtime.unicode import UNICODE_VERSION

Arrays = dict[str, NDArray[Any]]
_SLOTS_PER_WORD = 2


@dataclass(frozen=True)
class ImageContents:
    """What goes into an image."""

    model: IntegerModel
    vocabulary: Vocabulary
    contract: TextContract
    labels: Sequence[str]
    temperatures: NDArray[np.float64]
    """Temperature for 1, 2, ... tokens; the last one for all longer texts."""
    goldens: Sequence[ImageGolden]


def image_from(contents: ImageContents) -> bytes:
    """The bytes of ``model.integer.bin``; the same contents give the same bytes."""
    arrays = _text_arrays(contents) | _model_arrays(contents.model)
    sizes = _sizes(contents, arrays)
    sections = {"SIZE": sizes.to_bytes()}
    for tag, specs in section_arrays(sizes).items():
        sections[tag] = b"".join(_array_bytes(arrays[spec.name], spec) for spec in specs)
    if (ngrams := contents.model.ngrams) is not None:
        sections[NGRAMS] = _ngram_section(ngrams, sizes)
    return _with_header(sections)


def _ngram_section(ngrams: NgramTables, sizes: Sizes) -> bytes:
    shape = ngrams.shape
    numbers = shape.longest, shape.slots, shape.buckets
    arrays = {
        "sizes": np.array(numbers),
        "factors": np.array(shape.factors, np.uint64),
        "scales": ngrams.scales,
        "displacements": ngrams.displacements,
        "fingerprints": ngrams.fingerprints,
        "codes": ngrams.codes,
    }
    specs = ngram_arrays(sizes, *numbers)
    return b"".join(_array_bytes(arrays[spec.name.removeprefix("ngrams.")], spec) for spec in specs)


def _text_arrays(contents: ImageContents) -> Arrays:
    pairs = sorted((word.encode("utf-8"), row) for word, row in contents.vocabulary.rows.items())
    words = [word for word, _ in pairs]
    labels = [label.encode("utf-8") for label in contents.labels]
    texts = [golden.text.encode("utf-8") for golden in contents.goldens]
    outputs = contents.model.outputs
    return {
        **_strings("label", labels),
        **_strings("word", words),
        **_strings("golden", texts),
        "marks": np.array(sorted(map(ord, set(contents.contract.punctuation)))),
        "word_rows": np.array([row for _, row in pairs]),
        "hash_slots": slots_of_words(words, _slots(len(words))),
        "temperatures": contents.temperatures,
        "golden_logits": np.array([golden.logits for golden in contents.goldens]).reshape(-1, outputs),
    }


def _strings(name: str, strings: Sequence[bytes]) -> Arrays:
    offsets = np.cumsum([0, *map(len, strings)])
    return {f"{name}_offsets": offsets, f"{name}_bytes": np.frombuffer(b"".join(strings), np.uint8)}


def _slots(words: int) -> int:
    return 1 << (_SLOTS_PER_WORD * words).bit_length()


def _model_arrays(model: IntegerModel) -> Arrays:
    arrays: Arrays = {
        "embedding": model.embedding,
        "sigmoid": model.sigmoid,
        "candidate": model.candidate,
        "cell": model.cell,
        "head_weights": model.head.weights,
        "head_bias": model.head.bias,
        "head_scale": np.array([model.head.scale]),
    }
    if model.head.table is not None:
        arrays["head_table"] = model.head.table
    for place, table in enumerate(model.inputs):
        arrays |= {f"inputs.{place}.{name}": value for name, value in vars(table).items()}
    for number, layer in enumerate(model.layers):
        for place, direction in enumerate(layer):
            arrays |= {f"lstm.{number}.{place}.{name}": value for name, value in vars(direction).items()}
    return arrays


def _sizes(contents: ImageContents, arrays: Mapping[str, NDArray[Any]]) -> Sizes:
    model, contract = contents.model, contents.contract
    return Sizes(
        task=TEXT_CLASSIFICATION,
        rows=len(model.embedding),
        inputs=model.embedding.shape[1],
        hidden=model.hidden_size,
        layers=len(model.layers),
        directions=len(model.inputs),
        outputs=model.outputs,
        pooling=POOLINGS.index(model.pooling),
        floor=model.floor,
        activation=ACTIVATIONS.index(model.head.activation),
        gate_bits=model.gate_bits,
        cell_bits=model.cell_bits,
        text_version=TEXT_VERSION,
        unicode_version=UNICODE_VERSION,
        max_length=contract.max_length,
        keep=KEEPS.index(contract.keep),
        marks=len(arrays["marks"]),
        words=len(arrays["word_rows"]),
        word_bytes=len(arrays["word_bytes"]),
        hash_slots=len(arrays["hash_slots"]),
        labels=len(contents.labels),
        label_bytes=len(arrays["label_bytes"]),
        temperatures=len(contents.temperatures),
        goldens=len(contents.goldens),
        golden_bytes=len(arrays["golden_bytes"]),
    )


def _array_bytes(array: NDArray[Any], spec: ArraySpec) -> bytes:
    data = np.ascontiguousarray(array).astype(spec.dtype)
    assert data.shape == spec.shape, f"{spec.name} has shape {data.shape}, not {spec.shape}"
    return data.tobytes() + bytes(padded(spec.size) - spec.size)


def _with_header(sections: Mapping[str, bytes]) -> bytes:
    offset = padded(HEADER.size + len(sections) * ENTRY.size)
    entries, body = [], [bytes(offset - HEADER.size - len(sections) * ENTRY.size)]
    for tag, data in sections.items():
        entries.append(ENTRY.pack(tag.encode("ascii"), REQUIRED, offset, len(data), 0))
        body.append(data + bytes(padded(len(data)) - len(data)))
        offset += padded(len(data))
    rest = b"".join(entries + body)
    head = HEADER.pack(MAGIC, VERSION, len(sections), offset, 0, bytes(32))[:HASHED_HEADER]
    return head + hashlib.sha256(head + rest).digest() + rest
