"""A captured call as one pickle, with names in the place of inputs and constants."""

from collections.abc import Sequence
from dataclasses import dataclass

from weftwork.codecs.buffers import BufferShelf
from weftwork.codecs.calls import Call, SlotWire, decode_call, named_value
from weftwork.codecs.payload import Payload, encode
from weftwork.tasks.capture import Captured, Slot
from weftwork.tasks.constant import Constant
from weftwork.tasks.item import Item
from weftwork.tasks.parts import Field


@dataclass(frozen=True, slots=True)
class EncodedArguments:
    """The arguments of one call, safe from later changes of what was passed.

    Attributes:
        payload: Pickle of a `Call`. A slot in it is named by index and path, a constant by key.
        constants: The constants it refers to, each once.
        inputs: The items the slots count, in the order of the captured call.
    """

    payload: Payload
    constants: tuple[Constant[object], ...] = ()
    inputs: tuple[Item[object], ...] = ()

    def decode(self, inputs: Sequence[object]) -> Call:
        """Return the arguments in this process, with (parts of) `inputs` in their places.

        Args:
            inputs: Their values, none a `Stored`.

        Raises:
            UsageError: An input has no such part as the call refers to.
            Exception: Whatever unpickling raises.
        """
        constants = {each.key: each.value for each in self.constants}
        return decode_call(self.payload, lambda name: named_value(name, inputs, constants))


def encode_arguments(captured: Captured, shelf: BufferShelf) -> EncodedArguments:
    """Encode the arguments of one call.

    Raises:
        NotPicklableError: Names the path to what cannot be pickled, such as `args[0]['lock']`.
        BackendError: No room for the large buffers.
    """
    constants: dict[int, Constant[object]] = {}

    def reference(value: object) -> object:
        if isinstance(value, Slot):
            return slot_wire(value)
        if isinstance(value, Constant):
            constants[value.key] = value
            return value.key
        return None

    call = Call(captured.args, dict(captured.kwargs))
    payload = encode(call, shelf, root="", reference=reference)
    return EncodedArguments(payload, tuple(constants.values()), captured.inputs)


def slot_wire(slot: Slot) -> SlotWire:
    """Return what stands for a slot in messages."""
    steps = tuple(
        (True, step.name) if isinstance(step, Field) else (False, step.key) for step in slot.path
    )
    return slot.index, steps
