"""Code points on which Python and the Hugging Face ``tokenizers`` library read a text differently.

Their tables come from different Unicode versions: the library normalizes by Unicode 9 and classifies by a newer one
than most Pythons. The list beside this file was found by trying every code point; find it again with
``python -m tallygate.export.bundle.unicode_disagreements``, which needs ``tokenizers``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from unicodedata import name, normalize, unidata_version

from tallygate.export.bundle.tokenizer_json import tokenizer_json
from tallygate.runtime.outputs import write_text
from tallygate.runtime.text import Splitter, TextContract, Tokenizer, Vocabulary

FILE = "unicode_disagreements.txt"
_SURROGATES = range(0xD800, 0xE000)
_CONTEXTS = ("x{}y", "e{}\u0323\u0301", "\u1100{}")
"""Is it part of a word; how does it order among marks; does it compose."""

Words = Callable[[str], list[str]]


def disagreements() -> list[range]:
    """The listed code points, as ranges in ascending order."""
    text = (files("tallygate.export.bundle") / FILE).read_text("utf-8")
    bounds = [line.split()[0].split("..") for line in text.splitlines() if not line.startswith("#")]
    return [range(int(first, 16), int(last, 16) + 1) for first, last in bounds]


def find(ours: Words, theirs: Words) -> set[int]:
    """Every code point that makes the two splitters disagree, alone or in its decomposition."""
    found = set()
    for codepoint in range(sys.maxunicode + 1):
        if codepoint in _SURROGATES:
            continue
        character = chr(codepoint)
        if any(ours(text) != theirs(text) for text in (context.format(character) for context in _CONTEXTS)):
            found.add(codepoint)
        parts = normalize("NFD", character)
        if parts != character and ours(parts) != theirs(parts):
            found.update(map(ord, parts))
    return found


def library_words(document: bytes) -> Words:
    """How the ``tokenizers`` library splits a text by this ``tokenizer.json``."""
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_str(document.decode("utf-8"))
    normalizer, splitter = tokenizer.normalizer, tokenizer.pre_tokenizer
    return lambda text: [word for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))]


def _lines(codepoints: Iterable[int]) -> Iterator[str]:
    yield f"# Found with Python's Unicode {unidata_version}. First and last code point, and their names."
    for first, last in _ranges(sorted(codepoints)):
        yield f"{first:04X}..{last:04X}  {_name(first)} .. {_name(last)}"


def _ranges(codepoints: list[int]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for codepoint in codepoints:
        if ranges and ranges[-1][1] == codepoint - 1:
            ranges[-1][1] = codepoint
        else:
            ranges.append([codepoint, codepoint])
    return ranges


def _name(codepoint: int) -> str:
    return name(chr(codepoint), f"(newer than Unicode {unidata_version})")


def main() -> None:
    """Write the list, the code points of the present one included, since every Python finds other ones."""
    tokenizer = Tokenizer(Vocabulary({}, 2), TextContract(max_length=16))
    found = find(Splitter().split, library_words(tokenizer_json(tokenizer)))
    path = Path(__file__).with_name(FILE)
    known = {codepoint for span in disagreements() for codepoint in span} if path.exists() else set()
    write_text(path, "\n".join(_lines(found | known)) + "\n")
    print(f"{path}: {len(found):,} found, {len(found - known):,} of them new")


if __name__ == "__main__":
    main()
