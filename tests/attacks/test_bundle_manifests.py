"""Manifests, vocabularies and goldens that are well formed and wrong, or larger than any model needs: one line each."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from tallygate.runtime.bundle import LAYOUT, open_bundle
from tallygate.runtime.bundle.limits import (
    MAX_BYTES,
    MAX_FILES,
    MAX_GOLDEN_BYTES,
    MAX_GOLDEN_IDS,
    MAX_GOLDENS,
    MAX_LABELS,
    MAX_LINE,
    MAX_MANIFEST,
    MAX_MARKS,
    MAX_TEMPERATURES,
    MAX_TOKENS,
    MAX_VOCABULARY,
    MAX_WORDS,
)
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.errors import BundleInvalidError, GateError
from tests.runtime.conftest import ToyBundle


def refused(path: Path, megabytes: int = 32) -> str:
    """The one line of a refusal, and what it cost in memory."""
    tracemalloc.start()
    with pytest.raises(BundleInvalidError) as caught:
        Classifier.load(path, "numpy")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < megabytes * 2**20
    assert "\n" not in str(caught.value)
    return str(caught.value)


def with_text(toy: ToyBundle, path: Path, text: str) -> Path:
    """The toy bundle with these bytes for a manifest."""
    toy.write_directory(path)
    (path / LAYOUT.manifest).write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


def by_length(toy: ToyBundle, table: object) -> None:
    """Give the bundle temperatures by length."""
    del toy.manifest["temperature"]
    toy.manifest |= {"schema": "1.1", "calibration": {"law": "somehow", "table": table}}


@pytest.mark.parametrize(
    "value",
    [0, -1, 5e-324, 1e-308, 1e-40, 1e300, "1e999", "-1e999", "NaN", "Infinity", "null", "true", '"1"', "1e-999"],
)
def test_a_temperature_that_is_no_normal_number(toy: ToyBundle, tmp_path: Path, value: object) -> None:
    toy.manifest["temperature"] = 123456789
    text = json.dumps(toy.manifest).replace("123456789", str(value))
    assert "bundle.json is not valid" in refused(with_text(toy, tmp_path / "toy", text))


@pytest.mark.parametrize("value", [0, -1, 5e-324, 1e-40, 1e300, "1e999", "NaN", "Infinity", "null", '"1"', "[1.0]"])
@pytest.mark.parametrize("place", [0, 2, 7])
def test_a_temperature_of_one_length_that_is_no_normal_number(
    toy: ToyBundle, tmp_path: Path, value: object, place: int
) -> None:
    table = [2.0] * 8
    table[place] = 123456789
    by_length(toy, table)
    text = json.dumps(toy.manifest).replace("123456789", str(value))
    assert "bundle.json is not valid" in refused(with_text(toy, tmp_path / "toy", text))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ([], "length >= 1"),
        ([1.0] * 9, "must not be longer than text.max_length"),
        ([1.0] * (MAX_TEMPERATURES + 1), "length <= 16384"),
        ({"1": 1.0}, "Expected `array`"),
    ],
    ids=["empty", "longer than any text", "beyond the bound", "no list"],
)
def test_a_table_of_temperatures_of_another_length(toy: ToyBundle, tmp_path: Path, table: object, reason: str) -> None:
    by_length(toy, table)
    assert reason in refused(toy.write_directory(tmp_path / "toy"))


@pytest.mark.parametrize("schema", ["1.0", "1.1"])
@pytest.mark.parametrize("given", [{}, {"temperature": 2.0, "calibration": {"law": "", "table": [1.0]}}])
def test_no_temperatures_or_two_kinds_of_them(
    toy: ToyBundle, tmp_path: Path, schema: str, given: dict[str, object]
) -> None:
    del toy.manifest["temperature"]
    toy.manifest |= {"schema": schema} | given
    assert "`temperature`, and every later one `calibration` alone" in refused(toy.write_directory(tmp_path / "toy"))


@pytest.mark.parametrize("key", ["schema", "labels", "temperature", "files", "variants"])
def test_a_key_that_stands_twice(toy: ToyBundle, tmp_path: Path, key: str) -> None:
    """One reader takes the first, another the last."""
    first = json.dumps({key: toy.manifest[key]})[1:-1]
    text = "{" + first + ", " + json.dumps(toy.manifest)[1:]
    assert "a key stands twice" in refused(with_text(toy, tmp_path / "toy", text))


def test_a_key_that_stands_twice_deep_inside_or_in_other_letters(toy: ToyBundle, tmp_path: Path) -> None:
    text = json.dumps(toy.manifest)
    assert text.count('"opset": 18') == 1
    inside = text.replace('"opset": 18', '"opset": 9, "opset": 18')
    assert "a key stands twice" in refused(with_text(toy, tmp_path / "inside", inside))
    escaped = text.replace('"opset": 18', '"opse\\u0074": 9, "opset": 18')
    assert "a key stands twice" in refused(with_text(toy, tmp_path / "escaped", escaped))


def test_colons_in_strings_are_no_keys(toy: ToyBundle, tmp_path: Path) -> None:
    toy.manifest["name"] = 'a: "b": \\'
    assert open_bundle(toy.write_directory(tmp_path / "toy")).manifest.name == 'a: "b": \\'


def test_a_golden_with_a_key_twice(toy: ToyBundle, tmp_path: Path) -> None:
    toy.files[LAYOUT.goldens] = toy.files[LAYOUT.goldens].replace(b'{"text":', b'{"text": "other", "text":', 1)
    toy.match_hashes()
    assert "golden.jsonl is not valid (a key stands twice)" in refused(toy.write_directory(tmp_path / "toy"))


TOO_MUCH: dict[str, tuple[str, Any]] = {
    "labels": ("labels", [f"{n:09}" for n in range(MAX_LABELS + 1)]),
    "a label": ("labels", ["a", "b" * (MAX_LINE + 1)]),
    "a name": ("name", "n" * (MAX_LINE + 1)),
    "files": ("files", {f"f{n}": {"sha256": "0" * 64, "size": 0} for n in range(MAX_FILES + 1)}),
    "a file": ("files", {"f": {"sha256": "0" * 64, "size": MAX_BYTES + 1}}),
    "all files": ("files", {f"f{n}": {"sha256": "0" * 64, "size": MAX_BYTES // 2} for n in range(3)}),
    "tokens": ("text", {"max_length": MAX_TOKENS + 1}),
    "marks": ("text", {"max_length": 8, "punctuation": "!" * (MAX_MARKS + 1)}),
    "rows": ("vocabulary_rows", MAX_WORDS + 3),
    "a negative size": ("files", {"f": {"sha256": "0" * 64, "size": -1}}),
    "no hash": ("files", {"f": {"sha256": "0" * 63, "size": 1}}),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_more_than_a_manifest_may_say(toy: ToyBundle, tmp_path: Path, what: str) -> None:
    key, value = TOO_MUCH[what]
    if key != "files":
        toy.manifest[key] = value
    else:
        toy.manifest["files"] = dict(toy.manifest["files"]) | value  # type: ignore[call-overload]
    assert "bundle.json is not valid" in refused(toy.write_directory(tmp_path / "toy"))


PATHS = ["../x", "/etc/passwd", "a/b", "c:\\x", "bundle.json"]
ODD = ["", ".x", "a b", "\u00e4", "x" * 101, "a\n"]


@pytest.mark.parametrize("name", PATHS + ODD)
def test_a_listed_name_that_is_a_path_or_odd(toy: ToyBundle, tmp_path: Path, name: str) -> None:
    toy.manifest["files"][name] = {"sha256": hashlib.sha256(b"").hexdigest(), "size": 0}  # type: ignore[index]
    assert "which is not a plain file name" in refused(toy.write_directory(tmp_path / "toy"))


@pytest.mark.parametrize("filler", [" ", "[", '{"a":', '"' + "\\" * 3, "\\u0000"])
def test_a_manifest_of_megabytes_or_of_depth(toy: ToyBundle, tmp_path: Path, filler: str) -> None:
    path = with_text(toy, tmp_path / "toy", filler * (MAX_MANIFEST // len(filler) + 1))
    assert "bundle.json is larger than" in refused(path)
    (path / LAYOUT.manifest).write_text(filler * (MAX_MANIFEST // len(filler)))
    assert "bundle.json is not valid" in refused(path)


def test_a_manifest_of_escapes_without_an_end(toy: ToyBundle, tmp_path: Path) -> None:
    """Escapes are what a search for doubled keys stumbles over."""
    assert "not valid" in refused(with_text(toy, tmp_path / "toy", '{"schema": "1.0", "a": "' + '\\"' * 500_000))


def vocabulary_of(words: int, width: int = 1) -> bytes:
    return b"".join(b"%0*d\t2\n" % (width, number) for number in range(words))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (vocabulary_of(MAX_WORDS + 1), "holds more than 262,144 words"),
        (vocabulary_of(200_000, 100), f"vocabulary.txt is larger than {MAX_VOCABULARY:,} bytes"),
        (b"a\t2\na\t3\n", "a word stands twice"),
        (b"a\t2", "is not a vocabulary"),
        (b"a\t1_0\n", "is not a vocabulary|is not valid|other ids"),
        (b"a\t" + b"9" * 5_000 + b"\n", "is not a vocabulary"),
        (b"\xff\t2\n", "is not a vocabulary"),
        (b"a\n" * 1000, "is not a vocabulary"),
    ],
)
def test_a_vocabulary_that_is_none_or_too_large(toy: ToyBundle, tmp_path: Path, data: bytes, says: str) -> None:
    toy.files[LAYOUT.vocabulary] = data
    toy.match_hashes()
    path = toy.write_directory(tmp_path / "toy")
    with pytest.raises((BundleInvalidError, GateError), match=says) as caught:
        Classifier.load(path, "numpy")
    assert "\n" not in str(caught.value)


def test_the_largest_vocabulary_fits_in_memory(toy: ToyBundle, tmp_path: Path) -> None:
    toy.manifest["vocabulary_rows"] = 8
    toy.files[LAYOUT.vocabulary] = vocabulary_of(MAX_WORDS, 50)
    toy.match_hashes()
    bundle = open_bundle(toy.write_directory(tmp_path / "toy"))
    tracemalloc.start()
    assert len(bundle.tokenizer().vocabulary) == MAX_WORDS
    assert tracemalloc.get_traced_memory()[1] < 250 * 2**20
    tracemalloc.stop()


def golden(text: str = "", ids: str = "1", logits: str = "[0]", more: str = "") -> bytes:
    return f'{{"text":"{text}","ids":[{ids}],"logits":{logits}{more}}}\n'.encode()


GOLDENS = [
    (golden(), MAX_GOLDENS + 1, "more than 65,536 rows"),
    (golden("e" + "\u0301\u0323" * 65_536), 5, "more than 524,288 bytes beyond one per character"),
    (golden(ids="1," * 4095 + "1"), MAX_GOLDEN_IDS // 4096 + 1, "more than 1,048,576 ids"),
    (golden("a" * 1_000_000), 34, f"larger than {MAX_GOLDEN_BYTES:,} bytes"),
    (golden(ids="8"), 1, "every id must be from 1 to 7"),
    (golden(ids="0"), 1, "every id must be from 1 to 7"),
    (golden(ids="9" * 23), 1, "golden.jsonl is not valid"),
    (golden(more=',"variants":{"int8":[0]}'), 1, "a variant 'int8', which is not in the bundle"),
    (golden(logits="[1e999]"), 1, "golden.jsonl is not valid|off on a golden row"),
    (golden("\\ud800"), 1, "golden.jsonl is not valid"),
]


@pytest.mark.parametrize(("line", "count", "says"), GOLDENS, ids=[says for _, _, says in GOLDENS])
def test_goldens_that_are_none_or_too_many(toy: ToyBundle, tmp_path: Path, line: bytes, count: int, says: str) -> None:
    toy.files[LAYOUT.goldens] = line * count
    toy.match_hashes()
    with pytest.raises((BundleInvalidError, GateError), match=says) as caught:
        Classifier.load(toy.write_directory(tmp_path / "toy"), "numpy")
    assert "\n" not in str(caught.value)


def test_labels_that_a_terminal_would_obey_are_read_and_never_obeyed(
    toy: ToyBundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A label is its owner's data and comes back as it is; what reaches a terminal is cleaned there."""
    from tallygate.runtime.cli import main

    toy.manifest["labels"] = ["\x1b[2Jbad", "\x1b]0;good\x07"]
    path = str(toy.write_directory(tmp_path / "toy"))
    assert Classifier.load(path, "numpy").labels == ["\x1b[2Jbad", "\x1b]0;good\x07"]
    for arguments in (["info", path], ["predict", "good", "--bundle", path, "--format", "table"]):
        assert main(arguments) == 0
        assert not set(capsys.readouterr().out) & {"\x1b", "\x07"}
