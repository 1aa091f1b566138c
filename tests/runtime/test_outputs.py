"""Atomic outputs."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tallygate.runtime.errors import OutputError
from tallygate.runtime.outputs import atomic_directory, atomic_file, write_text


def test_a_file_appears_whole(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "a.txt", "é\n")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "é\n".encode()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.txt"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), atomic_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="No space left on device") as caught,
        atomic_directory(tmp_path / "run") as folder,
    ):
        (folder / "a").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(caught.value).count("\n") == 0
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(OutputError, match="exists already"), atomic_directory(tmp_path / "run"):
        pass


def test_a_file_in_the_place_of_a_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_text(tmp_path / "file" / "a.txt", "x")
