"""The text contract as ``tokenizer.json``, the format of the Hugging Face ``tokenizers`` library.

It is written by hand, because the library's own ``save`` drops words that share a row. Two things cannot be said in
the format: that a text without any token becomes one unknown token, and that row 0 is never reached by text (which
holds all the same: no token can be ``[PAD]`` or ``[UNK]``, since tokens are lower case and brackets stand alone).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tallygate.runtime.text import PADDING, UNKNOWN, Tokenizer

PADDING_TOKEN = "[PAD]"
UNKNOWN_TOKEN = "[UNK]"
_WORD = r"[\p{L}\p{M}\p{N}]+"
_LINE_BREAK = "<[bB][rR](?: ?/)?>"


def tokenizer_json(tokenizer: Tokenizer) -> bytes:
    """``tokenizer.json`` for ``tokenizers.Tokenizer.from_str``; the same bytes for the same tokenizer."""
    contract = tokenizer.contract
    truncation = {
        "direction": "Left" if contract.keep == "last" else "Right",
        "max_length": contract.max_length,
        "strategy": "LongestFirst",
        "stride": 0,
    }
    document: dict[str, Any] = {
        "version": "1.0",
        "truncation": truncation,
        "padding": _padding(),
        "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": _normalizers()},
        "pre_tokenizer": _pre_tokenizer(contract.punctuation),
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": _rows(tokenizer), "unk_token": UNKNOWN_TOKEN},
    }
    return msgspec.json.encode(document) + b"\n"


def _padding() -> dict[str, Any]:
    return {
        "strategy": "BatchLongest",
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": PADDING,
        "pad_type_id": 0,
        "pad_token": PADDING_TOKEN,
    }


def _normalizers() -> list[dict[str, Any]]:
    return [
        {"type": "Replace", "pattern": {"Regex": _LINE_BREAK}, "content": " "},
        {"type": "Lowercase"},
        {"type": "NFC"},
        {"type": "Replace", "pattern": {"String": "\u2019"}, "content": "'"},
    ]


def _pre_tokenizer(punctuation: str) -> dict[str, Any]:
    marks = "".join(f"|{re.escape(mark)}" for mark in punctuation)
    pattern = {"Regex": f"{_WORD}(?:'{_WORD})*{marks}"}
    return {"type": "Split", "pattern": pattern, "behavior": "Removed", "invert": True}


def _rows(tokenizer: Tokenizer) -> dict[str, int]:
    special = {PADDING_TOKEN: PADDING, UNKNOWN_TOKEN: UNKNOWN}
    words = tokenizer.vocabulary.rows.items()
    return dict(sorted(words, key=lambda pair: (pair[1], pair[0]))) | special
