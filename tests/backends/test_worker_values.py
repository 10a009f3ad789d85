"""Values on their way to workers and back, and workspaces."""

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest

from backends.worker_bench import on_bench
from weftwork.codecs.buffers import LARGE
from weftwork.engine.ports import (
    Succeeded,
)
from weftwork.tasks.constant import Constant
from weftwork.tasks.stored import Stored
from weftwork.tasks.task import task
from weftwork.tasks.workspace import workspace
from weftwork.testing.bench import Bench, End

pytestmark = pytest.mark.slow


@task
def double(array: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> object:
    array *= 2.0
    return array


@task
def total(array: "np.ndarray[tuple[int], np.dtype[np.float64]]", part: float) -> float:
    return float(array.sum()) * part


def test_arrays_go_from_call_to_call_unopened_and_their_files_go() -> None:
    async def play(bench: Bench) -> None:
        shelf = bench.site.shelf
        item = double(np.ones(1))
        end: End = Succeeded(bench.attempt(), np.ones(LARGE))
        for _ in range(5):
            assert isinstance(end, Succeeded)
            end = await bench.run(bench.call(double, item, values=[end.value]))
        assert isinstance(end, Succeeded)
        value = end.value
        assert isinstance(value, Stored)
        del end
        bench.submitted.clear()
        bench.recorder.forget()
        array = np.asarray(value.load())
        assert array.tolist() == [32.0] * LARGE
        files = [entry.name for entry in shelf.shared.iterdir() if entry.name.startswith("worker")]
        assert len(files) == 1, "only the last result is still named by anybody"

    on_bench(play)


def test_a_constant_is_encoded_once_and_loaded_once_by_each_worker() -> None:
    async def play(bench: Bench) -> None:
        constant: Constant[object] = Constant(np.ones(LARGE))
        works = [bench.call(total, constant, number) for number in range(50)]
        for number, attempt in enumerate(bench.submit(*works)):
            end = await bench.end(attempt)
            assert isinstance(end, Succeeded)
            assert end.value == number * LARGE
        large = [
            entry for entry in bench.site.shelf.shared.iterdir() if entry.stat().st_size >= LARGE
        ]
        assert len(large) == 1

    on_bench(play)


@task
def take_all(*values: object) -> int:
    return len(values)


@task
def give(count: int) -> list[int]:
    return list(range(count))


def test_calls_and_results_of_any_size_arrive() -> None:
    async def play(bench: Bench) -> None:
        for count in (0, 1, 1000, 100_000):
            assert await bench.value(bench.call(take_all, *range(count))) == count
            assert await bench.value(bench.call(give, count)) == list(range(count))
        items = [give(number) for number in range(2000)]
        assert await bench.value(bench.call(take_all, *items, values=["x" * 100] * 2000)) == 2000

    on_bench(play)


@task
def find_workspace(*, fail: bool) -> str:
    (workspace() / "file").write_text("x")
    if fail:
        raise ValueError(str(workspace()))
    return f"{workspace()}{os.pathsep}{Path.cwd()}"


@pytest.mark.parametrize("keep", [False, True])
def test_a_workspace_is_the_working_directory_and_goes_after_success(keep: bool) -> None:
    async def play(bench: Bench) -> None:
        value = await bench.value(
            bench.call(find_workspace, kwargs={"fail": False}, workspace=True)
        )
        path, directory = str(value).split(os.pathsep)
        assert path == directory
        assert await asyncio.to_thread(Path(path).exists) == keep
        failed = bench.call(find_workspace, kwargs={"fail": True}, workspace=True)
        failure = await bench.failure(failed)
        left = Path(str(failure.exception)) / "file"
        assert await asyncio.to_thread(left.read_text) == "x"

    on_bench(play, keep=keep)
