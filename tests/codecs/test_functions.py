"""How functions get to workers."""

import functools
import importlib
import importlib.util
import os.path
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from weftwork.codecs.buffers import BufferShelf
from weftwork.codecs.functions import encode_function, load_function
from weftwork.codecs.payload import NotPicklableError
from weftwork.engine.directory import SessionDirectory
from weftwork.errors import UsageError
from weftwork.testing import bodies


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[BufferShelf]:
    shelf = BufferShelf(SessionDirectory(tmp_path))
    yield shelf
    shelf.close()


def is_by_name(function: Callable[..., object], shelf: BufferShelf) -> bool:
    return isinstance(encode_function(function, shelf).load(), tuple)


def test_what_can_be_imported_goes_by_name(shelf: BufferShelf) -> None:
    assert is_by_name(os.path.join, shelf)
    assert load_function(encode_function(os.path.join, shelf)) is os.path.join


def test_the_function_of_a_task_is_found_under_the_name_of_the_task(shelf: BufferShelf) -> None:
    function = bodies.add.fn
    assert is_by_name(function, shelf)
    assert load_function(encode_function(function, shelf)) is function


def successor(number: int) -> int:
    return number + 1


CALLABLES: list[Callable[..., object]] = [
    lambda: 5,
    functools.partial(successor, 3),
    [3].__len__,
    "a".upper,
    dict,
]


@pytest.mark.parametrize("function", CALLABLES)
def test_any_callable_goes(shelf: BufferShelf, function: Callable[..., object]) -> None:
    assert load_function(encode_function(function, shelf))() == function()


def test_a_function_in_a_function_brings_what_it_closes_over(shelf: BufferShelf) -> None:
    def outer(step: int) -> Callable[[int], int]:
        return lambda x: x + step

    assert load_function(encode_function(outer(5), shelf))(1) == 6


def test_a_module_loaded_from_a_path_goes_by_value(shelf: BufferShelf, tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("STEP = 4\ndef add(x):\n    return x + STEP\n")
    spec = importlib.util.spec_from_file_location("a_script_elsewhere", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["a_script_elsewhere"] = module
    try:
        spec.loader.exec_module(module)
        payload = encode_function(module.__dict__["add"], shelf)
    finally:
        del sys.modules["a_script_elsewhere"]
    assert load_function(payload)(1) == 5


def test_a_module_found_on_the_path_goes_by_name(
    shelf: BufferShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sibling_of_the_script.py").write_text("def add(x):\n    return x + 1\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    importlib.invalidate_caches()
    module = importlib.import_module("sibling_of_the_script")
    payload = encode_function(module.__dict__["add"], shelf)
    del sys.modules["sibling_of_the_script"]
    before = list(sys.path)
    monkeypatch.setattr(sys, "path", [])
    assert load_function(payload)(1) == 2
    assert sys.path == before, "the path of the engine comes along"


def test_a_module_that_cannot_be_imported_a_second_time_is_named(
    shelf: BufferShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fragile.py").write_text("def add(x):\n    return x + 1\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    importlib.invalidate_caches()
    payload = encode_function(importlib.import_module("fragile").__dict__["add"], shelf)
    monkeypatch.delitem(sys.modules, "fragile")
    (tmp_path / "fragile.py").write_text("import no_such_module_anywhere\n")
    with pytest.raises(UsageError, match=r"cannot import add from fragile .*no_such_module_any"):
        load_function(payload)


def test_a_closure_over_a_lock_is_named(shelf: BufferShelf) -> None:
    lock = threading.Lock()

    def body() -> object:
        return lock

    with pytest.raises(NotPicklableError, match=r"body, the closure variable 'lock': a _thread"):
        encode_function(body, shelf)


def test_it_lies_in_a_file_so_that_naming_it_often_costs_little(shelf: BufferShelf) -> None:
    assert not isinstance(encode_function(os.path.join, shelf).data, bytes)
