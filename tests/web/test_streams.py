"""Streams in JavaScript beside those of Python and C: cuts of any text, and states that go from one to another."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.test_javascript import node

pytest.importorskip("tallygate_native", reason="needs the C core: pip install ./runtime/tallygate-native")

from tallygate.runtime.errors import InputError
from tallygate.runtime.text import utf8_of
from tests.native.conftest import MAX_LENGTH, kernels, make_image
from tests.native.test_stream_states import ATTACKS, changed, saved
from tests.native.test_streams import SEVERAL, SHAPES, cut, engine, read, whole
from tests.native.test_tokenizer import TEXTS

__all__ = ["node"]

SCRIPT = Path(__file__).with_name("streaming.mjs")
WASM_KERNELS = ["simd128", "scalar"]
PLACES = st.lists(st.integers(0, 10_000), max_size=12)
ROUNDS = settings(max_examples=60, deadline=None)


@dataclass(frozen=True)
class JavaScript:
    """Node with ``@tallygate/runtime``, and the images of SHAPES as files."""

    process: subprocess.Popen[str]
    folder: Path

    def ask(self, shape: str, kernel: str, **question: Any) -> dict[str, Any]:  # noqa: ANN401
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        image = str(self.folder / f"{list(SHAPES).index(shape)}.bin")
        self.process.stdin.write(json.dumps({"image": image, "kernel": kernel, **question}) + "\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))

    def read(
        self, shape: str, kernel: str, pieces: Sequence[bytes | str], state: bytes | None = None
    ) -> tuple[bytes, int, bytes]:
        """Logits, tokens and state after the pieces. Raises :class:`InputError` with what JavaScript says."""
        question = {"pieces": [piece if isinstance(piece, str) else coded(piece) for piece in pieces]}
        answer = self.ask(shape, kernel, state=coded(state) if state is not None else None, **question)
        if "error" in answer:
            raise InputError(*answer["error"].replace("; ", ": ", 1).split(": ", 2))
        logits = b"".join(bytes.fromhex(bits)[::-1] for bits in answer["logits"])
        return logits, int(answer["tokens"]), base64.b64decode(answer["state"])


def coded(data: bytes) -> dict[str, str]:
    return {"bytes": base64.b64encode(data).decode("ascii")}


@pytest.fixture(scope="module")
def javascript(node: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JavaScript]:
    folder = tmp_path_factory.mktemp("images")
    for place, shape in enumerate(SHAPES.values()):
        (folder / f"{place}.bin").write_bytes(make_image(**shape))
    pipe = subprocess.PIPE
    with subprocess.Popen([node, SCRIPT], stdin=pipe, stdout=pipe, text=True, encoding="ascii") as process:
        yield JavaScript(process, folder)
        assert process.stdin is not None
        process.stdin.close()


def cut_units(text: str, places: list[int]) -> list[str]:
    """Pieces of a JavaScript string, which may end between the halves of a surrogate pair."""
    units = text.encode("utf-16-le", "surrogatepass")
    bounds = sorted({0, len(units), *(2 * (place % (len(units) // 2 + 1)) for place in places)})
    return [units[start:end].decode("utf-16-le", "surrogatepass") for start, end in pairwise(bounds)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kernel", WASM_KERNELS)
@ROUNDS
@given(text=SEVERAL | TEXTS, places=PLACES, by_units=st.booleans())
def test_every_cut_gives_what_the_whole_gives(
    javascript: JavaScript, kernel: str, shape: str, text: str, places: list[int], by_units: bool
) -> None:
    """And the state that numpy has of the whole text."""
    pieces: Sequence[bytes | str] = cut_units(text, places) if by_units else cut(utf8_of(text), places)
    streams = engine("numpy", shape).streams(1)
    specified = read(streams, [utf8_of(text)])
    if by_units and "\ud800" <= text[-1:] <= "\udbff":
        pieces = [*pieces, b" "]  # the first half of a pair at the end is waited for
        specified = read(streams, [utf8_of(text), b" "])
    logits, tokens, state = javascript.read(shape, kernel, pieces)
    assert (logits, tokens) == specified
    assert state == streams.state(0)
    if tokens <= MAX_LENGTH:
        bits = javascript.ask(shape, kernel, whole=text)["logits"]
        assert logits == whole(text, shape)[0] == b"".join(bytes.fromhex(value)[::-1] for value in bits)


@pytest.mark.parametrize("shape", SHAPES)
@ROUNDS
@given(text=SEVERAL | TEXTS, places=PLACES, data=st.data())
def test_a_state_goes_from_language_to_language(
    javascript: JavaScript, shape: str, text: str, places: list[int], data: st.DataObject
) -> None:
    """Each piece is read by the specification, a kernel of the C core or WebAssembly, from the state before it."""
    readers = ["numpy", *kernels(), *(f"wasm {kernel}" for kernel in WASM_KERNELS)]
    state: bytes | None = None
    for piece in [*cut(utf8_of(text), places), b"", b""]:
        reader = data.draw(st.sampled_from(readers))
        if reader.startswith("wasm"):
            logits, tokens, state = javascript.read(shape, reader.split()[1], [piece], state)
        else:
            streams = engine(reader, shape).streams(1)
            if state is not None:
                streams.resume(0, state)
            streams.push([0], [piece])
            state, logits, tokens = streams.state(0), streams.logits([0], True)[0][0].tobytes(), -1
    one = engine("numpy", shape).streams(1)
    expected, count = read(one, [utf8_of(text)])
    assert state == one.state(0)
    assert logits == expected
    assert tokens in (-1, count)


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_no_state_is_refused_in_one_line(javascript: JavaScript, attack: str) -> None:
    """In the words of Python."""
    streams = engine("numpy").streams(1)
    with pytest.raises(InputError) as python:
        streams.resume(0, ATTACKS[attack](saved()))
    for kernel in WASM_KERNELS:
        with pytest.raises(InputError) as raised:
            javascript.read("mean", kernel, [], ATTACKS[attack](saved()))
        assert str(raised.value) == str(python.value)
        assert "\n" not in str(raised.value)


def test_a_state_of_another_model_or_version_is_refused_in_one_line(javascript: JavaScript) -> None:
    for state, reason in ((saved("max, two layers"), "is of another model"), (changed(saved(), 8, "<I", 2), "version")):
        with pytest.raises(InputError, match=reason):
            javascript.read("mean", "scalar", [], state)


@ROUNDS
@given(state=st.binary(max_size=900))
def test_random_bytes_are_refused(javascript: JavaScript, state: bytes) -> None:
    with pytest.raises(InputError, match="is no state of a stream, or is damaged"):
        javascript.read("mean", "scalar", [], state)
