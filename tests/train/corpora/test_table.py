"""Corpora from one file: every format alike, columns found, labels as strings, bad rows named."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tallygate.runtime.errors import InputError, InputNotFoundError, UsageError
from tallygate.train.corpora import load_corpus
from tests.train.corpora.tables import (
    Rows,
    Writer,
    every_format,
    reviews,
    rows_of,
    splits_of,
    write_csv,
    write_jsonl,
    write_parquet,
)


@every_format
def test_every_format_gives_the_same_corpus(write: Writer, tmp_path: Path) -> None:
    corpus = load_corpus(str(write(tmp_path, reviews())))
    assert rows_of(corpus) == rows_of(load_corpus(str(write_csv(tmp_path, reviews(), "other"))))
    assert corpus.labels == ("0", "1", "2")
    assert corpus.name == "data"
    assert sorted(text for split in splits_of(corpus) for text in split.texts) == sorted(map(str, reviews()["text"]))
    json.dumps(corpus.facts)
    assert str(tmp_path) not in json.dumps(corpus.facts)


@every_format
@pytest.mark.parametrize("labels", [["no", "yes"], [False, True], [0.5, 1.0], [-1, 10]])
def test_labels_are_the_same_strings_in_every_format(write: Writer, labels: list[object], tmp_path: Path) -> None:
    columns = reviews() | {"label": labels * 30}
    assert load_corpus(str(write(tmp_path, columns))).labels == tuple(sorted(map(str, labels)))


def test_ids_name_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("text,label\n" + "".join(f'"text {i}\nmore",{i % 2}\n' for i in range(10)))
    ids = sorted(row_id for split in splits_of(load_corpus(str(path))) for row_id in split.ids)
    assert ids == sorted(f"data.csv:{2 + 2 * i}" for i in range(10))


@pytest.mark.parametrize(
    ("names", "options", "chosen"),
    [
        (["id", "Review", "Sentiment"], {}, (1, 2)),
        (["label", "utterance"], {}, (1, 0)),
        (["text", "sarcasm"], {}, (0, 1)),
        (["text", "review", "label"], {"text_column": "review"}, (1, 2)),
        (["text", "label", "topic"], {"label_column": "topic"}, (0, 2)),
        (["a", "b", "c"], {"text_column": "c", "label_column": "a"}, (2, 0)),
    ],
)
@every_format
def test_columns(
    write: Writer, names: list[str], options: dict[str, str], chosen: tuple[int, int], tmp_path: Path
) -> None:
    columns: Rows = {
        name: [f"{name} {i % 4} {i if place == chosen[0] else ''}" for i in range(40)]
        for place, name in enumerate(names)
    }
    text, label = (names[place] for place in chosen)
    corpus = load_corpus(str(write(tmp_path, columns)), **options)  # type: ignore[arg-type]
    assert corpus.labels == tuple(f"{label} {i}" for i in range(4))
    assert all(row.startswith(f"{text} ") for row in corpus.train.texts)


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (["id", "words", "label"], {}, "has the columns 'id', 'words'; choose one with --text-column"),
        (["id", "text", "mood"], {}, "has the columns 'id', 'mood'; choose one with --label-column"),
        (["text", "label"], {"text_column": "x"}, "has no column 'x', only 'text', 'label'; check --text-column"),
        (["text", "label"], {"label_column": "x"}, "has no column 'x', only 'text', 'label'; check --label-column"),
        (["text"], {}, "has fewer than two columns ('text')"),
        (["text", "label"], {"text_column": "text", "label_column": "text"}, "is the text column too"),
    ],
)
@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_columns_that_are_not_there(
    write: Writer, names: list[str], options: dict[str, str], message: str, tmp_path: Path
) -> None:
    columns: Rows = {name: [f"{name} {i}" for i in range(8)] for name in names}
    with pytest.raises((InputError, UsageError)) as caught:
        load_corpus(str(write(tmp_path, columns)), **options)  # type: ignore[arg-type]
    assert message in str(caught.value)


@every_format
@pytest.mark.parametrize("label", [None, "", " ", "NaN", "nan", "null", math.nan])
def test_a_row_without_a_label_is_bad(write: Writer, label: object, tmp_path: Path) -> None:
    others: list[object] = [0.0, 1.0] if isinstance(label, float) else ["a", "b"]
    labels = [label, *others * 10]
    columns: Rows = {"text": [f"text {i}" for i in range(21)], "label": labels}
    path = str(write(tmp_path, columns))
    place = {".csv": "line 2", ".tsv": "line 2", ".jsonl": "line 1", ".parquet": "row 1"}[Path(path).suffix]
    with pytest.raises(InputError, match=rf"data\.\w+ {place}: has no label in its 'label' .*--skip-bad"):
        load_corpus(path)
    corpus = load_corpus(path, skip_bad=True)
    assert sum(map(len, splits_of(corpus))) == 20
    skipped = corpus.facts["skipped"]
    assert isinstance(skipped, dict)
    assert skipped["rows"] == 1
    assert place in skipped["first"][0]


@pytest.mark.parametrize("write", [write_jsonl, write_parquet])
def test_a_text_that_is_missing_is_bad(write: Writer, tmp_path: Path) -> None:
    path = str(write(tmp_path, {"text": [None, *(f"text {i}" for i in range(10))], "label": [*"ab" * 5, "a"]}))
    with pytest.raises(InputError, match=r"(line|row) 1: has nothing \(null\) for its 'text'"):
        load_corpus(path)


def test_json_rows_need_not_have_the_same_keys(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    rows = [{"words": "no mood"}, *({"words": f"text {i}", "mood": i % 2, "n": i} for i in range(10)), {"mood": 1}]
    path.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(InputError, match=r"data\.jsonl line 1: has no 'mood'"):
        load_corpus(str(path), text_column="words", label_column="mood")
    corpus = load_corpus(str(path), text_column="words", label_column="mood", skip_bad=True)
    assert corpus.facts["skipped"] == {
        "rows": 2,
        "first": ["data.jsonl line 1 has no 'mood', only 'words'", "data.jsonl line 12 has no 'words', only 'mood'"],
    }


def test_broken_utf8_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    rows = [f"text {i},{i % 2}".encode() for i in range(10)]
    path.write_bytes(b"\n".join([b"text,label", *rows[:4], b"te\xffxt,1", *rows[4:]]))
    with pytest.raises(InputError, match=r"data\.csv line 6: is not valid UTF-8; .*--skip-bad"):
        load_corpus(str(path))
    assert load_corpus(str(path), skip_bad=True).facts["skipped"] == {
        "rows": 1,
        "first": ["data.csv line 6 is not valid UTF-8"],
    }


def test_another_encoding_is_read_where_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes("\n".join(["text,label", *(f"Caf\u00e9 number {i},{i % 2}" for i in range(10))]).encode("latin-1"))
    with pytest.raises(InputError, match=r"line 2: is not valid UTF-8; .*--encoding"):
        load_corpus(str(path))
    for encoding in ("latin-1", "cp1252"):
        corpus = load_corpus(str(path), encoding=encoding)
        assert all(text.startswith("Caf\u00e9") for split in splits_of(corpus) for text in split.texts)
    path.write_bytes(path.read_bytes().decode("latin-1").encode("utf-16"))
    assert len(load_corpus(str(path), encoding="utf-16").train) == 8
    with pytest.raises(UsageError, match="--encoding morse: is no encoding of text"):
        load_corpus(str(path), encoding="morse")
    with pytest.raises(UsageError, match="mini is UTF-8"):
        load_corpus("mini", encoding="latin-1")


def test_broken_utf8_in_parquet_names_its_row(tmp_path: Path) -> None:
    broken = pa.array([b"one", b"tw\xff", *(b"%d" % i for i in range(10))], pa.binary()).cast(pa.large_binary())
    strings = pa.Array.from_buffers(pa.large_string(), len(broken), broken.buffers())
    path = tmp_path / "data.parquet"
    parquet.write_table(pa.table({"text": strings, "label": ["a", "b"] * 6}), path)
    with pytest.raises(InputError, match=r"data\.parquet row 2: is not valid UTF-8"):
        load_corpus(str(path))
    assert sum(map(len, splits_of(load_corpus(str(path), skip_bad=True)))) == 11


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"text,label\n", "is empty"),
        ("a.jsonl", b"\n", "is empty"),
        ("a.parquet", b"", "is not a Parquet file that can be read"),
        ("a.parquet", b"PAR1 or not PAR1", "is not a Parquet file that can be read"),
        (
            "a.csv",
            b"text,label\n" + b"".join(b"text %d,same\n" % i for i in range(9)),
            "a.csv: has one label only, 'same'",
        ),
        ("a.csv", b"text,label\ngood,1\nbad,0\nGood,1\n", "has 2 different texts, too few"),
        ("a.csv", b"text,label\n" + b"".join(b"t %d,l %d\n" % (i, i) for i in range(2000)), "labels; name the right"),
        ("a.txt", b"good\n", "is no table of labelled texts"),
        ("a.json", b'[{"text": "good", "label": 1}]', "is a JSON array"),
    ],
)
def test_files_that_cannot_be_used(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as caught:
        load_corpus(str(tmp_path / name))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_parquet_file_without_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no row that can be used"):
        load_corpus(str(write_parquet(tmp_path, {"text": [], "label": []})))


@pytest.mark.parametrize("data", ["nothing.csv", "nothing", "x" * 5000])
def test_data_that_is_not_there(data: str, tmp_path: Path) -> None:
    with pytest.raises(InputNotFoundError):
        load_corpus(str(tmp_path / data))


@pytest.mark.parametrize(
    "options",
    [
        {"data": "mini", "text_column": "text"},
        {"data": "mini", "validation": 5},
        {"data": "mini", "data_dir": "x"},
        {"data": "imdb", "label_column": "label"},
    ],
)
def test_options_that_do_not_fit_a_built_in_corpus(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        load_corpus(**options)  # type: ignore[arg-type]
