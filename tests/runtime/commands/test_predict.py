"""``tallygate predict`` on files and pipes: what joins an answer to its row, and when it comes."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest

from tallygate.runtime.cli import main
from tallygate.runtime.commands import predict_watching
from tallygate.runtime.records import formats as records_formats

Capture = pytest.CaptureFixture[str]
ROWS = 'id,review,label\n7,"good\nfilm",bad\n8,bad plot,=good\n'


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    path.write_text(ROWS)
    return path


def answers(capsys: Capture, toy_path: Path, file: Path, *options: str) -> list[dict[str, object]]:
    assert main(["predict", "--bundle", str(toy_path), "--file", str(file), "--format", "jsonl", *options]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def sheet(capsys: Capture, toy_path: Path, file: Path, *options: str) -> list[dict[str, str]]:
    assert main(["predict", "--bundle", str(toy_path), "--file", str(file), "--format", "csv", *options]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""), strict=True))


def error(capsys: Capture, toy_path: Path, *arguments: str) -> str:
    assert main(["predict", "--bundle", str(toy_path), *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()[-1]


def test_an_answer_tells_the_line_on_which_its_row_starts(capsys: Capture, toy_path: Path, reviews: Path) -> None:
    assert [row["line"] for row in answers(capsys, toy_path, reviews)] == [2, 4]
    assert [row["line"] for row in sheet(capsys, toy_path, reviews)] == ["2", "4"]


def test_texts_of_the_command_line_have_no_line(capsys: Capture, toy_path: Path) -> None:
    main(["predict", "--bundle", str(toy_path), "--format", "jsonl", "good"])
    assert "line" not in json.loads(capsys.readouterr().out)


def test_an_id_and_kept_columns_stand_before_the_answer(capsys: Capture, toy_path: Path, reviews: Path) -> None:
    rows = sheet(capsys, toy_path, reviews, "--id-column", "id", "--keep-columns", "review,label", "--raw-csv")
    assert list(rows[0])[:5] == ["id", "review", "input_label", "label", "score"]
    assert [(row["id"], row["review"], row["input_label"]) for row in rows] == [
        ("7", "good\nfilm", "bad"),
        ("8", "bad plot", "=good"),
    ]
    assert all(row["label"] in ("bad", "good") for row in rows)
    kept = answers(capsys, toy_path, reviews, "--keep-columns", "all")
    assert [(row["line"], row["id"], row["input_label"]) for row in kept] == [(2, "7", "bad"), (4, "8", "=good")]


def test_numbers_in_csv_are_readable_and_formulas_guarded(capsys: Capture, toy_path: Path, reviews: Path) -> None:
    rows = sheet(capsys, toy_path, reviews, "--keep-columns", "label")
    assert [row["input_label"] for row in rows] == ["bad", "'=good"]
    for row in rows:
        numbers = [row["score"], row["probability_bad"], row["probability_good"]]
        assert all(len(number) == 8 and number[1] == "." for number in numbers)
        assert row["score"] == row[f"probability_{row['label']}"]


def test_json_values_are_kept_as_they_are(capsys: Capture, toy_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    values = [{"text": "good", "n": 2**70, "m": [1, {"a": None}], "s": "\ud800"}, {"text": "bad", "label": True}]
    path.write_text("\n".join(map(json.dumps, values)))
    first, second = answers(capsys, toy_path, path, "--keep-columns", "all")
    assert {name: first[name] for name in ("n", "m", "s")} == {name: values[0][name] for name in ("n", "m", "s")}
    assert second["input_label"] is True
    rows = sheet(capsys, toy_path, path, "--keep-columns", "n,m,label")
    assert [(row["n"], row["m"], row["input_label"]) for row in rows] == [
        (str(2**70), '[1, {"a": null}]', ""),
        ("", "", "true"),
    ]


BROKEN = b'id,text\n1,good\n2,"b\xffad\n"\n3,too,many\n4,fine\n'


def test_bad_rows_keep_their_place(capsys: Capture, toy_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_bytes(BROKEN)
    rows = sheet(capsys, toy_path, path, "--skip-bad", "--keep-columns", "all")
    assert [(row["line"], row["id"], bool(row["label"]), row["error"]) for row in rows] == [
        ("2", "1", True, ""),
        ("3", "", False, "line 3 is not valid UTF-8"),
        ("5", "", False, "line 5 has 3 fields where the header has 2"),
        ("6", "4", True, ""),
    ]
    assert [row["score"] is None for row in answers(capsys, toy_path, path, "--skip-bad")] == [False, True, True, False]
    main(["predict", "--bundle", str(toy_path), "--file", str(path), "--skip-bad", "--format", "table"])
    assert "(line 5 has 3 fields where the header has 2)" in capsys.readouterr().out


def test_a_row_whose_text_is_bad_keeps_its_id(capsys: Capture, toy_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"id": 1, "text": null}\n{"id": 2, "text": "good"}\n')
    rows = answers(capsys, toy_path, path, "--skip-bad", "--id-column", "id")
    assert [(row["id"], row["label"] is None) for row in rows] == [(1, True), (2, False)]
    assert "line" not in rows[0]


def test_columns_that_are_not_there(capsys: Capture, toy_path: Path, reviews: Path, tmp_path: Path) -> None:
    assert "no column 'key'" in error(capsys, toy_path, "--file", str(reviews), "--id-column", "key")
    assert "check --keep-columns" in error(capsys, toy_path, "--file", str(reviews), "--keep-columns", "id,key")
    assert "plain text" in error(capsys, toy_path, "--id-column", "id", "good")
    lines = tmp_path / "r.jsonl"
    lines.write_text('{"text": "good"}')
    mend = error(capsys, toy_path, "--file", str(lines), "--keep-columns", "all", "--format", "csv")
    assert "name the columns" in mend
    for none in ("", " "):
        told = error(capsys, toy_path, "--file", str(reviews), "--keep-columns", none)
        assert "--keep-columns: names no column; name some" in told
    assert "--format csv" in error(capsys, toy_path, "--raw-csv", "--format", "jsonl", "good")


def test_a_column_that_nobody_named_is_told(capsys: Capture, toy_path: Path, reviews: Path, tmp_path: Path) -> None:
    predict = ["predict", "--bundle", str(toy_path), "--format", "jsonl", "--file"]
    main([*predict, str(reviews)])
    assert "texts are taken from the column 'review'; --column takes another" in capsys.readouterr().err
    main([*predict, str(reviews), "--column", "review"])
    assert capsys.readouterr().err == ""
    headerless = tmp_path / "h.csv"
    headerless.write_text("a wonderful film\nbad\n")
    main([*predict, str(headerless)])
    assert "its first line, 'a wonderful film', is taken for the name" in capsys.readouterr().err
    headerless.write_text("text\nbad\n")
    main([*predict, str(headerless)])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["r.csv.gz", "R.CSV.GZ"])
def test_gzip_is_expanded(capsys: Capture, toy_path: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(ROWS.encode()[:30]) + gzip.compress(ROWS.encode()[30:]))
    assert [row["line"] for row in answers(capsys, toy_path, path)] == [2, 4]


@pytest.mark.parametrize("cut", [0, 5, 40])
def test_broken_gzip_is_one_line(capsys: Capture, toy_path: Path, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "r.txt.gz"
    path.write_bytes(gzip.compress(b"good film and bad plot, very good")[:cut] or b"plain")
    assert "is not a whole gzip file" in error(capsys, toy_path, "--file", str(path))


def test_a_bomb_is_refused(capsys: Capture, toy_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_formats, "MAX_ROW_BYTES", 2**30)
    path = tmp_path / "r.txt.gz"
    path.write_bytes(gzip.compress(b" " * 2**23))
    assert "expands to more than 100 times its size" in error(capsys, toy_path, "--file", str(path))


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-32", "shift_jis"])
def test_other_encodings(capsys: Capture, toy_path: Path, tmp_path: Path, encoding: str) -> None:
    word = "日本" if encoding == "shift_jis" else "schön"
    path = tmp_path / "r.csv"
    path.write_bytes(f"id,text\r\n1,{word}\r\n2,good\r\n".encode(encoding))
    rows = answers(capsys, toy_path, path, "--encoding", encoding, "--keep-columns", "text")
    assert [row["text"] for row in rows] == [word, "good"]


def test_what_is_wrong_with_an_encoding(capsys: Capture, toy_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_bytes("schöne\n".encode("latin-1"))
    assert "name the file's encoding with --encoding" in error(capsys, toy_path, "--file", str(path))
    assert "is not valid ASCII" in error(capsys, toy_path, "--file", str(path), "--encoding", "ascii")
    assert "is not valid UTF-16" in error(capsys, toy_path, "--file", str(path), "--encoding", "utf-16-le")
    for name in ("no-such", "rot13", "zlib", "idna", "punycode", "unicode_escape", "raw-unicode-escape"):
        assert "is no encoding of text" in error(capsys, toy_path, "--file", str(path), "--encoding", name)


@pytest.mark.parametrize("output", ["jsonl", "csv", "table"])
def test_a_line_from_a_pipe_is_answered_before_the_next_comes(toy_path: Path, output: str) -> None:
    """Each line is written only after the answer to the one before: it would hang, if answers waited for more."""
    command = [sys.executable, "-m", "tallygate.runtime.cli", "predict", "--bundle", str(toy_path), "--format", output]
    heads = {"jsonl": 0, "csv": 1, "table": 2}[output]
    with subprocess.Popen([*command, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        watchdog = Timer(60, process.kill)
        watchdog.start()
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(1, 4):
            process.stdin.write(f"good film {number}\nhalf a ".encode())
            lines = [process.stdout.readline() for _ in range(1 + (heads if number == 1 else 0))]
            assert lines[-1], "it was killed while it waited"
            process.stdin.write(b"line\n")
            assert process.stdout.readline()
        process.stdin.close()
        process.stdout.read()
        watchdog.cancel()
    assert process.returncode == 0


def test_progress_is_drawn_for_a_file_on_a_terminal_and_wiped(
    capsys: Capture, toy_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.txt"
    path.write_text("good film\n" * 3000)
    monkeypatch.setattr(predict_watching, "AFTER_S", 0.0)
    predict = ["predict", "--bundle", str(toy_path), "--format", "jsonl", "--file", str(path)]
    main(predict)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    main(predict)
    captured = capsys.readouterr()
    assert "100%" in captured.err
    assert "1,024 rows" in captured.err
    assert captured.err.endswith("\r\x1b[K")
    assert len(captured.out.splitlines()) == 3000
