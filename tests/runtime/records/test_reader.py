"""Rows of text, CSV, TSV and JSON lines: what is read, and how a bad row is named."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.runtime.errors import InputError, InputNotFoundError, UsageError
from tallygate.runtime.records import BadRow, Format, Row, read_rows, read_texts
from tallygate.runtime.records import formats as records_formats

FORMATS: list[Format] = ["text", "csv", "tsv", "jsonl"]
TEXTS = st.text(st.characters(codec="utf-8"))


def texts_of(data: bytes, kind: Format = "text", column: str | None = None) -> list[str]:
    return list(read_texts(io.BytesIO(data), name="data", format=kind, column=column))


def bad_rows_of(data: bytes, kind: Format) -> tuple[list[str], list[BadRow]]:
    bad: list[BadRow] = []
    return list(read_texts(io.BytesIO(data), name="data", format=kind, on_bad=bad.append)), bad


def csv_of(rows: list[list[str]], delimiter: str = ",") -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    return buffer.getvalue().encode("utf-8")


@given(st.lists(TEXTS, min_size=1))
def test_csv_round_trip(texts: list[str]) -> None:
    assert texts_of(csv_of([["id", "text"], *([str(i), text] for i, text in enumerate(texts))]), "csv") == texts


@given(st.lists(TEXTS, min_size=1))
def test_tsv_round_trip(texts: list[str]) -> None:
    assert texts_of(csv_of([["text", "label"], *([text, "1"] for text in texts)], "\t"), "tsv") == texts


@given(st.lists(TEXTS, min_size=1), st.booleans())
def test_jsonl_round_trip(texts: list[str], ascii_only: bool) -> None:
    lines = [json.dumps({"text": text}, ensure_ascii=ascii_only) for text in texts]
    assert texts_of("\n".join(lines).encode("utf-8"), "jsonl") == texts


@given(
    st.lists(TEXTS.map(lambda text: text.replace("\n", "").rstrip("\r")), min_size=1), st.sampled_from(["\n", "\r\n"])
)
def test_text_round_trip(texts: list[str], end: str) -> None:
    mark = b"\xef\xbb\xbf"
    assert texts_of(mark + "".join(text + end for text in texts).encode("utf-8")) == texts


@pytest.mark.parametrize("kind", FORMATS)
@given(data=st.binary())
def test_random_bytes_give_texts_or_one_error(kind: Format, data: bytes) -> None:
    with contextlib.suppress(InputError):
        "".join(texts_of(data, kind)).encode("utf-8")


@pytest.mark.parametrize("kind", FORMATS)
@given(data=st.binary())
def test_random_bytes_with_skipping_give_each_bad_row_a_line_of_its_own(kind: Format, data: bytes) -> None:
    bad: list[BadRow] = []
    with contextlib.suppress(InputError):
        list(read_texts(io.BytesIO(data), name="data", format=kind, on_bad=bad.append))
    assert all(1 <= row.line <= data.count(b"\n") + 1 for row in bad)
    assert len({row.line for row in bad}) == len(bad)


@given(st.data())
def test_broken_utf8_at_any_position_names_its_line(data: st.DataObject) -> None:
    rows = [["label", "text"], *([str(i), f"zeile {i}\nmit “Umlaut” ä, und Komma"] for i in range(4))]
    whole = csv_of(rows)
    first_row = whole.index(b"\n") + 1
    at = data.draw(st.integers(first_row, len(whole)))
    broken = whole[:at] + b"\xff" + whole[at:]
    with pytest.raises(InputError) as caught:
        texts_of(broken, "csv")
    line = whole.count(b"\n", 0, at) + 1
    message = f"data line {line}: is not valid UTF-8; "
    message += "name the file's encoding with --encoding, or re-save it as UTF-8, or add --skip-bad"
    assert str(caught.value) == message


@pytest.mark.parametrize("kind", ["text", "jsonl"])
def test_broken_utf8_is_skipped_alone(kind: Format) -> None:
    lines = [b'{"text": "one"}', b'{"text": "tw\xc3o"}', b'{"text": "three"}']
    texts, bad = bad_rows_of(b"\r\n".join(lines), kind)
    assert (len(texts), [(row.line, row.reason) for row in bad]) == (2, [(2, "is not valid UTF-8")])


def test_broken_utf8_in_a_quoted_field_skips_its_row_alone() -> None:
    texts, bad = bad_rows_of(b'text\n"one\nstill one"\n"two\nstill \xfftwo\n"\nthree\n', "csv")
    assert texts == ["one\nstill one", "three"]
    assert [row.line for row in bad] == [5]


def test_of_two_faults_in_a_row_the_first_is_named() -> None:
    _, bad = bad_rows_of(b'text\ngood\n"one \xff\ntwo \xff\n"\n', "csv")
    assert [row.line for row in bad] == [3]


def test_utf16_is_called_not_utf8() -> None:
    with pytest.raises(InputError, match="line 1: is not valid UTF-8, and it is the header"):
        texts_of("text,label\ngood,1\n".encode("utf-16"), "csv")


@pytest.mark.parametrize("kind", FORMATS)
def test_byte_order_mark_is_no_text(kind: Format) -> None:
    body = {"text": "good\n", "csv": "text\ngood\n", "tsv": "text\ngood\n", "jsonl": '{"text": "good"}\n'}[kind]
    assert texts_of(b"\xef\xbb\xbf" + body.encode(), kind) == ["good"]


def test_empty_lines_are_empty_texts_in_a_text_file_and_nothing_elsewhere() -> None:
    assert texts_of(b"a\n\nb") == ["a", "", "b"]
    assert texts_of(b"\n") == [""]
    assert texts_of(b'\n{"text": ""}\n \n', "jsonl") == [""]
    assert texts_of(b'text\n\n""\n\r\nb\n', "csv") == ["", "b"]


def test_only_line_feeds_end_a_line() -> None:
    text = "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g\rh"
    assert texts_of(f"{text}\nnext".encode()) == [text, "next"]


def test_nul_bytes_are_text() -> None:
    assert texts_of(b"text\na\0b\n", "csv") == ["a\0b"]


def test_rows_know_the_line_on_which_they_start() -> None:
    rows = list(read_rows(io.BytesIO(b'a,b\r\n1,"x\r\n\r\ny"\r\n\r\n2,z\r\n'), name="data", format="csv"))
    assert rows == [Row(2, {"a": "1", "b": "x\r\n\r\ny"}), Row(6, {"a": "2", "b": "z"})]


def test_a_huge_field_is_read_whole() -> None:
    huge = "word " * 2_000_000
    assert texts_of(f'text,label\n"{huge}",1\n'.encode(), "csv") == [huge]


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"text,label\ngood,1\nbad\n", 3, "has 1 fields where the header has 2"),
        (
            b"It was\nGood\nGood, and so\n",
            3,
            "has 2 fields where its first line, 'It was', was taken for a header of one column",
        ),
        (b"text,label\ngood,1\ngood, really,1\n", 3, "has 3 fields where the header has 2"),
        (b'text\ngood\n"open\nmore\n', 3, "opens a quote that is never closed"),
        (b'text\ngood\n"a"b\n', 3, "is not valid CSV (',' expected after '\"')"),
        (b"text\ngood\na\rb\n", 3, "holds a carriage return outside quotes"),
    ],
)
def test_bad_csv_rows(data: bytes, line: int, reason: str) -> None:
    _, bad = bad_rows_of(data, "csv")
    assert [(row.line, row.reason) for row in bad] == [(line, reason)]
    with pytest.raises(InputError, match=f"data line {line}: .*--skip-bad"):
        texts_of(data, "csv")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "is not valid JSON"),
        ("3", "is not a JSON object"),
        ('{"label": 1}', "has no 'text', only 'label'"),
        ('{"text": null}', "has nothing (null) for its 'text', not a text"),
        ('{"text": NaN}', "has NaN for its 'text', not a text"),
        ('{"text": 3}', "has a number for its 'text', not a text"),
        ('{"text": ["a"]}', "has a list for its 'text', not a text"),
        ('{"text": "\\ud800"}', "has half a surrogate pair in its 'text', which is not Unicode text"),
        ("[" * 100_000, "is nested too deeply"),
        ('{"text": "a", "n": ' + "9" * 5000 + "}", "is not valid JSON"),
    ],
)
def test_bad_json_rows(row: str, reason: str) -> None:
    texts, bad = bad_rows_of(f'{{"text": "good"}}\n{row}\n{{"text": "fine"}}'.encode(), "jsonl")
    assert texts == ["good", "fine"]
    assert [line.line for line in bad] == [2]
    assert bad[0].reason.startswith(reason)


def test_too_long_rows_are_bad_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_formats, "MAX_ROW_BYTES", 10)
    texts, bad = bad_rows_of(b"short\n" + b"x" * 35 + b"\n0123456789\nend", "text")
    assert texts == ["short", "end"]
    assert [row.line for row in bad] == [2, 3]


def test_a_quote_that_is_never_closed_does_not_hold_the_file_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_formats, "MAX_ROW_BYTES", 200)
    limit = csv.field_size_limit(200)
    try:
        _, bad = bad_rows_of(b'text\ngood\n"open\n' + b"line\n" * 100, "csv")
    finally:
        csv.field_size_limit(limit)
    assert bad[0].line == 3
    assert "never closed" in bad[0].reason


@pytest.mark.parametrize(
    ("data", "kind", "column", "message"),
    [
        (b"", "text", None, "data: is empty"),
        (b"\xef\xbb\xbf", "text", None, "data: is empty"),
        (b"", "csv", None, "data: is empty"),
        (b"text,label\n", "csv", None, "data: is empty"),
        (b"\n\n", "jsonl", None, "data: is empty"),
        (b"id,words\n1,good\n", "csv", None, "data: has the columns 'id', 'words'; choose one with --column"),
        (b"id,words\n1,good\n", "csv", "text", "data: has no column 'text', only 'id', 'words'; check --column"),
        (b'{"id": 1}', "jsonl", "text", "data line 1: has no 'text', only 'id'"),
        (b"text;label\ngood;1\n", "csv", None, "as if another separator than ',' were meant"),
        (b"text,text\ngood,1\n", "csv", None, "data: has more than one column 'text'"),
        (b'[{"text": "good"}]', "jsonl", None, "data: is a JSON array, not JSON lines"),
    ],
)
def test_files_that_cannot_be_read(data: bytes, kind: Format, column: str | None, message: str) -> None:
    with pytest.raises(InputError) as caught:
        texts_of(data, kind, column)
    assert message in str(caught.value)


def test_a_file_of_bad_rows_alone_is_an_error_even_with_skipping() -> None:
    with pytest.raises(InputError, match="no row that can be used; line 1 is not valid JSON"):
        list(read_texts(io.BytesIO(b"oops\nno\n"), name="data", format="jsonl", on_bad=lambda bad: None))


@pytest.mark.parametrize(
    ("header", "column"),
    [("only", "only"), ("id,Review", "Review"), ("sentence,review,id", "review"), ("label,TEXT ", "TEXT ")],
)
def test_the_column_of_the_texts_is_found(header: str, column: str) -> None:
    names = header.split(",")
    data = f"{header}\n{','.join(f'value of {name}' for name in names)}\n".encode()
    assert texts_of(data, "csv") == [f"value of {column}"]


def test_format_comes_from_the_suffix(tmp_path: Path) -> None:
    for name, data in [("a.TSV", "text\tid\ngood\t1\n"), ("a.ndjson", '{"text": "good"}'), ("a.md", "good")]:
        path = tmp_path / name
        path.write_text(data, encoding="utf-8")
        assert list(read_texts(path)) == ["good"]
    with pytest.raises(UsageError, match="read as plain text"):
        list(read_texts(tmp_path / "a.md", column="text"))
    with pytest.raises(InputError, match=r"is a Parquet file"):
        list(read_texts(tmp_path / "a.parquet"))


def test_paths_that_are_no_readable_file(tmp_path: Path) -> None:
    with pytest.raises(InputNotFoundError, match=r"no\.csv: does not exist"):
        list(read_texts(tmp_path / "no.csv"))
    with pytest.raises((InputError, InputNotFoundError), match=r"is a folder|may not be read"):
        list(read_texts(tmp_path))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_an_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("x")
    path.chmod(0)
    with pytest.raises(InputNotFoundError, match="may not be read"):
        list(read_texts(path))


def test_reading_is_lazy_and_leaves_an_open_file_open() -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            buffer[:] = (b"good\n" * len(buffer))[: len(buffer)]
            return len(buffer)

    file = io.BufferedReader(Endless())
    texts = read_texts(file, name="stdin")
    assert next(texts) == "good"
    texts.close()  # type: ignore[attr-defined]
    assert not file.closed
