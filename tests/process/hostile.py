"""Programs that do not want to end. Run as `python hostile.py KIND READY GO`.

Each sets up its mischief, writes a byte to the fifo READY, and ends when it can read the fifo GO.
"""

import ctypes
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial

HERE, EXE = os.path.dirname(sys.executable), sys.executable  # noqa: PTH120
KIND, READY, GO = sys.argv[1:4]
MIB = 1 << 20
PR_SET_CHILD_SUBREAPER = 36
SYS_EXIT = 60
EVERY_SIGNAL = set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}


def ready() -> None:
    fd = os.open(READY, os.O_WRONLY)
    os.write(fd, b".")
    os.close(fd)


def forever() -> None:
    while True:
        signal.pause()


def sleeper() -> None:
    ready()
    forever()


def child(*steps: Callable[[], object]) -> None:
    if os.fork() == 0:
        for step in steps:
            step()
        os._exit(0)


def again(kind: str) -> list[str]:
    return [EXE, "-I", "-S", __file__, kind, READY, GO]


def write(block: bytes, times: int) -> None:
    for _ in range(times):
        os.write(1, block)


def ignore() -> None:
    for number in EVERY_SIGNAL:
        signal.signal(number, signal.SIG_IGN)


def plain_child() -> None:
    child(sleeper)


def double_fork() -> None:
    child(partial(child, sleeper))


def own_session() -> None:
    child(os.setsid, sleeper)


def double_session() -> None:
    child(os.setsid, partial(child, os.setsid, sleeper))


def own_group() -> None:
    child(partial(os.setpgid, 0, 0), ignore, sleeper)


def nohup() -> None:
    os.posix_spawnp("nohup", ["nohup", *again("sleeper")], os.environ)


def ignores_signals() -> None:
    ignore()
    ready()


def blocks_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, EVERY_SIGNAL)
    ready()


def closes_descriptors() -> None:
    child(ready, partial(os.closerange, 0, 1024), forever)


def holds_output() -> None:
    def hold() -> None:
        ready()
        while True:
            os.write(1, b"still here\n")
            select.select([], [], [], 0.01)

    child(hold)


def five_hundred() -> None:
    for _ in range(500):
        child(forever)
    ready()


def stops_itself() -> None:
    child(ready, ignore, partial(signal.raise_signal, signal.SIGSTOP), forever)


def long_line() -> None:
    write(b"x" * MIB, 100)
    ready()


def nuls() -> None:
    write(b"\0" * MIB, 4)
    ready()


def no_text() -> None:
    write(bytes(range(128, 256)) * 8192, 4)
    ready()


def gibibyte() -> None:
    ready()
    write(b"a line of the log\n" * (MIB // 18), 1024)


def daemon() -> None:
    def away() -> None:
        os.setsid()
        os.chdir("/")
        os.closerange(0, 1024)
        child(lambda: os.execve(EXE, again("sleeper"), {}))  # noqa: S606

    child(away)


def bomb() -> None:
    def explode(depth: int) -> None:
        for _ in range(2 if depth else 0):
            child(partial(explode, depth - 1))
        if depth == 0:
            sleeper()
        forever()

    child(partial(explode, 6))


def exec_chain() -> None:
    child(lambda: os.execv(EXE, again("exec_link")))  # noqa: S606


def exec_link() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        ready()
        os._exit(0)
    os.execv(EXE, again("exec_link"))  # noqa: S606


def respawns() -> None:
    def respawn(*_: object) -> None:
        child(os.setsid, forever)

    child(partial(signal.signal, signal.SIGTERM, respawn), sleeper)


def relay() -> None:
    def run(lap: int) -> None:
        ignore()
        os.setsid()
        if lap == 3:
            ready()
        child(partial(run, lap + 1))

    child(partial(run, 0))


def renamed() -> None:
    ready()
    child(lambda: os.execv(f"{HERE}/sleep", ["[kworker/0:1]", "1000"]))  # noqa: S606


def headless() -> None:
    """The main thread ends and another one goes on: the kernel calls that a zombie."""

    def behead() -> None:
        ignore()
        threading.Thread(target=sleeper).start()
        ctypes.CDLL(None).syscall(SYS_EXIT, 0)

    child(behead)


def reaper() -> None:
    """It collects orphans itself."""

    def adopt() -> None:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        ignore()
        child(partial(child, sleeper))
        forever()

    child(adopt)


def unreaped() -> None:
    """Its children are dead, and it does not care."""

    def neglect() -> None:
        for _ in range(20):
            child()
        sleeper()

    child(neglect)


KINDS = (
    plain_child,
    double_fork,
    own_session,
    double_session,
    own_group,
    nohup,
    ignores_signals,
    blocks_signals,
    closes_descriptors,
    holds_output,
    five_hundred,
    stops_itself,
    long_line,
    nuls,
    no_text,
    gibibyte,
    daemon,
    bomb,
    exec_chain,
    respawns,
    relay,
    renamed,
    headless,
    reaper,
    unreaped,
)

if __name__ == "__main__":
    {kind.__name__: kind for kind in (*KINDS, sleeper, exec_link)}[KIND]()
    with open(GO, "rb") as go:  # noqa: PTH123 - no pathlib without site
        go.read(1)
