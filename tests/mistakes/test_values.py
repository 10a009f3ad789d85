"""Mistakes with what travels between processes, and with how bodies end."""

import os
import sys
import threading
from collections.abc import Callable

import pytest

import weftwork as ww

LOCK = threading.Lock()


class PickyError(Exception):
    """Its constructor needs arguments, so that it cannot be rebuilt by `type(e)(text)`."""

    def __init__(self, where: str, line: int) -> None:
        super().__init__(f"{where}:{line}")
        self.where, self.line = where, line


class UnpicklableError(Exception):
    """Holds what cannot be pickled."""

    def __init__(self) -> None:
        super().__init__("holds a lock")
        self.lock = threading.Lock()


@ww.task
def take(value: object) -> str:
    return type(value).__name__


@ww.task
def give_a_lock() -> object:
    return {"a": [threading.Lock()]}


@ww.task
def raise_picky() -> None:
    raise PickyError("melt.in", 7)


@ww.task
def raise_unpicklable() -> None:
    raise UnpicklableError


@ww.task
def interrupt() -> None:
    raise KeyboardInterrupt


@ww.task
def leave(code: int) -> None:
    sys.exit(code)


@ww.task
def leave_hard(code: int) -> None:
    os._exit(code)


@ww.task
def raise_base() -> None:
    raise BaseException("no Exception")  # noqa: TRY002


@ww.task
def import_nothing() -> None:
    import no_such_module_here  # type: ignore[import-not-found]  # pyright: ignore  # noqa: F401, PLC0415


EVERYWHERE = pytest.mark.parametrize(
    "backend", ["inline", "threads", pytest.param("processes", marks=pytest.mark.slow)]
)


def failure(item: ww.Item[object], backend: str) -> ww.TaskFailed:
    with pytest.raises(ww.TaskFailed) as caught:
        ww.run(item, backend=backend, quiet=True)
    return caught.value


@pytest.mark.slow
def test_an_argument_that_cannot_be_pickled_is_named_by_its_path() -> None:
    with ww.WorkflowEngine("processes"), pytest.raises(ww.UsageError, match=r"args\[0\]\['lock'\]"):
        take({"lock": LOCK})


@pytest.mark.slow
def test_a_result_that_cannot_be_pickled_is_named_by_its_path() -> None:
    error = failure(give_a_lock(), "processes")
    assert error.cause == "bad_result"
    assert "['a'][0]" in str(error)
    assert "lock" in str(error)


@pytest.mark.slow
def test_a_closure_over_a_lock_is_named() -> None:
    lock = threading.Lock()

    @ww.task
    def locked() -> bool:
        with lock:
            return True

    with pytest.raises((ww.TaskFailed, ww.UsageError), match="lock"):
        ww.run(locked(), backend="processes")


@pytest.mark.slow
def test_a_lambda_travels() -> None:
    add: Callable[[int], int] = lambda x: x + 1  # noqa: E731 - a lambda is the point
    assert ww.run(ww.task(add)(1), backend="processes") == 2


@EVERYWHERE
def test_an_exception_whose_constructor_needs_arguments_arrives(backend: str) -> None:
    cause = failure(raise_picky(), backend).__cause__
    assert isinstance(cause, PickyError)
    assert (cause.where, cause.line) == ("melt.in", 7)


@EVERYWHERE
def test_an_exception_that_cannot_be_pickled_is_told_faithfully(backend: str) -> None:
    error = failure(raise_unpicklable(), backend)
    assert "UnpicklableError: holds a lock" in str(error)


@EVERYWHERE
def test_a_keyboard_interrupt_in_a_body_is_its_failure(backend: str) -> None:
    assert "KeyboardInterrupt" in str(failure(interrupt(), backend))


@EVERYWHERE
def test_sys_exit_in_a_body_is_its_failure_with_that_code(backend: str) -> None:
    error = failure(leave(3), backend)
    assert error.cause == "exit_code"
    assert error.exit_code == 3


@pytest.mark.slow
def test_os_exit_in_a_body_fails_at_once_with_that_code() -> None:
    error = failure(leave_hard(4), "processes")
    assert (error.cause, error.exit_code, error.attempt) == ("exit_code", 4, 1)


@EVERYWHERE
def test_any_base_exception_in_a_body_is_its_failure(backend: str) -> None:
    assert "no Exception" in str(failure(raise_base(), backend))


@EVERYWHERE
def test_a_missing_module_is_named(backend: str) -> None:
    assert "no_such_module_here" in str(failure(import_nothing(), backend))
