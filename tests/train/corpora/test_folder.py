"""Corpora from a folder: a table per split, folders of text files, and what is wrong with either."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallygate.runtime.errors import InputError, UsageError
from tallygate.train.corpora import load_corpus

Tree = dict[str, bytes | str]


def write(folder: Path, tree: Tree) -> str:
    for name, data in tree.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return str(folder)


def table(split: str, count: int, labels: str = "ab") -> str:
    return "text,label\n" + "".join(f"{split} {i},{labels[i % len(labels)]}\n" for i in range(count))


def text_files(prefix: str, count: int, labels: tuple[str, ...] = ("neg", "pos")) -> Tree:
    return {f"{prefix}{label}/{i}.txt": f"{prefix} {label} {i}\r\n" for label in labels for i in range(count)}


def test_tables_keep_their_splits(tmp_path: Path) -> None:
    tree: Tree = {
        "train.csv": table("train", 8),
        "valid.tsv": table("validation", 4).replace(",", "\t"),
        "test.jsonl": '{"text": "test 0", "label": "a"}\n{"text": "test 1", "label": "b"}\n',
        "unsup.csv": "id,text\n1,more\n",
        "notes.md": "no data",
        "other.csv": "x,y\n",
    }
    corpus = load_corpus(write(tmp_path, tree))
    assert corpus.train.texts == [f"train {i}" for i in range(8)]
    assert corpus.validation.texts == [f"validation {i}" for i in range(4)]
    assert corpus.test is not None
    assert corpus.test.texts == ["test 0", "test 1"]
    assert corpus.unlabeled == ["more"]


def test_validation_is_dealt_out_of_train_when_there_is_none(tmp_path: Path) -> None:
    data = write(tmp_path, {"train.csv": table("train", 40)})
    corpus = load_corpus(data, validation=10, seed=4)
    assert corpus.validation.label_counts() == {"a": 5, "b": 5}
    assert corpus.test is None
    assert len(corpus.train) == 30


def test_texts_of_other_splits_are_left_out_and_counted(tmp_path: Path) -> None:
    tree: Tree = {
        "train.csv": table("train", 8) + "TEST  0,a\nvalidation 0,b\n",
        "validation.csv": table("validation", 4) + "test 1,a\n",
        "test.csv": table("test", 4),
        "unlabeled.csv": "text\ntest 0\nvalidation 1\ntrain 0\n",
    }
    corpus = load_corpus(write(tmp_path, tree))
    assert len(corpus.train) == 8
    assert corpus.unlabeled == ["train 0"]
    assert corpus.facts["left_out"] == {
        "train texts in test": 1,
        "train texts in validation": 1,
        "validation texts in test": 1,
        "unlabeled texts in validation or test": 2,
    }


def test_a_folder_per_split_and_label(tmp_path: Path) -> None:
    tree = text_files("train/", 6) | text_files("dev/", 2) | text_files("test/", 3) | {"train/unsup/0.txt": "more"}
    corpus = load_corpus(write(tmp_path, tree | {"train/urls.txt": "no text", "train/neg/x.bin": b"\xff"}))
    assert corpus.labels == ("neg", "pos")
    assert corpus.train.label_counts() == {"neg": 6, "pos": 6}
    assert corpus.train.ids[0] == "train/neg/0.txt"
    assert corpus.train.texts[0] == "train/ neg 0\r\n"
    assert len(corpus.validation) == 4
    assert corpus.unlabeled == ["more"]


def test_a_folder_per_label_is_dealt_out(tmp_path: Path) -> None:
    corpus = load_corpus(write(tmp_path, text_files("", 20, ("a", "b", "c"))))
    assert corpus.labels == ("a", "b", "c")
    assert corpus.test is not None
    assert (len(corpus.train), len(corpus.validation), len(corpus.test)) == (48, 6, 6)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"readme.md": "x"}, "holds no labelled texts"),
        ({"train/neg/readme.md": "x"}, "holds no texts"),
        ({"train.csv": table("a", 8), "train.tsv": "x"}, "holds both train.csv and train.tsv"),
        ({"train.csv": table("a", 8), "val.csv": "x", "dev.csv": "x"}, "holds both dev.csv and val.csv"),
        ({"train.csv": table("a", 8), "test.csv": table("b", 3, "abc")}, "has the label 'c' in its test split"),
        (text_files("only/", 8), "holds no labelled texts"),
        (text_files("", 8, ("one",)), "has one label only, 'one'"),
        ({"train.csv": table("a", 8), "test.csv": ""}, "test.csv: is empty"),
        ({"train.csv": table("a", 2)}, "has too few texts with the label 'b'"),
    ],
)
def test_folders_that_cannot_be_used(tree: Tree, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_corpus(write(tmp_path, tree))
    assert message in str(caught.value)


def test_a_size_for_a_validation_split_that_is_there(tmp_path: Path) -> None:
    data = write(tmp_path, {"train.csv": table("train", 8), "validation.csv": table("validation", 4)})
    with pytest.raises(UsageError, match="has a validation split of its own"):
        load_corpus(data, validation=4)


def test_broken_utf8_in_a_text_file_names_its_line(tmp_path: Path) -> None:
    data = write(tmp_path, text_files("", 8) | {"pos/bad.txt": b"fine\nbr\xfeoken"})
    with pytest.raises(InputError, match=r"bad\.txt line 2: is not valid UTF-8"):
        load_corpus(data)
    assert load_corpus(data, skip_bad=True).facts["skipped"] == {
        "rows": 1,
        "first": ["bad.txt line 2 is not valid UTF-8"],
    }
    assert len(load_corpus(data, encoding="latin-1").train) == len(load_corpus(data, skip_bad=True).train) + 1
