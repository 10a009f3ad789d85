"""Benchmarks in fresh interpreters: what another one left behind must not count."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from benchmarks.catalogue import BENCHMARKS
from benchmarks.rows import Row
from benchmarks.sizes import Size


def measured(name: str, size: Size) -> list[Row]:
    """Run one benchmark and return its rows."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(rows_of, name, size).result()


def rows_of(name: str, size: Size) -> list[Row]:
    """Run one benchmark here."""
    return list(BENCHMARKS[name](size))
