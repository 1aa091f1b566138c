"""No file and no function outgrows what one reads in a sitting: then it is split where its idea splits."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST_FILE = 300
LONGEST_FUNCTION = 60
FOLDERS = ("runtime", "train", "export", "demo", "tests", "benchmarks", "docs", "examples")
FILES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("folder", FOLDERS)
def test_files_and_functions_keep_to_their_size(folder: str) -> None:
    files = [path for path in FILES if path.is_relative_to(ROOT / folder)]
    long = {str(path.relative_to(ROOT)): count for path in files if (count := lines(path)) > LONGEST_FILE}
    assert files or folder == "examples"
    assert long == {}
    found = [(path, name, count) for path in files for name, count in functions(path) if count > LONGEST_FUNCTION]
    assert [f"{path.relative_to(ROOT)}: {name} has {count} lines" for path, name, count in found] == []


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
