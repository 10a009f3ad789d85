"""What went wrong, on standard error: one sentence, and of a user's own error the user's frames."""

import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TypeGuard

from weftwork.cli.codes import ExitCode, code_of
from weftwork.errors import BackendError, TaskError, UsageError, WeftworkError
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


def show_failure(error: BaseException) -> str | None:
    """Say how a run failed, and of the user's own error show the user's frames.

    Returns:
        The label of the item whose failure was told in full, if it was one's.
    """
    root = _root(error)
    lines = [f"weft: {_sentence(error, root)}", *_frames(root)]
    sys.stderr.write("\n".join(lines) + "\n")
    return error.label if isinstance(error, TaskError) and root is error else None


def users_frames(error: BaseException) -> traceback.StackSummary:
    """Return the frames of the traceback that are neither ours nor the interpreter's machinery."""
    frames = traceback.extract_tb(error.__traceback__)
    return traceback.StackSummary.from_list([one for one in frames if not _is_machinery(one)])


def _root(error: BaseException) -> BaseException:
    """The failure that made the others: of a block that failed because of a task, the task's."""
    while isinstance(error, TaskError) and isinstance(error.__cause__, TaskError):
        error = error.__cause__
    return error


def _sentence(error: BaseException, root: BaseException) -> str:
    if isinstance(error, TaskError) and isinstance(root, TaskError) and root is not error:
        return f"{error.label} failed, because of {root.label}"
    if isinstance(error, TaskError) and _is_group(error.__cause__):
        return f"{error.label} failed: {error.__cause__.message}"
    if _is_group(error):
        return error.message
    if isinstance(error, WeftworkError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _frames(root: BaseException) -> list[str]:
    """The user's frames of what is not our own sentence, and all frames of a bug of ours."""
    error = root.__cause__ if isinstance(root, TaskError) else root
    if error is None or _is_group(error) or isinstance(error, UsageError | BackendError):
        return []
    frames = users_frames(error)
    if not frames and not isinstance(root, TaskError):
        frames = traceback.extract_tb(error.__traceback__)
    return ["".join(frames.format()).rstrip("\n")] if frames else []


def _is_machinery(frame: traceback.FrameSummary) -> bool:
    name = frame.filename
    if name.startswith((_OURS, "<frozen ")):
        return True
    return name.startswith(tuple(f"{_LIBRARY}/{part}" for part in _MACHINERY))


def _is_group(error: BaseException | None) -> TypeGuard[BaseExceptionGroup[BaseException]]:
    return isinstance(error, BaseExceptionGroup)
