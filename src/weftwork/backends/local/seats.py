"""The grants of one crew: asked for as long as there is work, given back when others wait."""

import itertools
from collections.abc import Callable, Hashable

from weftwork.backends.local.bookings import Bookings
from weftwork.core.packing import Bundle, Grant

_NUMBERS = itertools.count(1)


class Seats:
    """Asks for grants of one bundle and passes them on.

    Args:
        bookings: Who grants.
        bundle: What each grant holds.
        most: Grants at once.
        granted: Told of each grant.
    """

    def __init__(
        self, bookings: Bookings, bundle: Bundle, most: int, granted: Callable[[Grant], None]
    ) -> None:
        self._bookings = bookings
        self._bundle = bundle
        self._most = most
        self._tell = granted
        self._held = 0
        self._asked: dict[Hashable, None] = {}

    def want(self, count: int, priority: int) -> None:
        """Ask until there are `count` grants in all; what is more and not yet given, withdraw."""
        missing = min(count, self._most) - self._held - len(self._asked)
        for _ in range(missing):
            key = ("worker", next(_NUMBERS))
            self._asked[key] = None
            self._bookings.request(key, self._bundle, priority, self._granted)
        for _ in range(min(-missing, len(self._asked))):
            last, _ = self._asked.popitem()
            self._bookings.withdraw(last)

    def release(self, grant: Grant) -> None:
        """Give a grant back."""
        self._held -= 1
        self._bookings.release(grant.key)

    def contended(self, grant: Grant) -> bool:
        """Whether somebody waits for what the grant holds."""
        return self._bookings.contended(grant.key)

    def why(self) -> str:
        """Return one sentence: what the next grant waits for."""
        for key in self._asked:
            return self._bookings.why(key)
        return f"waits for one of {self._held} busy workers"

    def _granted(self, grant: Grant) -> None:
        del self._asked[grant.key]
        self._held += 1
        self._tell(grant)
