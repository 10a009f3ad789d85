"""What the modes of the local backend share in one engine: this machine's resources."""

import asyncio
from collections.abc import Callable, Hashable
from contextvars import Context
from typing import TYPE_CHECKING

from weftwork.backends.local.bundles import CallBundles, bundle_of, machine_refusal
from weftwork.backends.local.hardware import Hardware, survey
from weftwork.core.packing import Bundle, Grant, Packing
from weftwork.engine.ports import Capacity
from weftwork.engine.site import Site
from weftwork.process.client import Supervisors

if TYPE_CHECKING:
    from weftwork.tasks.resources import Resources


class Machine:
    """The pool of cores, GPUs, memory and named limits, with `Bookings` on it.

    Args:
        site: Of the engine.
        hardware: What there is; None: look.
    """

    def __init__(self, site: Site, hardware: Hardware | None = None) -> None:
        settings = site.settings
        self.hardware = hardware or survey()
        cores, gpus = self.hardware.cores, self.hardware.gpu_ids
        self.bundles = CallBundles(len(cores), settings.workers)
        limits = {**(settings.limits or {}), **self.bundles.limits}
        self._packing = Packing(cores, gpus, self.hardware.memory, limits)
        self._grace = settings.grace
        self._supervisors: Supervisors | None = None
        self._granted: dict[Hashable, Callable[[Grant], None]] = {}
        self._is_due = False

    @property
    def supervisors(self) -> Supervisors:
        """Who start and end processes. The first of them is started by the first process."""
        if self._supervisors is None:
            self._supervisors = Supervisors(grace=self._grace)
        return self._supervisors

    async def close(self, grace: float) -> None:
        """End what processes are left, and the supervisors."""
        if self._supervisors is not None:
            await self._supervisors.close(grace)

    @property
    def capacity(self) -> Capacity:
        """What can be given at once."""
        hardware = self.hardware
        return Capacity(len(hardware.cores), len(hardware.gpus), hardware.memory, self.bundles.most)

    def refuse(self, resources: "Resources") -> str | None:
        """Return why this machine can never give what was asked for, else None."""
        return machine_refusal(resources) or self._packing.refuse(bundle_of(resources))

    def request(
        self, key: Hashable, bundle: Bundle, priority: int, granted: Callable[[Grant], None]
    ) -> None:
        """Ask for a whole bundle. `granted` is called once, in a later turn of the loop."""
        self._packing.request(key, bundle, priority)
        self._granted[key] = granted
        self._deliver_soon()

    def withdraw(self, key: Hashable) -> None:
        """No longer want a request that was not granted. Unknown keys are ignored."""
        if self._granted.pop(key, None) is not None:
            self._packing.withdraw(key)
            self._deliver_soon()

    def release(self, key: Hashable) -> None:
        """Give a granted bundle back."""
        self._packing.release(key)
        self._deliver_soon()

    def contended(self, key: Hashable) -> bool:
        """Whether somebody of equal or higher priority waits for what the holder `key` has."""
        return self._packing.contended(key)

    def why(self, key: Hashable) -> str:
        """Return one sentence: what the request waits for, or what it was granted."""
        return self._packing.why(key)

    def _deliver_soon(self) -> None:
        # One pass over those who wait for all that happens in a turn.
        if not self._is_due:
            self._is_due = True
            # An empty context: what is begun here is not the work of whoever asked first.
            asyncio.get_running_loop().call_soon(self._deliver, context=Context())

    def _deliver(self) -> None:
        self._is_due = False
        for grant in self._packing.grants():
            granted = self._granted.pop(grant.key, None)
            if granted is None:
                # Withdrawn by a callback of this very pass.
                self.release(grant.key)
            else:
                self._pass_on(granted, grant)

    def _pass_on(self, granted: Callable[[Grant], None], grant: Grant) -> None:
        try:
            granted(grant)
        except Exception as error:  # noqa: BLE001 - said by the loop, as of its own callbacks
            # The next grants are others', who would wait for ever.
            context = {"message": "a grant could not be used", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
