from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftwork.errors import UsageError
from weftwork.tasks.quantities import seconds, show_seconds, show_size, size

DURATIONS = "a number of seconds, or text such as '90 s', '20 min', '1h30m', '01:30:00'"
SIZES = "a number of bytes, or text such as '500 MB', '4 GB', '4 GiB'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20 min", 1200.0),
        ("20min", 1200.0),
        ("1h30m", 5400.0),
        ("1 h, 30 min", 5400.0),
        ("90 s", 90.0),
        ("0.5 h", 1800.0),
        (".5 h", 1800.0),
        ("250 ms", 0.25),
        ("2 Days", 172800.0),
        ("1 week", 604800.0),
        ("01:30:00", 5400.0),
        ("100:00:00.5", 360000.5),
        ("1-12:00:00", 129600.0),
        ("  7 seconds  ", 7.0),
        (7, 7.0),
        (0.25, 0.25),
        (0, 0.0),
        (timedelta(minutes=2), 120.0),
    ],
)
def test_a_duration_is_read_as_people_write_it(
    text: str | float | timedelta, expected: float
) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4 GB", 4_000_000_000),
        ("4GiB", 4 * 2**30),
        ("1.5 gb", 1_500_000_000),
        ("512 KiB", 524_288),
        ("9007199254740993 B", 9_007_199_254_740_993),
        ("0 bytes", 0),
        (4096, 4096),
        (4e9, 4_000_000_000),
    ],
)
def test_a_size_is_read_as_people_write_it(text: str | int, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize(
    ("seen", "message"),
    [
        (
            "20 mn",
            "walltime='20 mn': 'mn' is not a unit of time; did you mean 'min'? Write " + DURATIONS,
        ),
        ("5 fathoms", "walltime='5 fathoms': 'fathoms' is not a unit of time. Write " + DURATIONS),
        ("20", "walltime='20' has a number without a unit: write " + DURATIONS),
        ("1h30", "walltime='1h30' has a number without a unit: write " + DURATIONS),
        ("", "walltime='' is not a duration: write " + DURATIONS),
        ("-5 min", "walltime='-5 min' is not a duration: write " + DURATIONS),
        ("soon", "walltime='soon' is not a duration: write " + DURATIONS),
        (
            "20:00",
            "walltime='20:00' is not a duration: a clock has three parts, "
            "hours:minutes:seconds; write " + DURATIONS,
        ),
        (-1, "walltime=-1 is negative: write " + DURATIONS),
        (float("nan"), "walltime=nan is not finite: write " + DURATIONS),
        (float("inf"), "walltime=inf is not finite: write " + DURATIONS),
        (True, "walltime=True: expected " + DURATIONS),
        (None, "walltime=None: expected " + DURATIONS),
        ([20], "walltime=[20]: expected " + DURATIONS),
        (
            timedelta(seconds=-1),
            "walltime=datetime.timedelta(days=-1, seconds=86399) is negative: write " + DURATIONS,
        ),
    ],
)
def test_a_duration_that_cannot_be_read_is_explained(seen: object, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        seconds(seen, "walltime")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("seen", "message"),
    [
        ("4G", "memory='4G': 'G' is not a unit of size; did you mean 'GB'? Write " + SIZES),
        ("4 gigs", "memory='4 gigs': 'gigs' is not a unit of size. Write " + SIZES),
        ("4", "memory='4' has a number without a unit: write " + SIZES),
        ("4 GB 2 MB", "memory='4 GB 2 MB' is not a size: write " + SIZES),
        ("-4 GB", "memory='-4 GB' is not a size: write " + SIZES),
        (-1, "memory=-1 is negative: write " + SIZES),
        (1.5, "memory=1.5 is not a whole number: write " + SIZES),
        (float("inf"), "memory=inf is not finite: write " + SIZES),
        (False, "memory=False: expected " + SIZES),
        (None, "memory=None: expected " + SIZES),
    ],
)
def test_a_size_that_cannot_be_read_is_explained(seen: object, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        size(seen, "memory")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert str(caught.value) == message


@given(st.integers(0, 10**9))
def test_a_shown_duration_is_read_back_exactly(value: int) -> None:
    assert seconds(show_seconds(value)) == value


@given(st.integers(0, 59_999))
def test_a_short_duration_is_shown_to_the_millisecond(milliseconds: int) -> None:
    value = milliseconds / 1000
    assert seconds(show_seconds(value)) == pytest.approx(value, abs=1e-9)


@given(st.integers(0, 10**18))
def test_a_shown_size_is_read_back_to_four_digits(value: int) -> None:
    assert size(show_size(value)) == pytest.approx(value, rel=1e-3)


@given(st.integers(0, 999), st.sampled_from(["B", "kB", "MB", "GB", "TB", "PB"]))
def test_a_round_size_is_shown_as_it_was_written(number: int, unit: str) -> None:
    shown = show_size(size(f"{number} {unit}"))
    assert shown == (f"{number} {unit}" if number else "0 B")


def test_quantities_are_shown_in_the_units_people_use() -> None:
    assert show_seconds(5400) == "1 h 30 min"
    assert show_seconds(90061) == "1 day 1 h 1 min 1 s"
    assert show_seconds(0.25) == "0.25 s"
    assert show_size(64 * 10**9) == "64 GB"
    assert show_size(1_234_567) == "1.235 MB"
