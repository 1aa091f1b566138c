"""The manual page of ``tallygate-run`` says what the program says, and is clean."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

NATIVE = Path(__file__).parents[2] / "runtime" / "tallygate-native"
PAGE = NATIVE / "man" / "tallygate-run.1"
PROGRAM = (NATIVE / "cli" / "tallygate_run.c").read_text("utf-8")


def told_by_help() -> dict[str, bool]:
    """Options of ``--help``, and whether each takes a value."""
    text = "".join(re.findall(r'"(.*)"', PROGRAM[PROGRAM.index("HELP[]") : PROGRAM.index("typedef")]))
    lines = [line for line in text.replace(r"\n", "\n").splitlines() if line.startswith("  -")]
    return {line.split()[0]: bool(re.match(r" +--?[\w-]+ [A-Z]", line)) for line in lines}


def told_by_page() -> dict[str, bool]:
    found = re.findall(r"^\.It Fl -(\S+)(?: Ar (\w+))?", PAGE.read_text("utf-8"), re.MULTILINE)
    return {f"--{name}": bool(value) for name, value in found}


def test_the_page_has_the_options_of_the_help() -> None:
    page = told_by_page()
    assert page.pop("--help") is False
    assert page == told_by_help()
    assert len(page) >= 3
    assert {f"--{name}" for name in re.findall(r'\], "--(\w+)"\)', PROGRAM)} == {*page, "--help"}


def test_the_page_says_every_exit_code_and_variable() -> None:
    text = PAGE.read_text("utf-8")
    codes = text[text.index(".Sh EXIT STATUS") : text.index(".Sh EXAMPLES")]
    assert re.findall(r"^\.It (\d)$", codes, re.MULTILINE) == ["0", "1", "2"]
    assert re.search(r"enum \{ FAILED = 1, USAGE = 2 \}", PROGRAM)
    for variable in re.findall(r'getenv\("(\w+)"\)', PROGRAM):
        assert f".It Ev {variable}" in text
    fields = text[text.index(".Sh FORMATS") : text.index(".Sh ENVIRONMENT")]
    assert set(re.findall(r'\\"(\w+)\\":', PROGRAM)) == set(re.findall(r"^\.It Li (\w+)$", fields, re.MULTILINE))


def test_mandoc_has_no_complaint() -> None:
    if shutil.which("mandoc") is None:
        pytest.skip("needs mandoc")
    done = subprocess.run(["mandoc", "-Tlint", "-W", "style", str(PAGE)], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_man_shows_it() -> None:
    if shutil.which("man") is None or shutil.which("groff") is None:
        pytest.skip("needs man and groff")
    done = subprocess.run(["man", "--warnings", "-l", str(PAGE)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--kernel K" in re.sub(r".\x08", "", done.stdout)
