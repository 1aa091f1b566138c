"""What may be handed in as a stream's state, each attack by its name: refused in one line, in numpy and in C alike."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.engines.pieces.state import HEAD
from tallygate.runtime.errors import InputError
from tallygate.runtime.text import utf8_of
from tests.native.conftest import kernels
from tests.native.test_streams import engine
from tests.native.test_tokenizer import TEXTS

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")


def signed(state: bytes) -> bytes:
    """With a hash that fits, so that what reads the numbers is reached."""
    return state[:-32] + hashlib.sha256(state[:-32]).digest()


def changed(state: bytes, offset: int, code: str, value: int) -> bytes:
    data = bytearray(state)
    struct.pack_into(code, data, offset, value)
    return signed(bytes(data))


def saved(shape: str = "mean") -> bytes:
    streams = engine("numpy", shape).streams(1)
    streams.push([0], ["good bad cafe\u0301 ".encode()])
    streams.push([0], [b"ax<br"])
    return streams.state(0)


HIDDEN = 7
POOLS, CELLS = HEAD.size, HEAD.size + 8 * HIDDEN
PLACE, CODES = CELLS + 16, CELLS + 16 + 4 * 112
ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "truncated": lambda state: state[:-1],
    "truncated to its head": lambda state: state[: HEAD.size + 32],
    "truncated, with a hash and a size that fit": lambda state: changed(state[:200] + state[-32:], 12, "<I", 232),
    "bytes that say nothing, and are not zero": lambda state: changed(state, CELLS + 14, "<B", 1),
    "longer": lambda state: state + b"\0",
    "one bit": lambda state: state[:100] + bytes([state[100] ^ 1]) + state[101:],
    "another magic": lambda state: signed(b"X" + state[1:]),
    "tokens without end": lambda state: changed(state, 48, "<Q", 2**63),
    "pools larger than so many tokens give": lambda state: changed(state, POOLS, "<q", 2**40),
    "pools below": lambda state: changed(state, POOLS, "<q", -(2**63)),
    "a code of -128": lambda state: changed(state, CODES, "<b", -128),
    "a word longer than its room": lambda state: changed(state, 56, "<I", 2**32 - 1),
    "a place longer than its room": lambda state: changed(state, 60, "<I", 113),
    "a tag that there is not": lambda state: changed(state, 64, "<B", 7),
    "an apostrophe that is neither": lambda state: changed(state, 65, "<B", 2),
    "an overflow that is neither": lambda state: changed(state, 66, "<B", 2),
    "four bytes of a character": lambda state: changed(state, 67, "<B", 4),
    "bytes of no character": lambda state: changed(changed(state, 67, "<B", 1), 68, "<B", 0xFF),
    "bytes of a whole character": lambda state: changed(changed(state, 67, "<B", 1), 68, "<B", 0x41),
    "a code point beyond all": lambda state: changed(changed(state, 60, "<I", 1), PLACE, "<I", 0x110000),
    "a place of what does not join": lambda state: changed(changed(state, 60, "<I", 2), PLACE + 4, "<I", 0x21),
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", ["numpy", *kernels()])
def test_what_is_no_state_is_refused_in_one_line(name: str, attack: str) -> None:
    streams = engine(name).streams(1)
    streams.push([0], [b"good"])
    before = streams.state(0)
    with pytest.raises(InputError, match="is no state of a stream, or is damaged") as raised:
        streams.resume(0, ATTACKS[attack](saved()))
    assert "\n" not in str(raised.value)
    assert streams.state(0) == before, "the stream is as it was"


@pytest.mark.parametrize("name", ["numpy", *kernels()])
def test_the_state_of_another_model_is_refused(name: str) -> None:
    streams = engine(name).streams(1)
    for other in (saved("max, two layers"), changed(saved(), 16, "<B", 1)):
        with pytest.raises(InputError, match="is of another model"):
            streams.resume(0, other)


@pytest.mark.parametrize("name", ["numpy", *kernels()])
def test_the_state_of_another_version_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="was saved by another version"):
        engine(name).streams(1).resume(0, changed(saved(), 8, "<I", 2))


@settings(max_examples=300, deadline=None)
@given(state=st.binary(max_size=900))
def test_random_bytes_are_refused(state: bytes) -> None:
    for name in ("numpy", kernels()[0]):
        with pytest.raises(InputError):
            engine(name).streams(1).resume(0, state)


@settings(max_examples=300, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(48, 639), st.integers(0, 255)), min_size=1, max_size=6), piece=TEXTS)
def test_a_signed_state_that_is_accepted_is_read_alike(changes: list[tuple[int, int]], piece: str) -> None:
    """Whoever can compute the hash can make states that no text gives: numpy and C take the same ones, and agree."""
    data = bytearray(saved())
    for place, value in changes:
        data[place] = value
    outcomes = []
    for name in ("numpy", *kernels()):
        streams = engine(name).streams(1)
        try:
            streams.resume(0, signed(bytes(data)))
            streams.push([0], [utf8_of(piece)])
            outcomes.append((streams.logits([0], True)[0].tobytes(), streams.state(0)))
        except InputError as error:
            outcomes.append((str(error), None))
    assert len(set(outcomes)) == 1
