"""Works as packets."""

import gc
import marshal
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from weftwork.backends.local.calls import HUGE, Call, CallWriter
from weftwork.codecs.buffers import LARGE, BufferShelf
from weftwork.codecs.functions import load_function
from weftwork.codecs.payload import NotPicklableError, Payload, encode
from weftwork.core.model import Attempt, ItemId
from weftwork.core.packing import Bundle
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.work import FunctionWork
from weftwork.process.worker.loading import Loader
from weftwork.process.worker.wire import (
    BODY,
    CALL,
    LARGE_CALL,
    PACKET_LIMIT,
    QUICK_CALL,
    CallWire,
    number_of,
)
from weftwork.tasks.capture import Captured, Slot, capture
from weftwork.tasks.constant import Constant
from weftwork.tasks.parts import Field, Index
from weftwork.tasks.task import FunctionTask, task
from weftwork.testing import bodies


class Writer:
    """A call writer, and a reader for what it writes."""

    def __init__(self, directory: Path) -> None:
        self.shelf = BufferShelf(SessionDirectory(directory))
        self.forgotten: list[int] = []
        self._writer = CallWriter(self.shelf, lambda: directory, self.forgotten.append)
        self._loader = Loader(self.shelf)
        self._last = 0

    def pack(
        self,
        *args: object,
        function: FunctionTask[..., object] = bodies.add,
        inputs: tuple[object, ...] = (),
        captured: Captured | None = None,
        workspace: bool = False,
    ) -> Call:
        self._last += 1
        work = FunctionWork(
            Attempt(ItemId(self._last), 2),
            function,
            captured or capture(args, {}),
            inputs,
            workspace=workspace,
        )
        call = Call(work, self._last, Bundle())
        self._writer.pack(call)
        return call

    def args(self, call: Call) -> tuple[object, ...]:
        """Return what the function is called with in a worker."""
        wire = read(call)
        return self._loader.call(wire[4], wire[5]).args

    def rest(self) -> None:
        self._writer.rest()

    def close(self) -> None:
        self._writer.close()
        self.shelf.close()

    def inner(self) -> "weakref.ref[CallWriter]":
        return weakref.ref(self._writer)


class Slotted:
    """A function without room for weak references."""

    __slots__ = ()
    __name__ = "slotted"

    def __call__(self, x: int) -> int:
        return x + 1


def read(call: Call) -> CallWire:
    wire: CallWire
    if call.packet[:1] != LARGE_CALL:
        wire = marshal.loads(call.packet[BODY:])  # noqa: S302
        return wire
    path, _ = marshal.loads(call.packet[BODY:])  # noqa: S302
    wire = marshal.loads(Path(path).read_bytes())  # noqa: S302
    return wire


T = TypeVar("T")


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    writer = Writer(tmp_path)
    yield writer
    writer.close()


def large_files(writer: Writer) -> int:
    return sum(entry.stat().st_size >= LARGE for entry in writer.shelf.shared.iterdir())


def test_a_packet_says_which_call_of_what_it_is(writer: Writer) -> None:
    call = writer.pack(1, 2.5)
    key, function, label, number, arguments, inputs, workspace = read(call)
    assert number_of(call.packet) == 1
    assert key < 0
    assert load_function(Payload.from_wire(function, writer.shelf)) is bodies.add.fn
    assert (label, number, inputs, workspace) == ("add[1]", 2, (), None)
    assert arguments == ((1, 2.5), {})


def test_plain_values_are_not_pickled(writer: Writer) -> None:
    values = (None, True, -3, 2.5, "text", b"bytes")
    assert read(writer.pack(*values))[4] == (values, {})
    assert writer.args(writer.pack(*values)) == values


@pytest.mark.parametrize("value", [np.float64(2.5), 2**70, "x" * LARGE, bytearray(3), (1, 2)])
def test_other_values_arrive_as_what_they_are(writer: Writer, value: object) -> None:
    (arrived,) = writer.args(writer.pack(value))
    assert arrived == value
    assert type(arrived) is type(value)


def test_inputs_and_their_parts_take_their_places(writer: Writer) -> None:
    plain = Captured((Slot(0), Slot(1, (Index("k"), Field("real"))), 7), {})
    inputs = ("whole", {"k": 2.5})
    assert writer.args(writer.pack(captured=plain, inputs=inputs)) == ("whole", 2.5, 7)
    nested = Captured(([Slot(0), {"k": Slot(1, (Index("k"),))}],), {})
    assert writer.args(writer.pack(captured=nested, inputs=inputs)) == (["whole", {"k": 2.5}],)


def test_an_input_that_is_encoded_already_is_passed_on(writer: Writer) -> None:
    payload = encode(np.zeros(LARGE), writer.shelf)
    calls = [writer.pack(captured=Captured((Slot(0),), {}), inputs=(payload,)) for _ in range(3)]
    assert {read(call)[5] for call in calls} == {(payload.wire,)}
    assert large_files(writer) == 1


def test_a_value_of_this_process_is_encoded_once_for_calls_of_about_the_same_time(
    writer: Writer,
) -> None:
    array = np.zeros(LARGE)
    captured = Captured((Slot(0),), {})
    calls = [writer.pack(captured=captured, inputs=(array,)) for _ in range(3)]
    assert large_files(writer) == 1
    del calls
    writer.rest()
    gc.collect()
    assert large_files(writer) == 0


def test_a_constant_is_encoded_once_and_forgotten_with_its_last_user(writer: Writer) -> None:
    constant: Constant[object] = Constant(np.zeros(LARGE))
    key = constant.key
    calls = [writer.pack(constant, [constant]) for _ in range(3)]
    assert large_files(writer) == 1
    first, second = writer.args(calls[0])
    assert second == [first]
    assert writer.args(calls[1])[0] is first, "a worker loads it once"
    assert writer.forgotten == []
    del calls, constant, first, second
    gc.collect()
    assert writer.forgotten == [key]
    assert large_files(writer) == 0


def test_a_huge_constant_is_not_kept_twice(writer: Writer) -> None:
    array = np.zeros(HUGE // 8)
    original = weakref.ref(array)
    constant: Constant[object] = Constant(array)
    del array
    writer.pack(constant)
    assert original() is None
    assert np.asarray(constant.value).sum() == 0.0


def test_a_function_is_shipped_once_whatever_its_options(writer: Writer) -> None:
    keys = {
        read(writer.pack(1, function=function))[0]
        for function in (bodies.add, bodies.add, bodies.add.options(priority=3))
    }
    assert len(keys) == 1
    assert read(writer.pack(1, function=bodies.size_of))[0] not in keys


def test_a_function_that_is_gone_is_forgotten(writer: Writer) -> None:
    @task
    def local(number: int) -> int:
        return number

    key = read(writer.pack(1, function=local))[0]
    del local
    gc.collect()
    assert writer.forgotten == [key]


def test_a_call_too_large_for_a_packet_goes_by_file(writer: Writer) -> None:
    many = tuple(range(PACKET_LIMIT))
    call = writer.pack(*many)
    assert call.packet[:1] == LARGE_CALL
    assert len(call.packet) < 200
    assert writer.args(call) == many
    del call
    gc.collect()
    assert large_files(writer) == 0


def test_a_function_known_to_be_quick_is_marked_so(writer: Writer) -> None:
    call = writer.pack(1)
    assert call.packet[:1] == CALL
    assert call.function is not None
    call.function.learn(0.0001)
    assert writer.pack(1).packet[:1] == QUICK_CALL
    call.function.learn(1.0)
    assert writer.pack(1).packet[:1] == CALL


def test_an_attempt_has_a_workspace_of_its_own(writer: Writer, tmp_path: Path) -> None:
    assert read(writer.pack(1, workspace=True))[6] == f"{tmp_path}/add.1.2"


def test_a_function_that_cannot_travel_is_named(writer: Writer) -> None:
    generator = (each for each in "ab")

    @task
    def body() -> str:
        return next(generator)

    with pytest.raises(NotPicklableError, match=r"closure variable 'generator': a builtins.gener"):
        writer.pack(function=body)


def test_functions_and_constants_do_not_hold_a_writer_that_was_closed(tmp_path: Path) -> None:
    constant = Constant([1, 2, 3])
    writer = Writer(tmp_path)
    writer.pack(constant, 1)
    inner = writer.inner()
    writer.close()
    del writer
    gc.collect()
    assert inner() is None
    assert constant.value == [1, 2, 3]


def test_a_function_that_cannot_be_referred_to_weakly_is_shipped_once(writer: Writer) -> None:
    function = task(Slotted())
    first, second = (writer.pack(1, function=function) for _ in range(2))
    assert first.function is not None
    assert first.function is second.function
    assert load_function(Payload.from_wire(read(first)[1], writer.shelf))(1) == 2
