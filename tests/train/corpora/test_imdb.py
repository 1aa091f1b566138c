"""The IMDB corpus from made-up reviews in its three forms, its search path, its download; and once the real one."""

from __future__ import annotations

import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tallygate.runtime.errors import InputError, InputNotFoundError, UsageError
from tallygate.train.corpora import Corpus, imdb_download, load_corpus
from tallygate.train.corpora.imdb_sources import ARCHIVE, TREE
from tallygate.train.corpora.splitting import text_keys

Reviews = dict[str, list[tuple[int, int, str]]]


def made_up() -> Reviews:
    """Numbers past 9, so that sorting names is not sorting numbers; odd line ends, and texts in several places."""
    reviews: Reviews = {
        f"{split}/{label}": [(i, i % 4 + first, f"{split} {label} {i}\r\nä\x85 <br /> ") for i in range(25)]
        for split in ("train", "test")
        for label, first in (("neg", 1), ("pos", 7))
    }
    reviews["train/unsup"] = [(i, 0, f"unsup {i}") for i in range(12)]
    reviews["train/pos"][3] = (3, 9, reviews["test/neg"][0][2])
    reviews["train/unsup"][5] = (5, 0, reviews["test/pos"][1][2])
    return reviews


def files_of(reviews: Reviews) -> dict[str, bytes]:
    return {
        f"{TREE}/{folder}/{number}_{rating}.txt": text.encode("utf-8")
        for folder, rows in reviews.items()
        for number, rating, text in rows
    }


def write_tree(folder: Path, reviews: Reviews) -> Path:
    for name, data in files_of(reviews).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / TREE / "train" / "urls_pos.txt").write_text("no review")
    (folder / TREE / "train" / "neg" / "labeledBow.feat").write_bytes(b"\xff")
    return folder


def archive_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in reversed(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def write_archive(folder: Path, reviews: Reviews) -> Path:
    (folder / ARCHIVE).write_bytes(archive_of({**files_of(reviews), f"{TREE}/README": b"x", "../evil.txt": b"x"}))
    return folder


def write_parquet(folder: Path, reviews: Reviews) -> Path:
    for name, folders in (("train", ["pos", "neg"]), ("test", ["neg", "pos"]), ("unsup", ["unsup"])):
        split = "train" if name == "unsup" else name
        rows = [(n, r, text, label) for label in folders for n, r, text in reversed(reviews[f"{split}/{label}"])]
        columns = {"id": [row[0] for row in rows], "text": [row[2] for row in rows]}
        if name != "unsup":
            columns |= {"label": [int(row[3] == "pos") for row in rows], "rating": [row[1] for row in rows]}
        parquet.write_table(pa.table(columns), folder / f"{name}.parquet")
    return folder


@pytest.fixture(autouse=True)
def no_other_source(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty cache, no variable, and an address at which nobody answers."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setattr(imdb_download, "cache_folder", lambda: cache)
    monkeypatch.setattr("tallygate.train.corpora.imdb.cache_folder", lambda: cache)
    monkeypatch.setattr(imdb_download, "URL", "http://127.0.0.1:9/nothing.tar.gz")
    return cache


@pytest.fixture
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TALLYGATE_IMDB", raising=False)


def rows_of(corpus: Corpus) -> object:
    assert corpus.test is not None
    return corpus.train, corpus.validation, corpus.test, corpus.unlabeled


@pytest.mark.parametrize("write", [write_tree, write_archive, write_parquet])
def test_all_forms_give_the_same_corpus(write: object, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    expected = load_corpus("imdb", data_dir=write_tree(tmp_path / "tree", made_up()) / TREE)
    (tmp_path / "form").mkdir()
    corpus = load_corpus("imdb", data_dir=write(tmp_path / "form", made_up()))  # type: ignore[operator]
    assert rows_of(corpus) == rows_of(expected)
    assert corpus.facts == expected.facts
    assert corpus.labels == ("negative", "positive")


def test_what_is_in_it(tmp_path: Path) -> None:
    corpus = load_corpus("imdb", data_dir=write_tree(tmp_path, made_up()))
    assert corpus.test is not None
    assert corpus.test.ids[:3] == ["test/neg/0_1", "test/neg/1_2", "test/neg/2_3"]
    assert corpus.test.ids[-1] == "test/pos/24_7"
    assert corpus.test.texts[-1] == "test pos 24\r\nä\x85 <br /> "
    assert corpus.test.label_counts() == {"negative": 25, "positive": 25}
    assert (len(corpus.validation), len(corpus.train), len(corpus.unlabeled)) == (5, 44, 11)
    assert "train/pos/3_9" not in {*corpus.train.ids, *corpus.validation.ids}
    assert "unsup 4" in corpus.unlabeled
    assert corpus.facts["complete"] is False
    assert corpus.facts["left_out"] == {
        "train texts in test": 1,
        "train texts in validation": 0,
        "validation texts in test": 0,
        "unlabeled texts in validation or test": 1,
    }


def test_validation_is_always_the_same_and_longer_ones_hold_shorter_ones(tmp_path: Path) -> None:
    folder = write_tree(tmp_path, made_up())
    usual = load_corpus("imdb", data_dir=folder)
    assert load_corpus("imdb", data_dir=folder, seed=7).validation == usual.validation
    assert set(usual.validation.ids) < set(load_corpus("imdb", data_dir=folder, validation=9).validation.ids)
    assert len(load_corpus("imdb", data_dir=folder, validation=0).train) == 49
    with pytest.raises(UsageError):
        load_corpus("imdb", data_dir=folder, validation=26)


def test_search_order(
    no_variable: None, monkeypatch: pytest.MonkeyPatch, no_other_source: Path, tmp_path: Path
) -> None:
    for name in ("named", "variable"):
        (tmp_path / name).mkdir()
        write_tree(tmp_path / name, made_up() | {"train/unsup": [(0, 0, name)]})
    write_archive(no_other_source, made_up() | {"train/unsup": [(0, 0, "cache")]})
    assert load_corpus("imdb").unlabeled == ["cache"]
    monkeypatch.setenv("TALLYGATE_IMDB", str(tmp_path / "variable"))
    assert load_corpus("imdb").unlabeled == ["variable"]
    assert load_corpus("imdb", data_dir=str(tmp_path / "named")).unlabeled == ["named"]


@pytest.mark.parametrize("place", ["", "missing"])
def test_a_named_folder_without_the_data_is_an_error_even_when_others_have_it(
    place: str, monkeypatch: pytest.MonkeyPatch, no_other_source: Path, tmp_path: Path
) -> None:
    write_archive(no_other_source, made_up())
    with pytest.raises(
        InputNotFoundError, match=r"--data-dir .*: (holds no IMDB data|does not exist); name the folder"
    ):
        load_corpus("imdb", data_dir=tmp_path / place)
    monkeypatch.setenv("TALLYGATE_IMDB", str(tmp_path / place))
    with pytest.raises(InputNotFoundError, match=r"TALLYGATE_IMDB=.*: (holds no IMDB data|does not exist)"):
        load_corpus("imdb")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on a server of this machine, from which the archive would be fetched."""
    folder = tmp_path_factory.mktemp("served")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(imdb_download, "URL", f"http://127.0.0.1:{server.server_port}/{ARCHIVE}")
        yield folder
        server.shutdown()


def test_it_is_downloaded_once(
    no_variable: None, served: Path, no_other_source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.sha256((write_archive(served, made_up()) / ARCHIVE).read_bytes()).hexdigest()
    monkeypatch.setattr(imdb_download, "SHA256", digest)
    first = load_corpus("imdb")
    (served / ARCHIVE).unlink()
    assert rows_of(load_corpus("imdb")) == rows_of(first)
    assert [path.name for path in no_other_source.iterdir()] == [ARCHIVE]


def test_another_file_in_its_place_is_refused_and_not_kept(
    no_variable: None, served: Path, no_other_source: Path
) -> None:
    write_archive(served, made_up())
    with pytest.raises(InputNotFoundError, match="what came is not the original"):
        load_corpus("imdb")
    assert not list(no_other_source.iterdir())


def test_without_network_the_mend_is_one_line(no_variable: None) -> None:
    with pytest.raises(InputNotFoundError) as caught:
        load_corpus("imdb")
    assert str(caught.value) == (
        "IMDB: is not on this machine and cannot be downloaded (ConnectionError); "
        "fetch http://127.0.0.1:9/nothing.tar.gz yourself and name its folder with --data-dir"
    )


def test_damaged_archives(tmp_path: Path) -> None:
    whole = archive_of(files_of(made_up()))
    path = tmp_path / "some.tar.gz"
    flipped = whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:]
    for data in (whole[: len(whole) // 2], whole[:-300], whole[:-1], flipped, b"no archive", b""):
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"some\.tar\.gz: is damaged"):
            load_corpus("imdb", data_dir=path)


def test_members_that_are_no_reviews_are_passed_over(tmp_path: Path) -> None:
    def link(name: str, kind: bytes) -> tarfile.TarInfo:
        member = tarfile.TarInfo(f"{TREE}/train/pos/{name}")
        member.type, member.linkname = kind, "/etc/passwd"
        return member

    (tmp_path / "good.tgz").write_bytes(archive_of(files_of(made_up())))
    with tarfile.open(tmp_path / "evil.tgz", "w:gz") as archive:
        for member in (link("900_9.txt", tarfile.SYMTYPE), link("901_9.txt", tarfile.LNKTYPE)):
            archive.addfile(member)
        for name in (
            f"../{TREE}/train/pos/902_9.txt",
            f"/{TREE}/train/pos/903_9.txt",
            f"{TREE}/train/pos/../904_9.txt",
        ):
            archive.addfile(tarfile.TarInfo(name))
        for name, data in files_of(made_up()).items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    expected = load_corpus("imdb", data_dir=tmp_path / "good.tgz")
    assert rows_of(load_corpus("imdb", data_dir=tmp_path / "evil.tgz")) == rows_of(expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.tgz", "good.tgz"]


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"br\xffoken", "3_8.txt: is not valid UTF-8"), (b"x" * (2**20 + 1), "3_8.txt: is longer than 1,048,576 bytes")],
)
def test_reviews_that_cannot_be_read(data: bytes, message: str, tmp_path: Path) -> None:
    (write_tree(tmp_path, made_up()) / TREE / "train" / "pos" / "3_8.txt").write_bytes(data)
    with pytest.raises(InputError, match=message):
        load_corpus("imdb", data_dir=tmp_path)


def test_incomplete_data(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no reviews in test/pos"):
        load_corpus("imdb", data_dir=write_tree(tmp_path, made_up() | {"test/pos": []}))


def test_other_parquet_files(tmp_path: Path) -> None:
    write_parquet(tmp_path, made_up())
    parquet.write_table(pa.table({"text": ["a"], "label": [1]}), tmp_path / "test.parquet")
    with pytest.raises(InputError, match=r"test\.parquet: has no column 'id'"):
        load_corpus("imdb", data_dir=tmp_path)
    odd = {"id": [0], "rating": [1], "label": [2], "text": ["a"]}
    parquet.write_table(pa.table(odd), tmp_path / "test.parquet")
    with pytest.raises(InputError, match=r"test\.parquet row 1: is not a labelled review"):
        load_corpus("imdb", data_dir=tmp_path)


@pytest.mark.imdb
def test_the_real_one(imdb_dir: Path) -> None:
    corpus = load_corpus("imdb", data_dir=imdb_dir)
    assert corpus.test is not None
    assert corpus.facts["complete"] is True
    assert (len(corpus.test), len(corpus.validation)) == (25_000, 2_500)
    assert len(corpus.train) == 25_000 - 123 - 2_500 - 15
    left_out = corpus.facts["left_out"]
    assert isinstance(left_out, dict)
    assert left_out["train texts in test"] == 123
    test, validation = text_keys(corpus.test.texts), text_keys(corpus.validation.texts)
    assert not test & text_keys([*corpus.train.texts, *corpus.validation.texts, *corpus.unlabeled])
    assert not validation & text_keys([*corpus.train.texts, *corpus.unlabeled])
    assert corpus.test.sha256() == "ae0b8c39bf73158dd9a6dae3c4dbbfe44d7f4b05d6877d7934175ef4d72ffdb9"
