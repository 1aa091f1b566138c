"""The command line: what a user types, what comes out, and the exit code."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tallygate.runtime import cli
from tallygate.runtime.bundle.reader import LAYOUT
from tallygate.runtime.cli import main
from tallygate.runtime.installation import pip_install
from tests.runtime.conftest import ToyBundle, toy_model

Capture = pytest.CaptureFixture[str]


def program(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "tallygate.runtime.cli", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


def fails(capsys: Capture, code: int, *arguments: str) -> str:
    """Run, expect one line on standard error and nothing on standard output, and return that line."""
    assert main(arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("tallygate: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_help_lists_every_command(capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    out = capsys.readouterr().out
    assert all(name in out for name in ("train", "export", "verify", "predict", "info"))


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from tallygate.runtime.cli import find_commands; find_commands();"
        "print([m for m in ('torch', 'onnx', 'onnxruntime', 'numpy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


def test_bad_usage_exits_with_2() -> None:
    # The last is an abbreviation: with it, an option of another command is taken for one that begins alike.
    for arguments in (
        [],
        ["nonsense"],
        ["predict", "--format", "xml", "text"],
        ["predict", "--threads", "0", "text"],
        ["predict", "--abstain", "0.5", "text"],
    ):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2


def test_predict_jsonl(toy_path: Path, capsys: Capture) -> None:
    assert main(["predict", "--bundle", str(toy_path), "--format", "jsonl", "good film", ""]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(answers) == 2
    assert answers[0]["label"] in ("bad", "good")
    assert answers[0]["score"] == answers[0]["probabilities"][answers[0]["label"]]
    assert sorted(answers[0]["probabilities"]) == ["bad", "good"]
    assert (answers[0]["engine"], answers[0]["precision"]) == ("onnxruntime", "fp32")


def test_predict_csv_and_engine(toy_path: Path, capsys: Capture) -> None:
    assert main(["predict", "--bundle", str(toy_path), "--format", "csv", "--engine", "numpy", "good film"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert float(rows[0]["probability_bad"]) + float(rows[0]["probability_good"]) == pytest.approx(1)
    assert rows[0]["engine"] == "numpy"


def test_predict_table_is_safe_to_print(toy_path: Path, capsys: Capture) -> None:
    assert (
        main(
            ["predict", "--bundle", str(toy_path), "--format", "table", "a\x1b[31m\nb\udcff", "long " * 1000, "日" * 99]
        )
        == 0
    )
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "a\\u001b[31m b\\udcff" in out
    assert "…" in out
    assert "fp32 on onnxruntime (CPUExecutionProvider)" in out


def test_predict_abstains_below_a_score(toy_path: Path, capsys: Capture) -> None:
    predict = ["predict", "--bundle", str(toy_path), "very good film", "film", "--format"]
    main([*predict, "jsonl"])
    plain = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    weaker, stronger = sorted(plain, key=lambda answer: answer["score"])
    assert weaker["score"] < stronger["score"]
    expected = [answer | {"label": None} if answer is weaker else answer for answer in plain]
    threshold = ["--abstain-below", str(stronger["score"])]
    assert main([*predict, "jsonl", *threshold]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == expected
    assert main([*predict, "csv", *threshold]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["label"] or None for row in rows] == [answer["label"] for answer in expected]
    assert [row["score"] for row in rows] == [f"{answer['score']:.6f}" for answer in expected]
    assert main([*predict, "table", *threshold]) == 0
    out = capsys.readouterr().out
    assert (out.count("(unsure)"), out.count(f"{weaker['score']:.1%}")) == (1, 1)


@pytest.mark.parametrize("threshold", ["-0.1", "1.01", "nan", "inf", "half", ""])
def test_a_threshold_that_is_no_probability(toy_path: Path, capsys: Capture, threshold: str) -> None:
    line = fails(capsys, 2, "predict", "--bundle", str(toy_path), "text", "--abstain-below", threshold)
    assert line == " ".join(f"tallygate: --abstain-below {threshold}: is no probability;".split()) + (
        " give a number from 0 to 1\n"
    )


def test_predict_reads_standard_input_and_files(toy_path: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "r.csv").write_text("id,review\n1,good film\n2,\n")
    assert main(["predict", "--bundle", str(toy_path), "--file", str(tmp_path / "r.csv"), "--format", "jsonl"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    done = program("predict", "--bundle", str(toy_path), "-", stdin=b"good film\nbad plot\n")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2


def test_predict_refuses_unclear_input(toy_path: Path, tmp_path: Path, capsys: Capture) -> None:
    bundle = ["--bundle", str(toy_path)]
    assert "got no text" in fails(capsys, 2, "predict", *bundle)
    assert "both texts and --file" in fails(capsys, 2, "predict", *bundle, "--file", "x", "text")
    assert "does not exist" in fails(capsys, 2, "predict", *bundle, "--file", str(tmp_path / "no"))
    (tmp_path / "empty.txt").write_text("")
    assert "is empty" in fails(capsys, 2, "predict", *bundle, "--file", str(tmp_path / "empty.txt"))
    (tmp_path / "r.csv").write_text("id,review\n1,good\n")
    line = fails(capsys, 2, "predict", *bundle, "--file", str(tmp_path / "r.csv"), "--column", "text")
    assert "has no column 'text'" in line


def test_a_bad_row_names_its_line_or_is_skipped(toy_path: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "r.txt").write_bytes(b"good\n\xff\nbad\n")
    arguments = ["predict", "--bundle", str(toy_path), "--file", str(tmp_path / "r.txt"), "--format", "jsonl"]
    assert "line 2: is not valid UTF-8" in fails(capsys, 2, *arguments)
    assert main([*arguments, "--skip-bad"]) == 0
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert [(row["line"], row["label"] is None, row["error"]) for row in rows] == [
        (1, False, None),
        (2, True, "line 2 is not valid UTF-8"),
        (3, False, None),
    ]
    assert captured.err == "tallygate: 1 row could not be read, the first for this: line 2 is not valid UTF-8\n"


def test_engine_and_precision_that_are_not_there(toy_path: Path, capsys: Capture) -> None:
    bundle = ["predict", "--bundle", str(toy_path), "text"]
    assert "choose one of auto" in fails(capsys, 2, *bundle, "--engine", "cuda-9")
    assert "has no variant int8" in fails(capsys, 2, *bundle, "--precision", "int8")


def test_bundle_errors(toy: ToyBundle, tmp_path: Path, capsys: Capture) -> None:
    assert "there is no bundle" in fails(capsys, 2, "predict", "--bundle", str(tmp_path / "no"), "text")
    assert "there is no bundle" in fails(capsys, 2, "info", str(tmp_path / "no"))
    toy.files[LAYOUT.model("fp32")] = toy_model(seed=1)
    toy.match_hashes()
    path = str(toy.write_zip(tmp_path / "toy.zip"))
    assert "off on a golden row" in fails(capsys, 1, "predict", "--bundle", path, "text")


def test_info(toy_path: Path, capsys: Capture) -> None:
    assert main(["info", str(toy_path)]) == 0
    out = capsys.readouterr().out
    assert "bad, good" in out
    assert re.search(r"network +one LSTM layer of \d+ units, read forward; last of the states\n", out)
    assert main(["info", "--json", str(toy_path)]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["path"] == str(toy_path.resolve())
    assert facts["manifest"]["labels"] == ["bad", "good"]


def test_a_missing_extra_answers_with_the_install_command(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallygate.runtime.command.find_spec", lambda module: None)
    assert f"; run: {pip_install('train')}" in fails(capsys, 2, "train")


def test_a_closed_pipe_is_no_error(toy_path: Path, tmp_path: Path) -> None:
    (tmp_path / "many.txt").write_text("good film\n" * 20_000)
    predict = f"{sys.executable} -m tallygate.runtime.cli predict --bundle {toy_path}"
    command = f"{predict} --file {tmp_path / 'many.txt'} | head -1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(toy_path: Path) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        command = [sys.executable, "-m", "tallygate.runtime.cli", "predict", "--bundle", str(toy_path), "good"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "tallygate: output: No space left on device; check it\n"


def test_an_interrupt_is_one_line(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "run", interrupt)
    assert fails(capsys, 130, "info") == "tallygate: interrupted\n"


def test_a_command_that_cannot_be_imported_takes_no_other_with_it(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def entries(group: str) -> list[EntryPoint]:
        names = {"info": "info:COMMAND", "gone": "gone:COMMAND", "renamed": "info:COMMANDS"}
        return [EntryPoint(name, f"tallygate.runtime.commands.{place}", group) for name, place in names.items()]

    monkeypatch.setattr("importlib.metadata.entry_points", entries)
    assert list(cli.find_commands()) == ["info"]
    errors = capsys.readouterr().err.splitlines()
    assert [error.split(": cannot be loaded")[0] for error in errors] == ["tallygate: gone", "tallygate: renamed"]


@pytest.mark.parametrize("texts", ["0", "x", "1000000000", "9" * 30, "9" * 5000])
def test_a_count_that_nothing_can_count_to(texts: str, toy_path: Path, tmp_path: Path, capsys: Capture) -> None:
    lines = tmp_path / "r.txt"
    lines.write_text("good\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="2"):
        main(["bench", str(toy_path), "--file", str(lines), "--texts", texts])
    assert "is no whole number from 1 to 999,999,999" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "good", "--bundle", "a\0b"],
        ["predict", "--file", "a\0b"],
        ["bench", "--file", "a\0b"],
        ["bench", "--picture", "a\0b.png"],
        ["page", "--out", "a\0b"],
        ["info", "a\0b"],
        ["verify", "a\0b"],
        ["demo", "--examples", "a\0b"],
        ["train", "a\0b.csv"],
        ["train", "mini", "--out", "a\0b"],
        ["train", "mini", "--test", "a\0b"],
        ["train", "mini", "--preset", "a\0b"],
        ["study", "mini", "--out", "a\0b"],
        ["export", "a\0b", "--out", "b"],
        ["export", "imdb", "--out", "a\0b"],
        ["parity", "a\0b", "--report", "b.md"],
    ],
    ids=" ".join,
)
def test_a_path_with_a_nul_is_one_line(arguments: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """No shell can pass one; a program that calls ``main`` can."""
    monkeypatch.setattr("tallygate.demo.server.serve", lambda *_: pytest.fail("served"))
    assert main(arguments) in (1, 2)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert "a\\u0000b" in told[0]


@pytest.mark.parametrize(
    ("command", "option"), [(["bench", "--no-peers"], "--file"), (["build-plan"], "--texts"), (["demo"], "--examples")]
)
def test_what_is_advised_about_a_file_of_texts_is_an_option(
    command: list[str], option: str, toy_path: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first error of each kind; with the option that it names the command comes to the next."""
    monkeypatch.setattr("tallygate.demo.server.serve", lambda *_: pytest.fail("served"))
    monkeypatch.setattr("tallygate.runtime.machine.gpu_or_error", lambda *_: pytest.fail("built"))
    latin, two = tmp_path / "latin.txt", tmp_path / "two.csv"
    latin.write_bytes("caf\u00e9\n".encode("latin-1"))
    two.write_text("title,name\nx,y\n", encoding="utf-8")
    for file, given, advised in [
        (latin, [], "with --encoding, or re-save it as UTF-8, or add --skip-bad"),
        (latin, ["--skip-bad"], "has no row that can be used"),
        (latin, ["--encoding", "nonsense"], "is no encoding of text"),
        (two, [], "choose one with --column"),
        (two, ["--column", "names"], "check --column"),
    ]:
        assert main([*command, str(toy_path), option, str(file), *given]) == 2
        assert advised in capsys.readouterr().err
