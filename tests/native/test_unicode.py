"""Ids in C, on every Python, and by other holders of Unicode's tables: nothing is excluded between ours.

Python's are compared on 3.11, 3.12 and 3.13, whose own tables are of Unicode 14, 15 and 15.1: where one of them were
asked, ids would part. The oracles are node's ICU (Unicode 17, as ours) and ``unicodedata2`` of any newer version, in
which what is assigned has not changed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.text import Splitter
from tallygate.runtime.unicode import UNICODE_VERSION, WORD, compose, unicode_tables
from tests.native.conftest import MAX_LENGTH, PUNCTUATION, make_image, vocabulary
from tests.native.test_tokenizer import PIECES, SPECIAL
from tests.native.vocabularies import engine_of, tokenizer_of

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

from tallygate.runtime.engines.integer.native import NativeEngine

pytestmark = pytest.mark.slow

RUNTIME = Path(__file__).parents[2] / "runtime"
PYTHONS = ("3.11", "3.12", "3.13")
CONTEXTS = ("x{}y", "e{}\u0323\u0301", "\u1100{}\u11a8", "{}\u0338", "'{}'{}")
"""Is it part of a word, how does it order among marks, does it compose, with what stands before or behind it."""
TEXTS_AT_ONCE = 64
PLANES = st.integers(0, 16).flatmap(
    lambda plane: st.characters(min_codepoint=plane << 16, max_codepoint=(plane << 16) + 0xFFFF, exclude_categories=[])
)
TEXTS = st.lists(st.sampled_from(PIECES) | st.sampled_from(SPECIAL) | PLANES, max_size=40).map("".join)
ORACLE = """
const contexts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const all = [];
for (let c = 0; c < 0x110000; c++) {
  const s = String.fromCodePoint(c >= 0xd800 && c < 0xe000 ? 0x20 : c);
  const l = s.toLowerCase();
  const composed = contexts.map((x) => x.replaceAll("{}", l).normalize("NFC"));
  all.push([/\\p{Cn}/u.test(s) ? 1 : 0, /[\\p{L}\\p{M}\\p{N}]/u.test(s) ? 1 : 0, composed]);
}
console.log(JSON.stringify({ version: process.versions.unicode, all }));
"""


def texts_of_all_code_points() -> Iterator[str]:
    """Every code point but the surrogates in every context, some dozens to a text."""
    points = [point for point in range(0x110000) if not 0xD800 <= point < 0xE000]
    for start in range(0, len(points), TEXTS_AT_ONCE):
        characters = map(chr, points[start : start + TEXTS_AT_ONCE])
        yield " ".join(context.replace("{}", character) for character in characters for context in CONTEXTS)


def test_every_code_point_in_c_and_python() -> None:
    texts = list(texts_of_all_code_points())
    splitter = Splitter(PUNCTUATION, 2)
    words = (word for text in texts for word in splitter.split(text))
    tokenizer = tokenizer_of(words, PUNCTUATION, max_length=2000)
    engine = engine_of(tokenizer)
    known = 0
    for text in texts:
        ids = tokenizer.encode(text)
        assert engine.encode(text) == ids, [hex(ord(character)) for character in text[:4]]
        known += sum(number > 1 for number in ids)
    assert known > 1_000_000


def python(version: str, folder: Path) -> Path:
    """A Python of that version that has what the tokenizer needs: this one, or an environment that is made for it."""
    if sys.version.startswith(f"{version}."):
        return Path(sys.executable)
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = shutil.which(f"python{version}"), *sorted(map(str, root.glob(f"{version}.*/bin/python")))
    for base in filter(None, reversed(found)):
        if subprocess.run([base, "-m", "venv", folder], capture_output=True).returncode:
            continue
        inside = folder / "bin" / "python"
        done = subprocess.run(
            [inside, "-m", "pip", "install", "--quiet", "numpy", "msgspec"], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"numpy and msgspec cannot be had for Python {version}")
        return inside
    pytest.skip(f"needs Python {version}")


@pytest.fixture(scope="module", params=PYTHONS)
def ids_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[list[str]], list[list[int]]]]:
    """Ids of texts by another Python, whose process answers as long as the tests go on."""
    interpreter = python(request.param, tmp_path_factory.mktemp("python") / request.param)
    told = subprocess.run([interpreter, "-c", "import sys; print(*sys.version_info[:2], sep='.')"], capture_output=True)
    assert told.stdout.decode().strip() == request.param
    contract = {"max_length": MAX_LENGTH, "keep": "last", "punctuation": PUNCTUATION, "version": 2}
    words = vocabulary()
    with subprocess.Popen(
        [interpreter, Path(__file__).with_name("ids_server.py")],
        env={"PYTHONPATH": str(RUNTIME)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="ascii",
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout

        def ask(line: object) -> None:
            print(json.dumps(line), file=process.stdin, flush=True)

        def answer(texts: list[str]) -> list[list[int]]:
            ask(texts)
            ids: list[list[int]] = json.loads(process.stdout.readline())  # type: ignore[union-attr]
            return ids

        ask({"rows": dict(words.rows), "count": words.size} | contract)
        yield answer
        process.stdin.close()


@settings(max_examples=3000, deadline=None)
@given(text=TEXTS)
def test_every_python_and_c_agree(ids_of: Callable[[list[str]], list[list[int]]], text: str) -> None:
    assert [NativeEngine(make_image(), "scalar").encode(text)] == ids_of([text])


def test_every_python_and_c_agree_on_every_code_point(ids_of: Callable[[list[str]], list[list[int]]]) -> None:
    engine = NativeEngine(make_image(), "scalar")
    texts = list(texts_of_all_code_points())
    for start in range(0, len(texts), 100):
        part = texts[start : start + 100]
        assert ids_of(part) == [engine.encode(text) for text in part]


@cache
def oracle() -> list[tuple[int, int, list[str]]]:
    """By code point, as node has it: unassigned, part of a word, and NFC of its lower case in every context."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    done = subprocess.run([node, "-e", ORACLE], input=json.dumps(CONTEXTS), capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    if int(told["version"].split(".")[0]) != UNICODE_VERSION:
        pytest.skip(f"node has Unicode {told['version']}, not {UNICODE_VERSION}")
    return list(map(tuple, told["all"]))


def test_classes_lower_case_and_nfc_are_those_of_node() -> None:
    tables = unicode_tables()
    for point, (_, word, composed) in enumerate(oracle()):
        if 0xD800 <= point < 0xE000:
            continue
        character = chr(point)
        assert bool(tables.classes[point] & WORD) == bool(word), hex(point)
        lower = "i\u0307" if point == 0x130 else tables.translation.get(point, character)
        for context, expected in zip(CONTEXTS, composed, strict=True):
            found = compose(context.replace("{}", lower))
            assert found.replace("\u2019", "'") == expected.replace("\u2019", "'"), (hex(point), context)


def test_classes_and_nfc_are_those_of_a_newer_unicode() -> None:
    """Where it differs, the character is one that ours did not know."""
    newer = pytest.importorskip("unicodedata2", reason="needs unicodedata2: another version of Unicode")
    if int(newer.unidata_version.split(".")[0]) <= UNICODE_VERSION:
        pytest.skip(f"unicodedata2 has Unicode {newer.unidata_version}, which is no newer")
    tables, news = unicode_tables(), 0
    for point, (unassigned, _, _) in enumerate(oracle()):
        character = chr(point)
        if unassigned or 0xD800 <= point < 0xE000:
            news += newer.category(character) != "Cn"
            continue
        assert bool(tables.classes[point] & WORD) == (newer.category(character)[0] in "LMN"), hex(point)
        for context in CONTEXTS:
            text = context.replace("{}", character)
            folded = text.translate(tables.translation)
            assert compose(folded) == newer.normalize("NFC", folded).replace("\u2019", "'"), (hex(point), context)
    assert news > 0
