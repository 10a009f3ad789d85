"""What a request for resources means on one machine."""

from typing import TYPE_CHECKING

from weftwork.core.packing import Bundle

if TYPE_CHECKING:
    from weftwork.tasks.resources import Resources


def bundle_of(resources: "Resources | None") -> Bundle:
    """Return what is booked for one attempt; a plain one takes a core."""
    if resources is None:
        return Bundle()
    limits = tuple(sorted(resources.limits.items()))
    return Bundle(resources.cores, resources.gpus, resources.memory, limits)


CALLS = "calls at once"
"""The named limit, declared by us, that keeps Python calls to the number of workers."""


class CallBundles:
    """What is booked for Python calls.

    Args:
        cores: Cores of this machine.
        workers: Calls at once, as the user said, or None: one per core.
    """

    def __init__(self, cores: int, workers: int | None) -> None:
        self.most = workers or cores
        self.limits = {CALLS: workers} if workers else {}
        self._one = ((CALLS, 1),) if workers else ()
        # More workers than cores share the cores: then a plain call cannot have one of its own.
        self.plain = Bundle(cores=1 if self.most <= cores else 0, limits=self._one)

    def of(self, resources: "Resources | None") -> Bundle:
        """Return what is booked for one call."""
        if resources is None:
            return self.plain
        bundle = bundle_of(resources)
        return bundle._replace(limits=bundle.limits + self._one)


def function_refusal(resources: "Resources | None") -> str | None:
    """Return why no Python function can be given such resources on this machine, else None."""
    if resources is not None and resources.ranks > 1:
        return (
            f"a Python function runs as one process here, and ranks={resources.ranks} was asked "
            "for: make the MPI program an @ww.executable, or ask for threads="
        )
    return None


def machine_refusal(resources: "Resources") -> str | None:
    """Return why one machine cannot be what was asked for, whatever its size, else None."""
    if resources.nodes > 1:
        return f"nodes={resources.nodes} was asked for, and this backend is one machine"
    return None
