"""How a command ends: on signals, with streams that are closed, full or of few characters."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tallygate.runtime.cli import main
from tallygate.runtime.command import Command
from tallygate.runtime.console import Terminated, ended_by_signals

PROGRAM = f"{sys.executable} -m tallygate.runtime.cli"
posix = pytest.mark.skipif(os.name == "nt", reason="needs a shell and signals of POSIX")
WRITING = """
import sys, time
from pathlib import Path
from tallygate.runtime import cli
from tallygate.runtime.command import Command
from tallygate.runtime.outputs import atomic_directory, atomic_file

def run(arguments):
    with atomic_file(Path(sys.argv[1]) / "file") as file, atomic_directory(Path(sys.argv[1]) / "folder") as folder:
        file.write_text("half")
        (folder / "part").write_text("half")
        print("writing", flush=True)
        time.sleep(60)
    return 0

cli.find_commands = lambda: {"write": Command("write", lambda parser: None, run)}
sys.exit(cli.main(["write"]))
"""


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run in bash with a limit on time; the exit code is that of the program, or of the last in a pipe that fails."""
    variables = {**os.environ, **environment}
    line = ["bash", "-c", f"set -o pipefail; {command}"]
    return subprocess.run(line, capture_output=True, text=True, check=False, env=variables, timeout=120)


@posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    number = getattr(signal, name)
    command = [sys.executable, "-c", WRITING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        assert len(list(tmp_path.iterdir())) == 2
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert errors == ("tallygate: interrupted\n" if name == "SIGINT" else f"tallygate: ended by {name}\n")
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_signal_that_is_ignored_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_by_signals():
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.01)
    finally:
        signal.signal(signal.SIGHUP, before)


@posix
def test_the_handlers_are_the_callers_again() -> None:
    with pytest.raises(Terminated), ended_by_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_signal_is_told_by_its_exit_code(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def end(arguments: object) -> int:
        raise Terminated(signal.SIGTERM)

    command = Command("end", lambda parser: None, end)
    monkeypatch.setattr("tallygate.runtime.cli.find_commands", lambda: {"end": command})
    assert main(["end"]) == 128 + signal.SIGTERM
    assert capsys.readouterr().err == "tallygate: ended by SIGTERM\n"


def quiet_or_one_line(done: subprocess.CompletedProcess[str], codes: Sequence[int]) -> None:
    assert done.returncode in codes, done.stderr
    assert done.stderr.count("\n") <= 1
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@posix
@pytest.mark.parametrize(
    "arguments", ["predict --bundle TOY good", "info TOY", "predict --help", "--help", "doctor TOY"]
)
@pytest.mark.parametrize(
    ("streams", "code"),
    [("<&-", 0), (">&-", 0), ("2>&-", 0), ("<&- >&- 2>&-", 0), ("| true", 0), (">/dev/full", 2), ("2>/dev/full", 0)],
)
def test_streams_that_are_closed_or_full(toy_path: Path, arguments: str, streams: str, code: int) -> None:
    done = shell(f"{PROGRAM} {arguments.replace('TOY', str(toy_path))} {streams}")
    if arguments.endswith("--help"):  # argparse keeps to itself what it could not print
        code = 0 if not done.stderr else code
    quiet_or_one_line(done, [code, 1] if arguments.startswith("doctor") else [code])
    assert (code == 2) == done.stderr.startswith("tallygate: output: ")


@posix
def test_what_is_opened_does_not_take_the_place_of_a_closed_stream(toy_path: Path, tmp_path: Path) -> None:
    """Without standard output the next file has its number, and what a library prints would be written into it."""
    (tmp_path / "t.txt").write_text("good\n")
    quiet_or_one_line(shell(f"{PROGRAM} predict --bundle {toy_path} --file {tmp_path}/t.txt >&- <&-"), [0])
    assert (tmp_path / "t.txt").read_text() == "good\n"


@posix
def test_standard_input_that_is_closed_is_empty(toy_path: Path) -> None:
    done = shell(f"{PROGRAM} predict --bundle {toy_path} - <&-")
    assert done.returncode == 2
    assert done.stderr == "tallygate: standard input: is empty; give at least one row\n"


@posix
def test_an_error_with_no_place_for_it_has_its_code(toy_path: Path) -> None:
    for streams in ("2>&-", "2> /dev/full"):
        assert shell(f"{PROGRAM} predict --bundle {toy_path}/no good {streams}").returncode == 2


IN_A_TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"


@posix
@pytest.mark.parametrize("output", ["table", "jsonl"])
@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}]
)
def test_a_terminal_of_few_characters(toy_path: Path, tmp_path: Path, output: str, environment: dict[str, str]) -> None:
    (tmp_path / "t.txt").write_text("schön … \n", encoding="utf-8")
    options = ["--file", str(tmp_path / "t.txt"), "--keep-columns", "text", "--format", output]
    predict = [*PROGRAM.split(), "predict", "--bundle", str(toy_path), *options]
    done = subprocess.run(
        [sys.executable, "-c", IN_A_TERMINAL, *predict],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout
    assert rb"sch\xf6n \u2026" in done.stdout
