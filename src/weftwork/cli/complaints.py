"""What went wrong, on standard error: one sentence, and of a user's own error the user's frames."""

import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TypeGuard

from weftwork.cli.codes import ExitCode, code_of
from weftwork.errors import TaskError, UsageError, WeftworkError
from weftwork.tasks.nearest import did_you_mean

_OURS = str(Path(__file__).parent.parent)
_MACHINERY = ("asyncio", "concurrent/futures", "importlib", "runpy.py", "contextlib.py")
_LIBRARY = str(Path(traceback.__file__).parent)


def complain(error: WeftworkError) -> ExitCode:
    """Say the error in one line and return the exit code for it."""
    sys.stderr.write(f"weft: {error}\n")
    return code_of(error)


def unknown_verb(verb: str, verbs: Iterable[str]) -> UsageError:
    """Return the error for a first argument that is no verb."""
    if verb.partition(":")[0].endswith(".py"):
        return UsageError(f"{verb!r} is a script, not a verb: type `weft run {verb}`")
    return UsageError(f"unknown verb {verb!r}: {did_you_mean(verb, verbs)}; see `weft --help`")


def show_failure(error: BaseException) -> None:
    """Say how a run failed: our errors in a sentence, the user's with the user's frames."""
    sentences = [f"weft: {line}" for line in _sentences(error)]
    sys.stderr.write("\n".join([*sentences, *_frames(_culprit(error))]) + "\n")


def users_frames(error: BaseException) -> traceback.StackSummary:
    """Return the frames of the traceback that are neither ours nor the interpreter's machinery."""
    frames = traceback.extract_tb(error.__traceback__)
    return traceback.StackSummary.from_list([one for one in frames if not _is_machinery(one)])


def _sentences(error: BaseException) -> list[str]:
    if _is_group(error):
        first = error.exceptions[:3]
        return [error.message, *(f"  {_sentence(member)}" for member in first)]
    return [_sentence(error)]


def _sentence(error: BaseException) -> str:
    if isinstance(error, WeftworkError):
        return str(error)
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _culprit(error: BaseException) -> BaseException | None:
    """The user's own exception behind what was raised, if it brought a traceback."""
    if _is_group(error):
        return _culprit(error.exceptions[0])
    if isinstance(error, TaskError):
        cause = error.__cause__
        return None if cause is None else _culprit(cause)
    return None if isinstance(error, WeftworkError) and not users_frames(error) else error


def _frames(error: BaseException | None) -> list[str]:
    if error is None:
        return []
    frames = users_frames(error)
    if not frames and error.__traceback__ is not None:
        # Nothing of the user's had a part in it: a bug of ours, to be told in full.
        frames = traceback.extract_tb(error.__traceback__)
    return ["".join(frames.format()).rstrip("\n")] if frames else []


def _is_machinery(frame: traceback.FrameSummary) -> bool:
    name = frame.filename
    if name.startswith((_OURS, "<frozen ")):
        return True
    return name.startswith(tuple(f"{_LIBRARY}/{part}" for part in _MACHINERY))


def _is_group(error: BaseException) -> TypeGuard[BaseExceptionGroup[BaseException]]:
    return isinstance(error, BaseExceptionGroup)
