"""What a result that is still to come answers when it is used as if it were there."""

from collections.abc import Callable
from typing import NoReturn

from weftwork.errors import UsageError

_ARITHMETIC = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and xor or"
_UNARY = "neg pos abs invert round trunc floor ceil"
_NUMBERS = "int float complex index"
_ORDERING = "lt le gt ge"


class Refusing:
    """Something that stands for a value: using it as the value says to await it.

    Not an abstract base class, because every argument of every call is asked if it is one of these,
    and of those `isinstance` takes ten times as long.
    """

    __slots__ = ()

    # NumPy leaves operators to the operand that says so, which is how `array + item` gets here.
    __array_ufunc__ = None

    def _shown(self) -> str:
        """Return its name as the user sees it, such as `melt[12].out`."""
        raise NotImplementedError

    def _refuse(self, how: str) -> NoReturn:
        raise UsageError(
            f"{self._shown()} was used {how}, but it only stands for a result: write `await` "
            "before it to get the value, or pass it as it is to another task"
        )

    def __eq__(self, other: object) -> bool:
        if other is None or isinstance(other, Refusing):
            return self is other
        return self._refuse(f"in a comparison with {other!r:.60}")

    __hash__ = object.__hash__

    def __format__(self, format_spec: str) -> str:
        self._refuse("in an f-string or format()")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise UsageError(
            f"{self._shown()} cannot be pickled or copied, because it only stands for a result: "
            "await it and pickle the value, or pass it as an argument of a task"
        )


def _refusal(how: str) -> Callable[..., NoReturn]:
    def refuse(self: Refusing, *_: object) -> NoReturn:
        self._refuse(how)

    return refuse


def _refuse_all(names: str, how: str) -> None:
    for name in names.split():
        setattr(Refusing, f"__{name}__", _refusal(how))


# Not written as methods, so that type checkers still find the mistake before it is run.
_refuse_all(_ARITHMETIC, "in arithmetic")
_refuse_all(" ".join(f"r{name}" for name in _ARITHMETIC.split()), "in arithmetic")
_refuse_all(_UNARY, "in arithmetic")
_refuse_all(_NUMBERS, "as a number")
_refuse_all(_ORDERING, "in a comparison")
_refuse_all("bool", "as a condition")
_refuse_all("iter reversed", "in a loop")
_refuse_all("contains", "with `in`")
_refuse_all("len", "with len()")
