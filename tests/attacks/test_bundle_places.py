"""A path that is no bundle: FIFOs, devices, sockets and links are refused in one line, unopened, and nobody waits."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tallygate.runtime.bundle import LAYOUT, open_bundle
from tallygate.runtime.errors import BundleInvalidError, BundleNotFoundError
from tests.runtime.conftest import ToyBundle

HANGING_S = 30
pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with FIFOs")


def told(*arguments: str) -> str:
    """The one line of a new process, which is stopped when it waits."""
    command = [sys.executable, "-m", "tallygate.runtime.cli", *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=HANGING_S
    )
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_fifo_in_the_place_of_a_bundle(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bundle.zip")
    assert "is neither a directory nor a regular file" in told("info", str(tmp_path / "bundle.zip"))
    assert "is neither a directory nor a regular file" in told("predict", "a", "--bundle", str(tmp_path / "bundle.zip"))


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/stdin", "/dev/tty", "/dev/null"])
def test_a_device_in_the_place_of_a_bundle(device: str) -> None:
    if not Path(device).exists():
        pytest.skip(f"there is no {device}")
    with pytest.raises(BundleInvalidError, match=r"^/dev/\w+: (is neither|is damaged or no zip)"):
        open_bundle(device)


def test_a_socket_in_the_place_of_a_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("bundle")
        with pytest.raises(BundleInvalidError, match="is neither a directory nor a regular file"):
            open_bundle("bundle")


@pytest.mark.parametrize("name", [LAYOUT.manifest, LAYOUT.vocabulary, LAYOUT.goldens, LAYOUT.model("fp32")])
def test_a_fifo_in_the_place_of_a_file(toy_path: Path, name: str) -> None:
    (toy_path / name).unlink()
    os.mkfifo(toy_path / name)
    assert f"{name} is no regular file" in told("info", str(toy_path))


@pytest.mark.parametrize("name", [LAYOUT.manifest, LAYOUT.vocabulary, LAYOUT.model("fp32")])
def test_a_link_out_of_the_bundle(toy_path: Path, tmp_path: Path, name: str) -> None:
    """Even to the right bytes: what is linked is not the bundle's, and can be changed from outside."""
    (toy_path / name).rename(tmp_path / "elsewhere")
    (toy_path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleInvalidError, match=f"{name} is a link; .*cp -rL FOLDER COPY"):
        open_bundle(toy_path)


def test_a_folder_of_links_as_a_hub_downloads_it(toy_path: Path, tmp_path: Path) -> None:
    """Each file a link into a cache of blobs: refused, and sound as soon as it is copied as the line says."""
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshot"
    toy_path.rename(blobs)
    snapshot.mkdir()
    for file in blobs.iterdir():
        (snapshot / file.name).symlink_to(Path("..", "blobs", file.name))
    with pytest.raises(BundleInvalidError, match=r"bundle.json is a link; copy the folder .*: cp -rL FOLDER COPY$"):
        open_bundle(snapshot)
    shutil.copytree(snapshot, tmp_path / "copy", symlinks=False)
    assert open_bundle(tmp_path / "copy").manifest.name == "toy"


@pytest.mark.parametrize("name", [LAYOUT.manifest, LAYOUT.vocabulary])
def test_a_file_that_may_not_be_read(toy_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Told by the system, as root, who may run this, may read everything."""
    opened = os.open

    def refusing(path: Path, flags: int) -> int:
        if path.name == name:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, flags)

    monkeypatch.setattr(os, "open", refusing)
    with pytest.raises(BundleInvalidError, match=f"{name} cannot be read .*; check its permissions$"):
        open_bundle(toy_path)


def test_a_link_that_takes_the_place_of_a_file_after_it_was_checked(toy_path: Path, tmp_path: Path) -> None:
    bundle = open_bundle(toy_path)
    (toy_path / LAYOUT.vocabulary).rename(tmp_path / "elsewhere")
    (toy_path / LAYOUT.vocabulary).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleInvalidError, match="is a link"):
        bundle.tokenizer()
    (toy_path / LAYOUT.goldens).unlink()
    os.mkfifo(toy_path / LAYOUT.goldens)
    with pytest.raises(BundleInvalidError, match="is no regular file"):
        bundle.goldens()


def test_a_directory_in_the_place_of_a_file(toy_path: Path) -> None:
    (toy_path / LAYOUT.vocabulary).unlink()
    (toy_path / LAYOUT.vocabulary).mkdir()
    with pytest.raises(BundleInvalidError, match="is no regular file; get the bundle again"):
        open_bundle(toy_path)


def test_a_link_to_a_bundle_is_a_bundle(toy: ToyBundle, toy_path: Path, tmp_path: Path) -> None:
    """The path is the user's own word; only what lies inside is not."""
    (tmp_path / "link").symlink_to(toy_path)
    (tmp_path / "link.zip").symlink_to(toy.write_zip(tmp_path / "toy.zip"))
    assert open_bundle(tmp_path / "link").sha256 == open_bundle(tmp_path / "link.zip").sha256


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "loop"])
def test_a_path_that_cannot_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    with pytest.raises((BundleInvalidError, BundleNotFoundError)) as caught:
        open_bundle(path)
    assert "\n" not in str(caught.value)
