"""All texts of the IMDB data set: ids in C, in Python and by ``tokenizer.json``, and every kernel's logits."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow.parquet as parquet
import pytest
from tokenizers import Tokenizer as LibraryTokenizer

from tallygate.export.bundle.tokenizer_json import tokenizer_json
from tallygate.export.bundle.unicode_disagreements import disagreements
from tallygate.runtime.text import UNKNOWN, Splitter
from tests.native.vocabularies import ROWS, engine_of, tokenizer_of

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

pytestmark = [pytest.mark.slow, pytest.mark.imdb]
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
