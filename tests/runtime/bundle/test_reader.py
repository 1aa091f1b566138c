"""Reading bundles: what is sound is read, everything else is refused in one line."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallygate.runtime.bundle.reader import LAYOUT, open_bundle
from tallygate.runtime.errors import (
    BundleInvalidError,
    BundleNotFoundError,
    BundleVersionError,
    EngineUnavailableError,
    TallygateError,
)
from tests.runtime.conftest import ToyBundle

Write = Callable[[ToyBundle], Path]


def test_reads_a_sound_bundle(toy: ToyBundle, write: Write) -> None:
    bundle = open_bundle(write(toy))
    assert bundle.manifest.labels == ["bad", "good"]
    assert bundle.read(LAYOUT.model("fp32")) == toy.files[LAYOUT.model("fp32")]
    assert bundle.tokenizer().encode("not a good film") == [6, 1, 2, 4]
    assert [golden.text for golden in bundle.goldens()] == ["good film", "very bad plot", "not good", ""]


def test_the_pin_is_the_same_for_directory_and_zip(toy: ToyBundle, write: Write) -> None:
    path, pin = write(toy), hashlib.sha256(json.dumps(toy.manifest).encode()).hexdigest()
    assert open_bundle(path, pin.upper()).sha256 == pin
    with pytest.raises(BundleInvalidError, match="not the pinned 00"):
        open_bundle(path, "00")


@pytest.mark.parametrize("name", [LAYOUT.vocabulary, LAYOUT.goldens, LAYOUT.model("fp32")])
@pytest.mark.parametrize("change", ["flip", "cut", "grow", "remove"])
def test_refuses_altered_files(toy: ToyBundle, write: Write, name: str, change: str) -> None:
    data = toy.files.pop(name)
    if change != "remove":
        flipped = bytes([data[0] ^ 1]) + data[1:]
        toy.files[name] = {"flip": flipped, "cut": data[:-1], "grow": data + b"\n"}[change]
    refuses(write(toy), f"{name} is (missing|damaged or altered)")


@pytest.mark.parametrize(
    ("schema", "answer"),
    [("1.99", "install a tallygate that reads schema 1.99"), ("2.0", "install a tallygate that reads schema 2.0")],
)
def test_names_the_version_that_it_needs(toy: ToyBundle, write: Write, schema: str, answer: str) -> None:
    toy.manifest["schema"] = schema
    toy.manifest["something new"] = 1
    with pytest.raises(BundleVersionError, match=answer):
        open_bundle(write(toy))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", "one"),
        ("schema", 1),
        ("labels", ["good", "bad"]),
        ("labels", ["good"]),
        ("labels", ["good", "good"]),
        ("labels", "bad"),
        ("temperature", 0),
        ("temperature", -1.0),
        ("vocabulary_rows", 1),
        ("variants", {}),
        ("unknown", 1),
        ("text", {"max_length": 0}),
        ("text", {"max_length": 5, "keep": "middle"}),
        ("name", None),
    ],
)
def test_refuses_a_wrong_manifest(toy: ToyBundle, write: Write, key: str, value: object) -> None:
    toy.manifest[key] = value
    refuses(write(toy), r"bundle\.json is not valid")


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"schema": "1.0"}'])
def test_refuses_what_is_no_manifest(toy_path: Path, text: bytes) -> None:
    (toy_path / LAYOUT.manifest).write_bytes(text)
    refuses(toy_path, r"bundle\.json is not valid")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..", "c:\\x", "", "bundle.json"])
def test_refuses_listed_paths(toy: ToyBundle, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    toy.manifest["files"][name] = {"sha256": hashlib.sha256(b"x").hexdigest(), "size": 1}  # type: ignore[index]
    refuses(toy.write_directory(tmp_path / "toy"), "not a plain file name")


@pytest.mark.parametrize("name", ["../x", "/x", "a/b", "..", "a\\b", "a/", "c:x"])
def test_refuses_zip_paths(toy: ToyBundle, tmp_path: Path, name: str) -> None:
    path = toy.write_zip(tmp_path / "toy.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")
    refuses(path, "is a path or an odd name and not a plain file name")


def test_refuses_a_bomb(toy: ToyBundle, tmp_path: Path) -> None:
    toy.files["zeros"] = bytes(50_000_000)
    toy.match_hashes()
    refuses(toy.write_zip(tmp_path / "toy.zip"), "would grow more than 200 times")


def test_a_zip_that_lies_about_its_sizes_is_refused(toy: ToyBundle, tmp_path: Path) -> None:
    path = toy.write_zip(tmp_path / "toy.zip")
    size = len(toy.files[LAYOUT.goldens])
    data = path.read_bytes().replace(struct.pack("<I", size), struct.pack("<I", size + 3))
    path.write_bytes(data)
    refuses(path, "golden.jsonl")


def test_refuses_two_files_of_one_name(toy: ToyBundle, tmp_path: Path) -> None:
    path = toy.write_zip(tmp_path / "toy.zip")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr(LAYOUT.vocabulary, b"other\t2\n")
    refuses(path, "two files of the same name")


def test_refuses_what_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFoundError, match="there is no bundle"):
        open_bundle(tmp_path / "missing")
    with pytest.raises(BundleNotFoundError, match=r"holds no bundle\.json"):
        open_bundle(tmp_path)
    (tmp_path / "text.zip").write_text("not a zip")
    refuses(tmp_path / "text.zip", "is damaged")
    (tmp_path / "empty").write_bytes(b"")
    refuses(tmp_path / "empty", "is damaged")


@pytest.mark.parametrize(
    "goldens",
    [
        b"",
        b"{}\n",
        b'{"text": "a", "ids": [1], "logits": [0.0, 1.0]}\n',
        b'{"text": "a", "ids": [], "logits": [0.0]}\n',
        b"\xff",
    ],
)
def test_refuses_broken_goldens(toy: ToyBundle, write: Write, goldens: bytes) -> None:
    toy.files[LAYOUT.goldens] = goldens
    toy.match_hashes()
    bundle = open_bundle(write(toy))
    with pytest.raises(BundleInvalidError, match=r"golden\.jsonl is not valid"):
        bundle.goldens()


def test_names_the_variants_that_are_there(toy_path: Path) -> None:
    with pytest.raises(
        EngineUnavailableError, match=r"no variant int8 for numpy; choose one of: fp32 \(onnxruntime, numpy\)"
    ):
        open_bundle(toy_path).variant("numpy", "int8")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.data())
def test_no_damage_to_a_zip_does_more_than_one_line(toy: ToyBundle, tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "toy.zip"
    sound = toy.write_zip(path).read_bytes()
    start = data.draw(st.integers(0, len(sound)))
    broken = sound[:start] + data.draw(st.binary(max_size=8)) + sound[start + data.draw(st.integers(0, 8)) :]
    path.write_bytes(broken)
    assert "\n" not in message_of(lambda: open_bundle(path).goldens())


def message_of(action: Callable[[], object]) -> str:
    """What the error says, nothing where there is none; any other error than ours goes on."""
    try:
        action()
    except TallygateError as error:
        return str(error)
    return ""


def refuses(path: Path, reason: str) -> None:
    with pytest.raises(BundleInvalidError, match=reason) as caught:
        open_bundle(path)
    assert "\n" not in str(caught.value)
