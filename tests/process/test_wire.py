"""Messages between the engine and its workers."""

import enum
import marshal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftwork.process.worker.wire import (
    BODY,
    CALL,
    QUICK_CALL,
    CallWire,
    call_packet,
    is_atom,
    number_of,
    place_of,
)

anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers()
    | st.lists(st.integers())
    | st.tuples(st.integers())
)


class Colour(enum.IntEnum):
    RED = 1


class Word(str):
    __slots__ = ()


@given(anything)
def test_what_is_an_atom_comes_through_a_message_as_it_was(value: object) -> None:
    if is_atom(value):
        arrived: object = marshal.loads(marshal.dumps(value))  # noqa: S302
        assert repr(arrived) == repr(value)
        assert type(arrived) is type(value)


@pytest.mark.parametrize(
    "value", [Colour.RED, Word("a"), 2**63, -(2**63) - 1, "x" * 2**14, b"x" * 2**14, bytearray(1)]
)
def test_what_would_arrive_as_something_else_or_is_long_is_no_atom(value: object) -> None:
    assert not is_atom(value)


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), "x" * (2**14 - 1), float("nan")])
def test_the_largest_atoms(value: object) -> None:
    assert is_atom(value)


@given(number=st.integers(0, 2**64 - 1), quick=st.booleans())
def test_a_packet_tells_number_and_call(number: int, *, quick: bool) -> None:
    call: CallWire = (-1, (b"f", ()), "f[1]", 1, ((1,), {}), (), None)
    packet = call_packet(number, call, quick=quick)
    assert packet[:1] == (QUICK_CALL if quick else CALL)
    assert number_of(packet) == number
    assert marshal.loads(packet[BODY:]) == call  # noqa: S302


@pytest.mark.parametrize(
    ("label", "place"),
    [
        ("melt[12]", "melt.12.2"),
        ("<lambda>@a/b.py:3[1]", "lambda..a.b.py.3.1.2"),
        ("../x[1]", "x.1.2"),
        ("schmölz[1]", "schmölz.1.2"),
    ],
)
def test_an_attempt_has_a_place_whose_name_is_safe(label: str, place: str) -> None:
    assert place_of(label, 2) == place
