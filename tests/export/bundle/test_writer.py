"""A bundle is written whole, with the same bytes each time, or not at all."""

from __future__ import annotations

import errno
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tallygate.export.bundle import writer as bundle_writer
from tallygate.export.bundle.writer import file_facts, write_bundle
from tallygate.runtime.errors import OutputError

FILES = {"b.txt": b"two", "bundle.json": b"{}", "a.bin": bytes(1000)}


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_what_is_written_is_what_was_given(tmp_path: Path, name: str) -> None:
    path = tmp_path / "new folder" / name
    write_bundle(path, FILES)
    if name.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            assert {entry: archive.read(entry) for entry in archive.namelist()} == FILES
    else:
        assert {file.name: file.read_bytes() for file in path.iterdir()} == FILES
    assert [file.name for file in path.parent.iterdir()] == [name]


def test_a_zip_depends_on_its_contents_alone(tmp_path: Path) -> None:
    write_bundle(tmp_path / "a.zip", FILES)
    write_bundle(tmp_path / "b.ZIP", dict(reversed(FILES.items())))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.ZIP").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist()[0] == "bundle.json"
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert archive.getinfo("a.bin").compress_size < 100


def test_what_hardly_shrinks_is_stored(tmp_path: Path) -> None:
    """Every load reads the weights; to inflate them would cost a fifth of it, and save a fifteenth of their size."""
    weights = np.random.default_rng(0).normal(size=5_000).astype(np.float32).tobytes()
    write_bundle(tmp_path / "a.zip", FILES | {"weights": weights})
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.getinfo("weights").compress_type == zipfile.ZIP_STORED
        assert archive.getinfo("a.bin").compress_type == zipfile.ZIP_DEFLATED


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    write_bundle(tmp_path / name, FILES)
    with pytest.raises(OutputError, match="exists already"):
        write_bundle(tmp_path / name, {"bundle.json": b"other"})
    assert b"other" not in b"".join(f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_a_place_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        write_bundle(tmp_path / "file" / name, FILES)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    monkeypatch.setattr(bundle_writer.Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        write_bundle(tmp_path / name, FILES)
    assert list(tmp_path.iterdir()) == []


def test_facts_are_sizes_and_hashes() -> None:
    facts = file_facts(FILES)
    assert facts["b.txt"].size == 3
    assert facts["b.txt"].sha256 == "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_a_bundle_is_overwritten_where_that_is_asked_for(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_bundle(path, FILES | {"old.txt": b"old"})
    write_bundle(path, FILES, force=True)
    if name.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            assert set(archive.namelist()) == set(FILES)
    else:
        assert {file.name: file.read_bytes() for file in path.iterdir()} == FILES
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_link_stays_a_link_to_the_new_bundle(tmp_path: Path) -> None:
    write_bundle(tmp_path / "v1", FILES | {"old.txt": b"old"})
    (tmp_path / "bundle").symlink_to("v1")
    write_bundle(tmp_path / "bundle", FILES, force=True)
    assert {file.name for file in (tmp_path / "v1").iterdir()} == set(FILES)
    assert (tmp_path / "bundle").is_symlink()


@pytest.mark.parametrize("name", ["thesis", "thesis.zip", "link.zip"])
def test_what_is_no_bundle_is_never_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").write_bytes(b"mine")
    with zipfile.ZipFile(tmp_path / "thesis.zip", "w") as archive:
        archive.writestr("thesis.tex", "mine")
    (tmp_path / "link.zip").symlink_to("nowhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError, match="is no bundle, so --force does not overwrite it"):
        write_bundle(tmp_path / name, FILES, force=True)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "thesis" / "thesis.tex").read_bytes() == b"mine"


class EndedError(BaseException):
    """Stands for a signal."""


@pytest.mark.parametrize(
    ("name", "kind", "function", "call"),
    [
        ("bundle", Path, "write_bytes", 2),
        ("bundle", Path, "rename", 1),  # of the temporary name
        ("bundle", Path, "rename", 2),  # of the old bundle, which steps aside
        ("bundle", Path, "rename", 3),  # of the new one into its place
        ("bundle.zip", zipfile.ZipFile, "writestr", 2),
        ("bundle.zip", Path, "replace", 1),
    ],
)
def test_the_old_bundle_stays_where_a_new_one_is_cut_off(
    tmp_path: Path, name: str, kind: type, function: str, call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    write_bundle(path, FILES)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    original, calls = getattr(kind, function), []

    def fails(*arguments: object, **keywords: object) -> object:
        calls.append(arguments)
        if len(calls) == call:
            raise EndedError
        return original(*arguments, **keywords)

    with monkeypatch.context() as patch, pytest.raises(EndedError):
        patch.setattr(kind, function, fails)
        write_bundle(path, FILES | {"new.txt": b"new"}, force=True)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
    assert [file.name for file in tmp_path.iterdir()] == [name]
