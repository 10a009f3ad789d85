"""From the message of a call to a function and its arguments."""

from collections.abc import Sequence

from weftwork.codecs.buffers import BufferShelf
from weftwork.codecs.calls import Call, decode_call, filled, named_value
from weftwork.codecs.functions import Function, load_function
from weftwork.codecs.payload import Payload, PayloadWire
from weftwork.process.worker.wire import PickledWire, PlainWire, ValueWire


class Loader:
    """Makes calls ready; keeps functions and constants until it is told to forget them."""

    def __init__(self, shelf: BufferShelf) -> None:
        self._shelf = shelf
        self._functions: dict[int, Function] = {}
        self._constants: dict[int, object] = {}

    def function(self, key: int, wire: PayloadWire) -> Function:
        """Return the function, loaded once."""
        function = self._functions.get(key)
        if function is None:
            function = load_function(self._payload(wire))
            self._functions[key] = function
        return function

    def call(self, arguments: PlainWire | PickledWire, inputs: Sequence[ValueWire]) -> Call:
        """Return the arguments with inputs and constants in their places."""
        values = [self._value(wire) for wire in inputs]
        if arguments[0] is None:
            return self._pickled(arguments, values)
        args, kwargs = arguments
        return Call(
            tuple([filled(value, values) for value in args]),
            {name: filled(value, values) for name, value in kwargs.items()},
        )

    def forget(self, keys: Sequence[int]) -> None:
        """Drop functions and constants."""
        for key in keys:
            self._functions.pop(key, None)
            self._constants.pop(key, None)

    def _pickled(self, arguments: PickledWire, values: Sequence[object]) -> Call:
        _, wire, constants = arguments
        for key, constant in constants:
            if key not in self._constants:
                self._constants[key] = self._payload(constant).load()
        return decode_call(
            self._payload(wire), lambda name: named_value(name, values, self._constants)
        )

    def _value(self, wire: ValueWire) -> object:
        return self._payload(wire).load() if type(wire) is tuple else wire

    def _payload(self, wire: PayloadWire) -> Payload:
        return Payload.from_wire(wire, self._shelf)
