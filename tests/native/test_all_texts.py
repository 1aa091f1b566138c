"""All texts of the IMDB data set: ids in C, in Python and by ``tokenizer.json``, and every kernel's logits."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow.parquet as parquet
import pytest
from tokenizers import Tokenizer as LibraryTokenizer

import tallygate.runtime
from tallygate.export.bundle.tokenizer_json import tokenizer_json
from tallygate.export.bundle.unicode_disagreements import disagreements
from tallygate.runtime.bundle import INTEGER, open_bundle
from tallygate.runtime.engines.integer.engine import IntegerNumpyEngine
from tallygate.runtime.engines.integer.image import read_image
from tallygate.runtime.engines.integer.native import NativeEngine
from tallygate.runtime.text import UNKNOWN, Splitter
from tests.native.conftest import kernels
from tests.native.vocabularies import ROWS, engine_of, tokenizer_of

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

pytestmark = [pytest.mark.slow, pytest.mark.imdb]
SHIPPED = Path(tallygate.runtime.__path__[0]) / "models" / "imdb.zip"
MARKS = '!?.,;:()"*/-'
TEXTS = 100_000
BATCH = 1000


def all_texts(folder: Path) -> list[str]:
    """Of the training, test and unlabelled parts."""
    tables = [parquet.read_table(folder / f"{part}.parquet", columns=["text"]) for part in ("train", "test", "unsup")]
    return [text for table in tables for text in table.column("text").to_pylist()]


@pytest.mark.parametrize(("marks", "keep", "longest"), [("", "last", 400), (MARKS, "first", 4000)])
def test_ids_of_c_python_and_the_library_are_equal(
    imdb_dir: Path, marks: str, keep: Literal["first", "last"], longest: int
) -> None:
    """No text holds a code point on which the library differs; the list of those stays beside ``tokenizer.json``."""
    texts, splitter = all_texts(imdb_dir), Splitter(marks, 2)
    assert len(texts) == TEXTS
    listed = {chr(point) for span in disagreements() for point in span}
    assert not listed & set().union(*map(set, texts))
    words = {word: None for text in texts for word in splitter.split(text)}
    tokenizer = tokenizer_of(list(words)[::2], marks, keep, longest)
    engine = engine_of(tokenizer)
    library = LibraryTokenizer.from_str(tokenizer_json(tokenizer).decode("utf-8"))
    library.no_padding()
    rest, known = iter(texts), 0
    while part := list(islice(rest, BATCH)):
        python = [tokenizer.encode(text) for text in part]
        assert [engine.encode(text) for text in part] == python
        assert [encoding.ids or [UNKNOWN] for encoding in library.encode_batch(part)] == python
        known += sum(np.count_nonzero(np.array(ids) > UNKNOWN) for ids in python)
    assert known > 10 * TEXTS
    assert len(words) > ROWS


def test_every_kernel_answers_all_test_reviews_as_the_specification_does(imdb_dir: Path) -> None:
    """The shipped model, its own ids, 25,000 reviews, in one batch and by two threads."""
    bundle = open_bundle(SHIPPED)
    image = bundle.read(bundle.manifest.variants[INTEGER].file)
    tokenizer = read_image(image, SHIPPED).tokenizer()
    texts = parquet.read_table(imdb_dir / "test.parquet", columns=["text"]).column("text").to_pylist()
    rows = [np.array(tokenizer.encode(text)) for text in texts]
    order = np.argsort([len(row) for row in rows], kind="stable")
    lengths = np.array([len(rows[place]) for place in order])
    flat = np.concatenate([rows[place] for place in order])
    expected, start = [], 0
    specification = IntegerNumpyEngine(image)
    for first in range(0, len(lengths), BATCH):
        part = lengths[first : first + BATCH]
        ids = np.zeros((len(part), int(part.max())), np.int64)
        ids[np.arange(ids.shape[1]) < part[:, None]] = flat[start : start + part.sum()]
        expected.append(specification.exact_logits(ids, part))
        start += int(part.sum())
    for kernel in kernels():
        engine = NativeEngine(image, kernel, threads=2)
        engine.check_goldens()
        assert (engine.exact_logits(flat, lengths) == np.concatenate(expected)).all(), kernel
