import math

import pytest

import weftwork as ww
from weftwork.core.model import Policy, ReleaseRule, RetryPolicy
from weftwork.errors import UsageError
from weftwork.tasks.options import Options, changed


@ww.task
def first() -> int:
    return 1


def test_the_policy_holds_what_the_scheduler_must_know() -> None:
    options = changed(
        "t",
        Options(),
        {
            "retry": ww.Retry(3, wait="10 s", factor=3, jitter=0.5, on=OSError),
            "timeout": "1 min",
            "resources": ww.Resources(walltime="20 min"),
            "rule": "any_success",
        },
    )
    assert options.policy() == Policy(
        RetryPolicy(3, 10.0, 3.0, 0.5), 60.0, 1200.0, ReleaseRule.ANY_SUCCESS
    )


def test_a_number_is_the_short_form_of_a_retry() -> None:
    retry = changed("t", Options(), {"retry": 2}).retry
    assert retry == ww.Retry(2)
    assert (retry.times, retry.wait, retry.on) == (2, 0.0, ())


def test_a_retry_may_be_limited_to_some_exceptions() -> None:
    retry = ww.Retry(1, on=(OSError, ValueError))
    assert retry.covers(FileNotFoundError())
    assert not retry.covers(KeyError())
    assert ww.Retry(1).covers(KeyError())


def test_options_that_are_not_given_stay() -> None:
    before = changed("t", Options(), {"priority": 5, "workspace": True})
    after = changed("t", before, {"backend": "threads"})
    assert (after.priority, after.workspace, after.backend) == (5, True, "threads")


def test_items_to_come_after_may_be_one_or_many_and_parts_count_as_their_item() -> None:
    a, b = first(), first()
    assert changed("t", Options(), {"after": a}).after == (a,)
    assert changed("t", Options(), {"after": [a, b, a, b.part("x")]}).after == (a, b)
    assert changed("t", Options(), {"after": (each for each in (a, b))}).after == (a, b)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("retry", -1, "t: retry=-1 is negative"),
        ("retry", 1.5, "t: retry=1.5: expected a whole number"),
        ("retry", True, "t: retry=True: expected a whole number"),
        ("retry", "2", "t: retry='2': expected a whole number"),
        ("timeout", 0, "t: timeout=0 leaves no time to run"),
        ("timeout", -3, "t: timeout=-3 is negative"),
        ("timeout", math.nan, "t: timeout=nan is not finite"),
        ("timeout", "20 mn", "t: timeout='20 mn'.*'min'"),
        ("timeout", [3], r"t: timeout=\[3\]"),
        ("priority", "high", "t: priority='high': expected a whole number"),
        ("resources", 4, r"t: resources=4: expected ww.Resources\(\.\.\.\)"),
        ("backend", 3, "t: backend=3: expected the name"),
        ("backend", "", "t: backend=''"),
        ("workspace", "yes", "t: workspace='yes': expected True or False"),
        ("rule", "any_sucess", "t: rule='any_sucess': did you mean 'any_success'"),
        ("after", 3, "t: after: 3 is no item"),
        ("after", ["melt"], "t: after: 'melt' is no item"),
        ("retires", 3, "t has no option 'retires': did you mean 'retry'"),
        ("memory", "4 GB", r"t has no option 'memory': .*Resources\(memory=\.\.\.\)"),
        ("ncpus", 4, r"t has no option 'ncpus': .*Resources\(threads=\.\.\.\)"),
    ],
)
def test_a_wrong_option_is_named_with_what_was_seen_and_expected(
    name: str, value: object, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        changed("t", Options(), {name: value})


def test_a_retry_with_impossible_numbers_is_refused() -> None:
    with pytest.raises(UsageError, match=r"factor=0.5: expected a number at least 1"):
        ww.Retry(1, factor=0.5)
    with pytest.raises(UsageError, match=r"jitter=2: expected a number from 0 to 1"):
        ww.Retry(1, jitter=2)
    with pytest.raises(UsageError, match=r"jitter=nan"):
        ww.Retry(1, jitter=math.nan)
    with pytest.raises(UsageError, match="wait=-1 is negative"):
        ww.Retry(1, wait=-1)
    with pytest.raises(UsageError, match="on='OSError': expected classes of exceptions"):
        ww.Retry(1, on="OSError")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
