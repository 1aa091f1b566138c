"""Zips that cost much or that two readers read in two ways: refused by their end record or their directory alone."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from tallygate.runtime.bundle import LAYOUT, open_bundle
from tallygate.runtime.bundle.limits import MAX_BYTES, MAX_FILES
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.errors import BundleInvalidError
from tests.runtime.conftest import ToyBundle


@pytest.fixture
def path(toy: ToyBundle, tmp_path: Path) -> Path:
    """A sound zip, to be turned against its reader."""
    return toy.write_zip(tmp_path / "toy.zip")


def refused(path: Path) -> str:
    """The one line of a refusal, which takes little memory whatever the file claims."""
    tracemalloc.start()
    with pytest.raises(BundleInvalidError) as caught:
        open_bundle(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 * 2**20
    assert "\n" not in str(caught.value)
    return str(caught.value)


def stored(*names: str, size: int = 8) -> bytes:
    """A zip of small stored entries, each other bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(name, bytes([number % 256]) * size)
    return buffer.getvalue()


@pytest.mark.parametrize("count", [MAX_FILES + 1, 3_000, 70_000])
def test_thousands_of_empty_entries(tmp_path: Path, count: int) -> None:
    path = tmp_path / "many.zip"
    path.write_bytes(stored(*map(str, range(count)), size=0))
    assert "the 64 entries that a bundle can have" in refused(path)


def test_a_directory_as_large_as_the_file(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        entry = zipfile.ZipInfo("comment")
        entry.comment = b"c" * 65_535
        archive.writestr(entry, b"x")
    assert "the 64 entries" in refused(path)


def test_a_file_larger_than_any_bundle(tmp_path: Path) -> None:
    path = tmp_path / "sparse.zip"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert "is larger than a bundle can be" in refused(path)


def test_a_file_of_zeros_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse.zip"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES)
    assert "is damaged or no zip" in refused(path)


def test_many_bombs_that_are_each_small_enough(tmp_path: Path) -> None:
    path = tmp_path / "bombs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(60):
            archive.writestr(f"{number}", os.urandom(30_000) + bytes(5_500_000))
    assert "holds more than a bundle can" in refused(path)


@pytest.mark.parametrize("at", ["front", "behind"])
def test_other_data_around_the_zip(path: Path, at: str) -> None:
    data, other = path.read_bytes(), b"#!/bin/sh\nexit 1\n"
    path.write_bytes(other + data if at == "front" else data + other)
    assert "end record" in refused(path) or "stands behind the zip" in refused(path)


def test_other_data_in_front_with_the_offsets_made_to_match(tmp_path: Path) -> None:
    path = tmp_path / "prefixed.zip"
    path.write_bytes(b"MZ" + bytes(100))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(LAYOUT.manifest, b"{}")
    assert "overlaps or leaves a gap" in refused(path)


def test_two_zips_in_one_file(path: Path, toy: ToyBundle, tmp_path: Path) -> None:
    """By its end it is one bundle, by its start another."""
    toy.manifest["name"] = "another"
    other = toy.write_zip(tmp_path / "other.zip").read_bytes()
    path.write_bytes(other + path.read_bytes())
    assert "end record" in refused(path)


def test_a_comment_behind_the_end_record(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"comment\0\0"
    assert "stands behind the zip" in refused(path)


def test_a_64_bit_end_record_that_says_otherwise(path: Path) -> None:
    """Hidden in the last entry's comment, it would give the reader another directory than the one that was checked."""
    with zipfile.ZipFile(path, "a") as archive:
        entry = zipfile.ZipInfo("last")
        entry.comment = struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)
        archive.writestr(entry, b"x")
    assert "end record" in refused(path)


def test_entries_that_share_their_bytes(tmp_path: Path) -> None:
    """Fifield 2019: one kernel of data under every entry makes a bomb of a small file."""
    path = tmp_path / "overlap.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"x" * 50_000)
        archive.writestr("b", b"y" * 10)
        archive.filelist[1].header_offset = archive.filelist[0].header_offset
        archive.filelist[1].file_size = archive.filelist[1].compress_size = 50_000
        archive.filelist[1].CRC = archive.filelist[0].CRC
    assert "overlaps or leaves a gap" in refused(path)


def test_bytes_hidden_between_entries(tmp_path: Path) -> None:
    path = tmp_path / "gap.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"x")
        archive.fp.write(b"hidden" * 10)  # type: ignore[union-attr]
        archive.start_dir = archive.fp.tell()  # type: ignore[union-attr, attr-defined]
        archive.writestr("b", b"y")
    assert "overlaps or leaves a gap" in refused(path)


PATHS = ["../x", "/x", "a/b", "..", ".", "a\\b", "a/", "c:x"]
ODD = ["", ".hidden", "a b", "a.", "\u00e4", "x" * 101, "a\x1b[2J", "nul\0"]


@pytest.mark.parametrize("name", PATHS + ODD)
def test_names_that_are_paths_or_odd(path: Path, name: str) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        entry = zipfile.ZipInfo("placeholder")
        entry.filename = entry.orig_filename = name
        archive.writestr(entry, b"x")
    line = refused(path)
    assert "not a plain file name" in line
    assert "\x1b" not in line


def test_two_entries_of_one_name(path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr(LAYOUT.vocabulary, b"other\t2\n")
    assert "two files of the same name" in refused(path)


def test_a_link_in_the_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        entry = zipfile.ZipInfo("link")
        entry.create_system, entry.external_attr = 3, 0o120777 << 16
        archive.writestr(entry, b"/etc/passwd")
    assert "is a link or no regular file" in refused(path)


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(path: Path, kind: int) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other", b"x" * 100, compress_type=kind)
    assert "compressed in an unknown way" in refused(path)


@pytest.mark.parametrize("bit", [0x1, 0x20, 0x40, 0x2000])
def test_encrypted_and_patched_entries(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    place = data.index(b"PK\1\2")
    data[place + 8 : place + 10] = struct.pack("<H", bit)
    path.write_bytes(data)
    assert "is encrypted or patched" in refused(path)


def test_a_header_that_names_another_file(path: Path) -> None:
    """By the directory it is the vocabulary, by the entry's own header another file."""
    data = path.read_bytes()
    path.write_bytes(data.replace(b"vocabulary.txt", b"vocabulary.bin", 1))
    assert "vocabulary" in refused(path)


def test_the_zip_is_opened_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    for module in (os, io):
        real = module.open
        spy = lambda file, *rest, real=real, **named: opened.append(file) or real(file, *rest, **named)  # noqa: E731
        monkeypatch.setattr(module, "open", spy)
    Classifier.load(path).predict("good film")
    assert opened.count(path) == 1


def test_a_zip_that_was_replaced_is_still_the_one_that_was_checked(path: Path, toy: ToyBundle) -> None:
    bundle = open_bundle(path)
    path.unlink()
    path.write_bytes(b"something else")
    assert bundle.read(LAYOUT.vocabulary) == toy.files[LAYOUT.vocabulary]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_processes_do_not_disturb_each_other(path: Path, toy: ToyBundle) -> None:
    bundle, expected = open_bundle(path), toy.files[LAYOUT.model("fp32")]
    child = os.fork()
    same = all(bundle.read(LAYOUT.model("fp32")) == expected for _ in range(300))
    if not child:
        os._exit(0 if same else 1)
    assert same
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_what_other_tools_write_is_read(toy: ToyBundle, tmp_path: Path) -> None:
    """Streamed zips tell their sizes behind the data; others store without compressing."""
    plain = toy.write_zip(tmp_path / "plain.zip")

    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.data += data
            return len(data)

    stream = Stream()
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        for name in source.namelist():
            archive.writestr(name, source.read(name))
    assert any(entry.flag_bits & 0x8 for entry in zipfile.ZipFile(io.BytesIO(stream.data)).infolist())
    (tmp_path / "streamed.zip").write_bytes(stream.data)
    assert open_bundle(tmp_path / "streamed.zip").sha256 == open_bundle(plain).sha256
