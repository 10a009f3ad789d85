"""Durations and sizes as people write them, read into seconds and bytes and back."""

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import SupportsFloat, SupportsIndex

from weftwork.errors import UsageError
from weftwork.tasks.nearest import nearest

Duration = str | float | timedelta
Size = str | int

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_TIME_UNITS: Mapping[str, float] = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "mins", "m", "minute", "minutes"), _MINUTE),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), _HOUR),
    **dict.fromkeys(("d", "day", "days"), _DAY),
    **dict.fromkeys(("w", "week", "weeks"), 7 * _DAY),
}
_SIZE_UNITS: Mapping[str, int] = {
    "b": 1,
    "byte": 1,
    "bytes": 1,
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgtp", 1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgtp", 1)},
}
_SIZE_NAMES = ("B", "kB", "MB", "GB", "TB", "PB", "KiB", "MiB", "GiB", "TiB", "PiB")
_TIME_EXAMPLES = "a number of seconds, or text such as '90 s', '20 min', '1h30m', '01:30:00'"
_SIZE_EXAMPLES = "a number of bytes, or text such as '500 MB', '4 GB', '4 GiB'"

_PART = re.compile(r"(\d+\.?\d*|\.\d+)\s*([^\W\d_]*)[\s,]*")
_CLOCK = re.compile(r"(?:(\d+)-)?(\d+):([0-5]?\d):([0-5]?\d(?:\.\d+)?)")


def seconds(value: Duration, name: str = "duration") -> float:
    """Read a duration.

    Args:
        value: Seconds, a `timedelta`, or text: "20 min", "1h30m", "90 s", "01:30:00",
            "1-12:00:00" (days first).
        name: What it is for, named in errors.

    Returns:
        Seconds, >= 0 and finite.

    Raises:
        UsageError: It cannot be read, is negative or not finite.
    """
    if isinstance(value, timedelta):
        return _checked(value.total_seconds(), name, value)
    if isinstance(value, str):
        return _seconds_of_text(value.strip(), name)
    return _checked(_number(value, name, _TIME_EXAMPLES), name, value)


def size(value: Size, name: str = "size") -> int:
    """Read a size.

    Args:
        value: Bytes (whole), or text: "4 GB" is 4e9, "4 GiB" is 4 * 2**30.
        name: What it is for, named in errors.

    Returns:
        Bytes, >= 0. Text is rounded to a whole byte.

    Raises:
        UsageError: It cannot be read or is negative.
    """
    if not isinstance(value, str):
        number = _checked(_number(value, name, _SIZE_EXAMPLES), name, value, _SIZE_EXAMPLES)
        if number != int(number):
            raise UsageError(f"{name}={value!r} is not a whole number: write {_SIZE_EXAMPLES}")
        return int(number)
    text = value.strip()
    seen = f"{name}={value!r}"
    match = _PART.fullmatch(text)
    if match is None:
        raise UsageError(f"{seen} is not a size: write {_SIZE_EXAMPLES}")
    digits, unit = match.groups()
    factor = _factor(unit, _SIZE_UNITS, seen, "size", _SIZE_EXAMPLES)
    return int(digits) * int(factor) if digits.isdigit() else round(float(digits) * factor)


def show_seconds(value: float) -> str:
    """Write a duration such as `1 h 30 min` (`seconds` reads it); to the millisecond below 60 s."""
    if value < _MINUTE:
        return f"{round(value, 3):g} s"
    left = round(value)
    parts: list[str] = []
    for unit, factor in (("days", _DAY), ("h", _HOUR), ("min", _MINUTE), ("s", 1.0)):
        count, left = divmod(left, int(factor))
        if count:
            parts.append(f"{count} {'day' if unit == 'days' and count == 1 else unit}")
    return " ".join(parts)


def show_size(value: int) -> str:
    """Write a size such as `4 GB` or `1.234 MB` (`size` reads it), to four digits."""
    unit, factor = "B", 1
    for power, name in enumerate(_SIZE_NAMES[1:6], 1):
        if value >= 1000**power:
            unit, factor = name, 1000**power
    return f"{value} B" if factor == 1 else f"{_four_digits(value / factor)} {unit}"


def _four_digits(value: float) -> str:
    return f"{value:.{3 if value < 10 else 2 if value < 100 else 1}f}".rstrip("0").rstrip(".")  # noqa: PLR2004


def _seconds_of_text(text: str, name: str) -> float:
    seen = f"{name}={text!r}"
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        days, hours, minutes, rest = (float(part or 0) for part in clock.groups())
        return days * _DAY + hours * _HOUR + minutes * _MINUTE + rest
    if ":" in text:
        raise UsageError(
            f"{seen} is not a duration: a clock has three parts, hours:minutes:seconds; "
            f"write {_TIME_EXAMPLES}"
        )
    total, at = 0.0, 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise UsageError(f"{seen} is not a duration: write {_TIME_EXAMPLES}")
        number, unit = part.groups()
        total += float(number) * _factor(unit, _TIME_UNITS, seen, "time", _TIME_EXAMPLES)
        at = part.end()
    if not text:
        raise UsageError(f"{seen} is not a duration: write {_TIME_EXAMPLES}")
    return total


def _factor(unit: str, units: Mapping[str, float], seen: str, kind: str, examples: str) -> float:
    factor = units.get(unit.lower())
    if factor is not None:
        return factor
    if not unit:
        raise UsageError(f"{seen} has a number without a unit: write {examples}")
    names = _SIZE_NAMES if kind == "size" else tuple(units)
    name = nearest(unit, names)
    hint = f"; did you mean {name!r}?" if name else "."
    raise UsageError(f"{seen}: {unit!r} is not a unit of {kind}{hint} Write {examples}")


def _number(value: object, name: str, examples: str) -> float:
    if isinstance(value, bool) or not isinstance(value, SupportsFloat | SupportsIndex):
        raise UsageError(f"{name}={value!r}: expected {examples}")
    return value.__index__() if isinstance(value, SupportsIndex) else float(value)


def _checked(number: float, name: str, value: object, examples: str = _TIME_EXAMPLES) -> float:
    if not math.isfinite(number):
        raise UsageError(f"{name}={value!r} is not finite: write {examples}")
    if number < 0:
        raise UsageError(f"{name}={value!r} is negative: write {examples}")
    return number
