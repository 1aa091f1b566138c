"""The house: imports between rooms run one way, and a room's inside is its own."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PARTS = ("runtime", "train", "export", "demo")
FILES = [file for part in PARTS for file in sorted((ROOT / part / "tallygate" / part).rglob("*.py"))]
ROOMS = {
    ".".join(file.parent.relative_to(ROOT).parts[1:]): file
    for file in FILES
    if file.name == "__init__.py" and "handed_on" in file.read_text(encoding="utf-8")
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    paths = [str(folder / part) for part in PARTS]
    code = f"import sys; sys.path[:0] = {paths}; from importlinter.cli import lint_imports_command as run; run()"
    arguments = [sys.executable, "-c", code, "--no-logo", "--no-cache", "--config", str(folder / "pyproject.toml")]
    assert program.exists(), "import-linter is part of the extra [dev]"
    return subprocess.run(arguments, capture_output=True, text=True, cwd=folder, check=False)


def test_imports_run_one_way() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("runtime/tallygate/runtime/text/tokenizer.py", "from tallygate.runtime.engines import Engine", "runtime"),
        ("runtime/tallygate/runtime/errors.py", "from tallygate.train.say import say", "parts"),
        ("train/tallygate/train/folder/layout.py", "from tallygate.train.run import Result", "train"),
        ("export/tallygate/export/graph/tidy.py", "from tallygate.export.variants import Recipe", "export"),
    ],
)
def test_an_arrow_back_is_refused(tmp_path: Path, file: str, line: str, broken: str) -> None:
    for part in PARTS:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "models"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    changed = tmp_path / file
    changed.write_text(changed.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
    assert broken in done.stdout.split("Broken contracts")[-1]


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts[1:]).removesuffix(".__init__")


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_a_room_is_entered_by_its_door() -> None:
    """From outside, ``from tallygate.runtime.text import Tokenizer``, never ``...text.tokenizer``."""
    strangers = [
        f"{module_of(file)} imports {name}"
        for file in FILES
        for name in imports(file)
        for room in ROOMS
        if room.count(".") >= 2 and name.startswith(f"{room}.")
        if not f"{module_of(file)}.".startswith(f"{room}.") and name not in ROOMS
    ]
    assert strangers == []


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_every_name_at_a_door_is_there_and_typed(room: str) -> None:
    tree = ast.parse(ROOMS[room].read_text(encoding="utf-8"))
    typed = {
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "handed_on")
    table: dict[str, tuple[str, ...]] = ast.literal_eval(call.args[1])
    assert typed == {(f"{room}.{file}", name) for file, names in table.items() for name in names}
    module = import_module(room)
    for _, name in typed:
        assert name in dir(module)
        assert getattr(module, name) is not None


def test_a_room_hands_on_what_its_file_says_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test puts in a name's place must not stay at the door when the test is over."""
    room, file = import_module("tallygate.runtime.text"), import_module("tallygate.runtime.text.tokenizer")
    with monkeypatch.context() as patch:
        patch.setattr(file, "Tokenizer", "replaced")
        assert room.Tokenizer == "replaced"
    assert room.Tokenizer is file.Tokenizer


def steps(part: str) -> dict[str, int]:
    """The rooms of a part, by the height at which pyproject.toml has them: 1 is the lowest."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract.get("containers") == [f"tallygate.{part}"])
    rows = [[name for name in row.split(" | ") if (ROOT / part / "tallygate" / part / name).is_dir()] for row in layers]
    return {name: step for step, row in enumerate(reversed([row for row in rows if row]), 1) for name in row}


@pytest.mark.parametrize("part", PARTS)
def test_contributing_shows_every_room_at_its_step(part: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith(f"| {part} |")]
    cells = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]
    assert {room: int(step) for _, step, room, holds in cells if holds} == steps(part)
    assert [int(step) for _, step, *_ in cells] == sorted((int(step) for _, step, *_ in cells), reverse=True)
