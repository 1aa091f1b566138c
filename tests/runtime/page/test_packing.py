"""What the page brings along is made small and whole again."""

from __future__ import annotations

import json
import shutil
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

from tallygate.runtime.page import PageContents, Sources
from tallygate.runtime.page.document import parts_of
from tallygate.runtime.page.packing import ALPHABET, image_part, part_beside, payload_of, plain_part
from tests.runtime.page.conftest import bit_flipped
from tests.shared.make import FOLDER, MODELS

ROOT = Path(__file__).parents[3]
UNPACK = """
import { readFileSync } from "node:fs";
import { unpacked } from "./page/packing.js";
const { payload, facts } = JSON.parse(readFileSync(0, "utf8"));
const parts = await unpacked(payload, facts);
const hex = Object.entries(parts).map(([name, part]) => [name, Buffer.from(part).toString("hex")]);
console.log(JSON.stringify(Object.fromEntries(hex)));
"""


def unpacked(payload: str, facts: object) -> dict[str, bytes]:
    """What the page's own JavaScript makes of a payload."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node: apt-get install nodejs")
    web = ROOT / "runtime" / "tallygate-native" / "web"
    done = subprocess.run(
        [node, "--input-type=module", "-e", UNPACK],
        input=json.dumps({"payload": payload, "facts": facts}),
        cwd=web,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: bytes.fromhex(part) for name, part in json.loads(done.stdout).items()}


@pytest.mark.parametrize("model", MODELS)
def test_an_image_comes_back_whole(model: str) -> None:
    part = image_part("image", (FOLDER / f"{model}.integer.bin").read_bytes())
    assert {str(step[0]) for step in part.steps} == {"raw", "planes", "rises", "slots"}
    assert unpacked(payload_of([part]), [part.facts()]) == {"image": part.data}


def test_an_image_with_another_hash_table_comes_back_whole() -> None:
    image = (FOLDER / "two-labels.integer.bin").read_bytes()
    part = image_part("image", image)
    at = 0
    for step in part.steps:
        if step[0] == "slots":
            break
        at += int(step[1])
    other = bit_flipped(image, at + 3)
    altered = image_part("image", other)
    assert "slots" not in {step[0] for step in altered.steps}
    assert unpacked(payload_of([altered]), [altered.facts()]) == {"image": other}


def test_every_part_of_a_page_comes_back_whole(contents: PageContents, sources: Sources) -> None:
    parts = parts_of(contents, sources)
    raw = sum(int(step[1]) for step in parts[2].steps if step[0] == "raw")
    assert raw < 0.2 * len(parts[2].data), "the second module takes most of itself from the first"
    back = unpacked(payload_of(parts), [part.facts() for part in parts])
    assert back == {part.name: part.data for part in parts}
    assert back["simd128"] == sources.simd128
    assert back["scalar"] == sources.scalar


def test_what_two_parts_share_is_taken_from_the_first() -> None:
    rng = np.random.default_rng(0)
    one, own = rng.bytes(5000), rng.bytes(300)
    first = plain_part("one", one)
    for data, copies in (
        (one, 1),
        (own + one[1000:3000] + own, 1),
        (one[4000:] + one[:4000], 2),
        (one[:95] + own, 0),
        (own, 0),
        (b"", 0),
        (bytes(500), 0),
        (one[200:500] + bit_flipped(one[500:900], 200) + one[900:], 2),
    ):
        part = part_beside("other", data, first)
        assert sum(step[0] == "copy" for step in part.steps) == copies
        assert unpacked(payload_of([first, part]), [first.facts(), part.facts()]) == {"one": one, "other": data}


def test_the_payload_is_deflated_base_91_without_a_bracket() -> None:
    data = bytes(range(256)) * 300
    payload = payload_of([plain_part("bytes", data)])
    assert not set(payload) & set("<>& \n")
    number = sum(
        (ALPHABET.index(pair[0]) + 91 * ALPHABET.index(pair[1:2] or b"!")) << 13 * place
        for place, pair in enumerate(payload[at : at + 2].encode("ascii") for at in range(0, len(payload), 2))
    )
    assert zlib.decompress(number.to_bytes(13 * len(payload) // 16 + 1, "little"), -15) == data


@pytest.mark.parametrize("size", range(30))
def test_short_payloads(size: int) -> None:
    part = plain_part("bytes", bytes(range(0, 9 * size, 9)[:size]) if size < 29 else bytes([255] * 29))
    assert unpacked(payload_of([part]), [part.facts()]) == {"bytes": part.data}
