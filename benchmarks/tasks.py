"""The tasks that are measured: they do nothing, so that only what is ours remains."""

import time

import weftwork as ww


async def pause() -> None:
    """Do nothing."""


def plain(number: int) -> int:
    """Give back what was given."""
    return number


def napping(number: int) -> int:
    """Take 20 ms."""
    time.sleep(0.020)
    return number + 1


@ww.task
async def nothing() -> None:
    """Do nothing."""


@ww.task
async def step(number: int) -> int:
    """Add one."""
    return number + 1


@ww.task
def plain_step(number: int) -> int:
    """Add one."""
    return number + 1


@ww.task
def one(number: int) -> int:
    """Give back what was given."""
    return number


@ww.task
def nap(number: int) -> int:
    """Take 20 ms."""
    return napping(number)


@ww.task
async def total(numbers: list[int]) -> int:
    """Add up."""
    return sum(numbers)


@ww.task
def plain_total(numbers: list[int]) -> int:
    """Add up."""
    return sum(numbers)


@ww.task
async def pair(a: int, b: int) -> int:
    """Add two."""
    return a + b


@ww.block
async def three(number: int) -> int:
    """Run three tasks after each other."""
    return await step(step(step(number)))
