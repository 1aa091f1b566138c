"""Messages that hold anything beside what is known are refused, and so is what two readers would read differently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.runtime.errors import BundleInvalidError
from tallygate.runtime.graph.onnx_file import read_onnx
from tallygate.runtime.graph.protobuf import BYTES, VARINT, Field, read_message, signed, varint, without_field
from tests.runtime.conftest import toy_model

KNOWN = {1: Field("one", VARINT), 2: Field("many", VARINT, 3), 3: Field("text", BYTES), 4: Field("never", BYTES, 0)}
MODEL = toy_model()


def read(data: bytes) -> dict[str, list[object]]:
    return {name: list(values) for name, values in read_message(memoryview(data), KNOWN, "a thing").items()}


def test_what_is_known_is_read() -> None:
    found = read(b"\x08\x07" + b"\x10\x01\x10\x02" + b"\x1a\x02hi")
    assert found["one"] == [7]
    assert found["many"] == [1, 2]
    assert bytes(found["text"][0]) == b"hi"  # type: ignore[call-overload]


def test_numbers_that_are_many_may_be_packed() -> None:
    assert read(b"\x12\x03\x01\x02\x03")["many"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x28\x01", "field 5"),
        (b"\x22\x00", "never"),
        (b"\x08\x01\x08\x01", "more than 1 of one"),
        (b"\x10\x01" * 4, "more than 3 of many"),
        (b"\x12\x04\x01\x02\x03\x04", "too many"),
        (b"\x0a\x00", "one of a thing has wire type 2"),
        (b"\x0d\x00\x00\x00\x00", "wire type 5"),
        (b"\x1a\x7f", "ends inside"),
        (b"\x1a", "too long"),
        (b"\x08" + b"\xff" * 10, "too long"),
        (b"\x08" + b"\xff" * 9 + b"\x7f", "too long"),
        (b"\x0b", "wire type 3"),
        (b"\x88\x80\x80\x80\x80\x80\x01\x01", "field"),
    ],
)
def test_what_is_not_known_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read(data)


@given(st.integers(-(2**63), 2**63 - 1))
def test_signed_numbers(number: int) -> None:
    assert signed(number % 2**64) == number


def test_a_field_is_taken_out_wherever_it_stands() -> None:
    rest = b"\x08\x07\x1a\x02hi"
    for data in (b"\x12\x01\x01" + rest, b"\x08\x07\x12\x01\x01\x1a\x02hi\x10\x05", rest):
        assert b"".join(without_field(memoryview(data), 2)) == rest


@pytest.mark.parametrize(
    "extra",
    [
        b"\x2a\x00",  # model_version as bytes
        b"\x32\x04note",  # doc_string
        b"\xa2\x01\x00",  # training_info
        b"\xca\x01\x00",  # functions
        b"\xd2\x01\x00",  # configuration
        b"\x08\x08",  # a second ir_version
    ],
)
def test_a_model_holds_nothing_else(extra: bytes) -> None:
    read_onnx(MODEL, "toy")
    with pytest.raises(BundleInvalidError, match="a model holds"):
        read_onnx(MODEL + extra, "toy")


def test_a_key_is_written_in_its_bytes() -> None:
    assert varint(300) == b"\xac\x02"
