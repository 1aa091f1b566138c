"""A bundle or a file whose names hold escape sequences: nothing of them reaches the terminal."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tallygate.runtime.cli import main
from tests.runtime.conftest import ToyBundle

OWNED = "\x1b]0;owned\x07\x9b31m\u202efdp\u2028PASSED"
ACTED_ON = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    bundle = ToyBundle(labels=[f"bad{OWNED}", f"good{OWNED}"])
    bundle.manifest["name"] = f"toy{OWNED}"
    return bundle.write_directory(tmp_path / f"bundle{OWNED.replace('/', '')}")


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    main(arguments)
    captured = capsys.readouterr()
    return captured.out + captured.err


@pytest.mark.parametrize("command", ["info", "verify", "doctor"])
def test_of_a_bundles_names(command: str, hostile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for as_json in ([], ["--json"]):
        out = shown(capsys, command, str(hostile), *as_json)
        assert "owned" in out
        assert not ACTED_ON.search(out)


def test_json_still_tells_the_names_as_they_are(hostile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(shown(capsys, "info", str(hostile), "--json"))["manifest"]["name"] == f"toy{OWNED}"


@pytest.mark.parametrize("output", ["table", "jsonl"])
def test_of_labels_and_texts(output: str, hostile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, "predict", "--bundle", str(hostile), "--format", output, f"good {OWNED}")
    assert "owned" in out
    assert not ACTED_ON.search(out)
    if output == "jsonl":
        assert json.loads(out)["label"].endswith(OWNED)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_of_csv_on_a_terminal(
    is_terminal: bool,
    hostile: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A file keeps them, as CSV has no other way to write them; a terminal is shown them."""
    rows = tmp_path / "r.jsonl"
    rows.write_text(json.dumps({"text": f"good {OWNED}", f"key{OWNED}": OWNED}), encoding="utf-8")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    chosen = ("--file", str(rows), "--column", "text", "--id-column", f"key{OWNED}", "--format", "csv")
    out = shown(capsys, "predict", "--bundle", str(hostile), *chosen)
    assert "owned" in out
    assert bool(ACTED_ON.search(out)) is not is_terminal


def test_of_a_file_name_in_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, "predict", "--file", f"no{OWNED}.txt")
    assert out.count("\n") == 1
    assert not ACTED_ON.search(out)


def test_of_a_file_name_that_is_taken_for_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["info", "bundle.zip", f"--{OWNED}"])
    assert not ACTED_ON.search(capsys.readouterr().err)


def test_of_a_column(tmp_path: Path, toy_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "t.csv"
    table.write_text(f'"id{OWNED}",words\n1,good\n', encoding="utf-8")
    out = shown(capsys, "predict", "--bundle", str(toy_path), "--file", str(table))
    assert "choose one with --column" in out
    assert not ACTED_ON.search(out)
