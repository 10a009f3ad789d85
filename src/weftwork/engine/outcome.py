"""What a user's own code raised, as the failure of an attempt; and failures that nobody saw."""

import traceback
from collections.abc import Sequence

from weftwork.codecs.exceptions import text_of
from weftwork.core.model import Cause
from weftwork.engine.endings import exception_of
from weftwork.engine.work import Failure
from weftwork.tasks.item import Item

_OURS = __file__.removesuffix("engine/outcome.py")
"""Where this package lies. A user's own folders may have its name."""

SHOWN = 100
"""Failures an ExceptionGroup holds; the rest are counted."""


def body_failed(error: BaseException, cause: Cause = Cause.EXCEPTION) -> Failure:
    """Return the failure that an exception out of a body is, with the place it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(_OURS)]
    place = f" ({own[-1].filename}:{own[-1].lineno})" if own else ""
    text = text_of(error)
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return Failure(cause, f"{message}{place}", exception=error)


def unseen_failures(where: str, failed: Sequence[Item[object]]) -> ExceptionGroup[Exception]:
    """Return one exception for the failures that nobody awaited: the first ones and the count."""
    count = len(failed)
    shown = [exception_of(item) for item in failed[:SHOWN]]
    rest = f", the first {SHOWN} of them here" if count > SHOWN else ""
    noun = "task failed" if count == 1 else "tasks failed"
    message = f"{count} {noun} {where} and nobody looked at the result{rest}"
    return ExceptionGroup(message, [error for error in shown if isinstance(error, Exception)])
