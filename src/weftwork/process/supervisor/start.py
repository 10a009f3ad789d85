"""Start one program: find it, open its files, set it up, and say what was wrong if it fails.

The supervisor has one thread, so directory and affinity are set on itself around the spawn.
"""

import errno
import os
import signal
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from weftwork.process.supervisor.messages import MARK, EndKind, Start

IGNORED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGPIPE,
    signal.SIGXFSZ,
    signal.SIGTSTP,
    signal.SIGTTIN,
    signal.SIGTTOU,
)
"""Signals the supervisor does not hear; its children do."""

_PASSING = frozenset(
    {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ETXTBSY, errno.EINTR}
)
_NULL = b"/dev/null"
_READ = os.O_RDONLY
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class CannotStart(Exception):  # noqa: N818  a sentence, not an error of ours
    """The program cannot be started, and trying again would not help."""

    def __init__(self, kind: EndKind, message: str) -> None:
        super().__init__(message)
        self.kind: EndKind = kind
        self.message = message


class NoRoom(Exception):  # noqa: N818
    """It cannot be started just now: no process, memory or file is to spare, or it is written to.

    Attributes:
        is_shared: Whether the end of another program of ours may help.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(os.strerror(error.errno or 0))
        self.is_shared = error.errno != errno.ETXTBSY


def start(order: Start, fds: Sequence[int], home: int) -> int:
    """Start the program and return its pid. `home` is the directory to return to.

    Raises:
        CannotStart: It never will.
        NoRoom: It may later. Nothing was left behind.
    """
    env = {**order.env, MARK: order.mark}
    affinity = order.cpus and os.sched_getaffinity(0)
    try:
        if order.cwd is not None:
            _enter(order.cwd)
        if order.cpus:
            os.sched_setaffinity(0, order.cpus)
        with _files(order) as files:
            return _spawn(order, env, [*files, *fds])
    except OSError as error:
        if error.errno in _PASSING:
            raise NoRoom(error) from error
        raise CannotStart("bad_input", f"cannot start {_show(order.argv[0])}: {error}") from error
    finally:
        if affinity:
            os.sched_setaffinity(0, affinity)
        os.fchdir(home)


def _enter(path: bytes) -> None:
    try:
        os.chdir(path)
    except OSError as error:
        raise CannotStart(
            "bad_directory", f"cannot enter the directory {_show(path)}: {error.strerror}"
        ) from error


@contextmanager
def _files(order: Start) -> Generator[Sequence[int], None, None]:
    """Open stdin, stdout and stderr; take back what was made unless the block succeeds."""
    opened: list[int] = []
    made: list[bytes] = []
    try:
        for path, flags in ((order.stdin, _READ), (order.stdout, _WRITE), (order.stderr, _WRITE)):
            if path is None:
                opened.append(os.open(_NULL, flags & os.O_ACCMODE))
            elif path in made:
                opened.append(os.dup(opened[-1]))
            else:
                opened.append(_open(path, flags))
                if flags == _WRITE:
                    made.append(path)
        yield opened
    except BaseException:
        for path in made:
            os.unlink(path)  # noqa: PTH108  bytes, and no pathlib here
        raise
    finally:
        for fd in opened:
            os.close(fd)


def _open(path: bytes, flags: int) -> int:
    try:
        return os.open(path, flags, 0o600)
    except OSError as error:
        if error.errno in _PASSING:
            raise
        raise CannotStart("bad_input", f"cannot open {_show(path)}: {error.strerror}") from error


def _spawn(order: Start, env: dict[bytes, bytes], fds: Sequence[int]) -> int:
    program = _find(order)
    try:
        return os.posix_spawn(
            program,
            list(order.argv),
            env,
            file_actions=[(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate(fds)],
            setsid=True,
            setsigmask=(),
            setsigdef=IGNORED,
        )
    except ValueError as error:
        raise CannotStart("bad_input", f"an argument or variable is not usable: {error}") from error
    except OSError as error:
        if error.errno in _PASSING:
            raise
        raise _explain(program, error) from error


def _find(order: Start) -> bytes:
    """Return the path of the program, sought as a shell would with the child's PATH."""
    name = order.argv[0]
    if b"/" in name:
        return name
    path = order.env.get(b"PATH", os.fsencode(os.defpath))
    refused = b""
    for directory in path.split(b":"):
        candidate = (directory or b".") + b"/" + name
        if os.path.isfile(candidate):  # noqa: PTH113
            if os.access(candidate, os.X_OK):
                return candidate
            refused = refused or candidate
    if refused:
        raise CannotStart("not_executable", f"{_show(refused)} is not executable: chmod +x it")
    raise CannotStart("not_found", f"no program {_show(name)} on PATH={_show(path)}")


def _explain(program: bytes, error: OSError) -> CannotStart:
    """Say why the kernel refused to execute `program`."""
    shown = _show(program)
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
        if not os.path.exists(program):  # noqa: PTH110
            return CannotStart("not_found", f"no program {shown}: {error.strerror}")
        line = _first_line(program)
        if line.startswith(b"#!"):
            return CannotStart(
                "bad_interpreter",
                f"the interpreter in the first line of {shown} is not there: {_show(line)}",
            )
        return CannotStart("bad_interpreter", f"the loader that {shown} was built for is not there")
    if error.errno == errno.ENOEXEC:
        return CannotStart(
            "not_executable", f"{shown} is neither a program nor does it begin with '#!'"
        )
    if error.errno == errno.EACCES:
        return CannotStart("not_executable", f"{shown} is not executable: {error.strerror}")
    return CannotStart("bad_input", f"cannot execute {shown}: {error.strerror}")


def _first_line(path: bytes) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(fd, 256).split(b"\n", 1)[0]
    finally:
        os.close(fd)


def _show(path: bytes) -> str:
    return repr(os.fsdecode(path))
