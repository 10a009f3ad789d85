"""Functions and classes that no other process can import travel whole, by cloudpickle."""

import pickle
import sys
from types import FunctionType

import cloudpickle

from weftwork.codecs.encoder import PROTOCOL, BufferCallback, Reference, Sink
from weftwork.codecs.importable import travels_by_value


class ByValueEncoder(cloudpickle.Pickler):
    """Plain pickle for what can be imported, source and state for what cannot."""

    def reducer_override(self, obj: object):  # type: ignore[no-untyped-def]  # noqa: ANN201
        """See to it that cloudpickle agrees with us about what can be imported."""
        if isinstance(obj, (type, FunctionType)):
            _register(obj.__module__)
        return super().reducer_override(obj)


class ReferencingByValueEncoder(ByValueEncoder):
    """Leaves out of the pickle what `reference` names."""

    reference: Reference

    def persistent_id(self, obj: object) -> object:
        """Return the name of what stays out."""
        return self.reference(obj)


def by_value_encoder(
    sink: Sink, keep: BufferCallback, reference: Reference | None
) -> pickle.Pickler:
    """Make the pickler for one value."""
    if reference is None:
        return ByValueEncoder(sink, PROTOCOL, buffer_callback=keep)
    encoder = ReferencingByValueEncoder(sink, PROTOCOL, buffer_callback=keep)
    encoder.reference = reference
    return encoder


def _register(name: str | None) -> None:
    # cloudpickle itself treats `__main__`, and what is in no module, by value.
    if name is None or name == "__main__" or not travels_by_value(name):
        return
    module = sys.modules.get(name)
    if module is not None and name not in cloudpickle.list_registry_pickle_by_value():
        cloudpickle.register_pickle_by_value(module)
