"""The garbage collector's thresholds while engines are active.

Millions of live items make each generation-0 pass over the young ones pointless work; thresholds
are raised with the first active engine of the process and restored with the last.
"""

import gc
import threading

_RAISED = (50_000, 50, 100)
_lock = threading.Lock()
_active = 0
_before = gc.get_threshold()


def relax() -> None:
    """One more engine is active."""
    global _active, _before  # noqa: PLW0603 - the thresholds are the process's own global
    with _lock:
        if _active == 0:
            _before = gc.get_threshold()
            gc.set_threshold(*_RAISED)
        _active += 1


def restore() -> None:
    """One engine less is active."""
    global _active  # noqa: PLW0603 - as above
    with _lock:
        _active -= 1
        if _active == 0:
            gc.set_threshold(*_before)
