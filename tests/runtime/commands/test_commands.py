"""How the program finds its subcommands: the runtime's own without a scan of all that is installed."""

from __future__ import annotations

import shlex
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tallygate.runtime.cli import GROUP, ORDER, find_commands, parse_args

NEEDED = {"predict": ["text"], "check": ["--suite", "cases.jsonl"], "page": ["--out", "page.html"]}
"""What a command cannot do without."""


def test_the_runtimes_own_commands_are_found_without_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {entry.name: entry for entry in entry_points(group=GROUP)}
    own = {
        name: entry for name, entry in entries.items() if entry.value == f"tallygate.runtime.commands.{name}:COMMAND"
    }
    assert {"verify", "bench", "predict", "info", "doctor"} <= set(own)
    commands = {name: entry.load() for name, entry in own.items()}
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: pytest.fail("scanned"))
    for name, command in commands.items():
        assert parse_args([name, *NEEDED.get(name, [])]).entry is command


@pytest.mark.parametrize("name", ["options", "predict_output", "__init__", "../cli", "nonsense"])
def test_other_modules_are_no_commands(name: str) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_args([name])
    assert caught.value.code == 2


def test_build_plan_has_its_old_name_too() -> None:
    assert parse_args(["build"]).entry is parse_args(["build-plan"]).entry
    assert "build" not in find_commands()


def test_help_goes_the_way_through_the_house() -> None:
    names = [name for name in find_commands() if name in ORDER]
    assert names == [name for name in ORDER if name in names]
    assert names.index("verify") < names.index("bench") < names.index("predict") < names.index("doctor")


@pytest.mark.parametrize("name", find_commands())
def test_help_ends_with_examples_that_can_be_typed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = find_commands()[name]
    assert 2 <= len(command.examples) <= 3
    with pytest.raises(SystemExit, match="0"):
        parse_args([name, "--help"])
    help_text = capsys.readouterr().out
    assert help_text.endswith("\n".join(["examples:", *(f"  {example}" for example in command.examples), ""]))
    for example in command.examples:
        typed = example.split(" | ")[-1].split(" > ")[0]
        program, *arguments = shlex.split(typed, comments=True)
        assert (program, arguments[0]) == ("tallygate", name)
        assert parse_args(arguments).entry is command


def test_a_prediction_loads_no_more_than_it_needs(toy_path: Path) -> None:
    script = (
        "import sys; from tallygate.runtime.cli import main;"
        f"main(['predict', '--bundle', {str(toy_path)!r}, '--format', 'jsonl', 'good']);"
        "print([m for m in ('torch', 'onnx', 'tabulate', 'importlib.metadata', 'matplotlib') if m in sys.modules])"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
