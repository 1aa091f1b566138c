"""What may be asked: strings one by one or in a collection; everything else is one line that says what to pass."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pytest

from tallygate.runtime.classifier import Classifier
from tallygate.runtime.errors import InputError


@pytest.fixture
def classifier(toy_path: Path) -> Classifier:
    return Classifier.load(toy_path, "numpy")


class Frame:
    """What a table of pandas, polars or Spark looks like from outside."""

    columns = ("text", "label")

    def __iter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204
        return iter(self.columns)


REFUSED = {
    "NoneType": (None, "is neither a text nor texts"),
    "int": (3, "is neither a text nor texts"),
    "float": (float("nan"), "is neither a text nor texts"),
    "bytes": (b"good", "decode it first"),
    "bytearray": (bytearray(b"good"), "decode it first"),
    "dict": ({"text": ["good"]}, "pass the one column"),
    "mappingproxy": (MappingProxyType({"text": "good"}), "pass the one column"),
    "set": ({"good", "bad"}, "has no order"),
    "Frame": (Frame(), "pass the one column"),
    "Table": (pa.table({"text": ["good"]}), "pass the one column"),
    "ndarray": (np.array([["good", "bad"]]), "has 2 dimensions"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_holds_no_texts_is_one_line(classifier: Classifier, kind: str) -> None:
    value, says = REFUSED[kind]
    with pytest.raises(InputError, match=rf"^an input of type {kind}: .*{says}") as caught:
        classifier.predict(value)  # type: ignore[call-overload]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wrong", [None, float("nan"), np.nan, b"good", 3, ["good"], {"text": "good"}])
def test_a_missing_value_names_its_place(classifier: Classifier, wrong: object) -> None:
    for texts in (["good", wrong], np.array(["good", wrong, "x"], dtype=object), iter(["good", wrong])):
        with pytest.raises(InputError, match=r"^text 2: is of type \w+, not a string; .*drop missing values first$"):
            list(classifier.predict(texts))  # type: ignore[arg-type]


def test_columns_of_texts_are_collections(classifier: Classifier) -> None:
    texts = ["good film", "bad"]
    expected = classifier.predict(texts)
    assert classifier.predict(np.array(texts)) == expected
    assert classifier.predict(np.array(texts, dtype=object)) == expected
    assert classifier.predict(pa.array(texts).to_pylist()) == expected
    assert classifier.predict(np.array(texts)[0]) == expected[0]
    # Iterated, they give scalars of Arrow, which are no strings.
    assert classifier.predict(pa.array(texts)) == expected
    assert classifier.predict(pa.chunked_array([texts[:1], texts[1:]])) == expected
    with pytest.raises(InputError, match=r"^text 2: is of type NoneType"):
        classifier.predict(pa.array(["good film", None]))
    assert classifier.predict({"a": "good film", "b": "bad"}.values()) == expected


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_series_and_frames_of_the_table_libraries(classifier: Classifier, name: str) -> None:
    library = pytest.importorskip(name, reason=f"needs {name}")
    frame = library.DataFrame({"text": ["good film", "bad"]})
    assert classifier.predict(frame["text"]) == classifier.predict(["good film", "bad"])
    with pytest.raises(InputError, match="an input of type DataFrame: is a table"):
        classifier.predict(frame)
