import pickle
from collections.abc import Callable

import numpy as np
import pytest

from weftwork.errors import UsageError
from weftwork.tasks.resources import FOREIGN_NAMES, Resources


def test_resources_are_read_into_numbers() -> None:
    wanted = Resources(4, 2, gpus=1, memory="4 GB", walltime="20 min", limits={"licence": 1})
    assert (wanted.ranks, wanted.threads, wanted.gpus) == (4, 2, 1)
    assert (wanted.memory, wanted.walltime, wanted.limits) == (4 * 10**9, 1200.0, {"licence": 1})
    assert wanted.cores == 8


def test_the_default_is_one_core_and_nothing_else() -> None:
    assert Resources() == Resources(1, 1, 0, memory=0, walltime=None, nodes=1, limits={})
    assert Resources().cores == 1
    assert Resources(threads=0).cores == 0


def test_a_numpy_integer_is_a_count() -> None:
    ranks = Resources(ranks=np.int64(4)).ranks  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert (ranks, type(ranks)) == (4, int)


def test_resources_are_values() -> None:
    wanted = Resources(4, memory="4 GB", limits={"licence": 1})
    assert pickle.loads(pickle.dumps(wanted)) == wanted  # noqa: S301
    assert {wanted: "same"}[Resources(4, memory="4 GB", limits={"licence": 1})] == "same"
    with pytest.raises(AttributeError):
        wanted.ranks = 5  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]


def test_limits_are_copied_from_what_the_caller_may_change() -> None:
    limits = {"licence": 1}
    wanted = Resources(limits=limits)
    limits["licence"] = 5
    assert wanted.limits == {"licence": 1}


def test_replace_changes_some_fields_and_checks_them() -> None:
    wanted = Resources(4, walltime="20 min").replace(ranks=8, memory="1 GB")
    assert wanted == Resources(8, walltime=1200, memory=10**9)
    with pytest.raises(UsageError, match="Resources has no 'rank'; did you mean 'ranks'"):
        wanted.replace(rank=2)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def test_the_repr_shows_what_is_not_the_default_as_it_may_be_written() -> None:
    wanted = Resources(4, memory="4 GB", walltime="90 min", limits={"licence": 1})
    assert repr(wanted) == (
        "Resources(ranks=4, memory='4 GB', walltime='1 h 30 min', limits={'licence': 1})"
    )
    assert repr(Resources()) == "Resources()"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Resources(rank=4),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "Resources has no 'rank'; did you mean 'ranks'?",
        ),
        (
            lambda: Resources(cpus=4),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "Resources has no 'cpus': cpus is called threads here",
        ),
        (
            lambda: Resources(mem_mb=512),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "Resources has no 'mem_mb': mem_mb is called memory here",
        ),
        (
            lambda: Resources(timeout=5),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "Resources has no 'timeout': it is an option of the task, @ww.task(timeout=...)",
        ),
        (
            lambda: Resources(colour="red"),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "Resources has no 'colour'; "
            "known are ranks, threads, gpus, memory, walltime, nodes, limits",
        ),
        (lambda: Resources(ranks=0), "ranks=0: expected a whole number of at least 1"),
        (lambda: Resources(ranks=-4), "ranks=-4: expected a whole number of at least 1"),
        (lambda: Resources(ranks=True), "ranks=True: expected a whole number of at least 1"),
        (
            lambda: Resources(ranks=4.0),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "ranks=4.0: expected a whole number of at least 1",
        ),
        (
            lambda: Resources("4"),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "ranks='4': expected a whole number of at least 1",
        ),
        (lambda: Resources(threads=-1), "threads=-1: expected a whole number of at least 0"),
        (
            lambda: Resources(gpus=0.5),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "gpus=0.5: expected a whole number of at least 0",
        ),
        (
            lambda: Resources(nodes=2),
            "nodes=2 with ranks=1: a rank does not span nodes, so give at least ranks=2",
        ),
        (
            lambda: Resources(walltime=0),
            "walltime=0 leaves no time to run: give more, or None for no limit",
        ),
        (
            lambda: Resources(limits=["licence"]),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "limits=['licence']: expected a dict such as {'licence': 1}",
        ),
        (
            lambda: Resources(limits={"licence": 0}),
            "limits['licence']=0: expected a whole number of at least 1",
        ),
    ],
)
def test_what_cannot_be_is_explained(make: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value) == message


def test_every_foreign_name_points_to_a_field() -> None:
    assert set(FOREIGN_NAMES.values()) <= set(Resources.__slots__)
    assert set(FOREIGN_NAMES).isdisjoint(Resources.__slots__)
