"""How a task is to be run: what may be given to `@task` and to `task.options`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from math import inf
from operator import index
from typing import TypedDict

from weftwork.core.model import Policy, ReleaseRule, RetryPolicy
from weftwork.errors import UsageError
from weftwork.tasks.item import Item, is_item
from weftwork.tasks.kinds import is_iterable
from weftwork.tasks.nearest import did_you_mean
from weftwork.tasks.quantities import Duration, seconds
from weftwork.tasks.reference import Reference, is_reference
from weftwork.tasks.refusal import Refusing
from weftwork.tasks.resources import FOREIGN_NAMES, Resources

Types = type[BaseException] | tuple[type[BaseException], ...]


@dataclass(frozen=True, slots=True, init=False)
class Retry:
    """Try a failed attempt again.

    Attributes:
        times: At most so many repeats after the first attempt, >= 0.
        wait: Pause before the first repeat, seconds.
        factor: Growth of the pause per further repeat, >= 1.
        jitter: Share of the pause that is drawn at random, 0 to 1.
        on: Where a function raised: only after these exceptions. None named: after all.
    """

    times: int
    wait: float
    factor: float
    jitter: float
    on: tuple[type[BaseException], ...]

    def __init__(
        self,
        times: int,
        wait: Duration = 0.0,
        factor: float = 2.0,
        jitter: float = 0.0,
        on: Types = (),
    ) -> None:
        """Take the numbers; a text such as "10 s" is read as a duration.

        Raises:
            UsageError: One of them cannot be.
        """
        put = object.__setattr__
        put(self, "times", _count("retry", times))
        put(self, "wait", seconds(wait, "wait"))
        put(self, "factor", _between("factor", factor, 1.0))
        put(self, "jitter", _between("jitter", jitter, 0.0, 1.0))
        put(self, "on", _types(on))

    def covers(self, exception: BaseException) -> bool:
        """Return whether a failure by `exception` is to be tried again."""
        return not self.on or isinstance(exception, self.on)


class OptionChanges(TypedDict, total=False):
    """The options by name, as they may be written."""

    retry: int | Retry
    timeout: Duration | None
    priority: int
    resources: Resources | None
    backend: str | None
    after: "Item[object] | Reference[object] | Iterable[Item[object] | Reference[object]]"
    workspace: bool
    rule: ReleaseRule | str


@dataclass(frozen=True, slots=True)
class Options:
    """How a task is to be run.

    Attributes:
        retry: Whether failed attempts are repeated.
        timeout: Limit of one attempt from its start, seconds; None is no limit.
        priority: Higher first, where attempts wait for the same resources.
        resources: What one attempt needs; None: whatever a plain call gets.
        backend: Name of the backend; None: the engine's default.
        after: Items that must be final before, without giving a value.
        workspace: Whether an attempt is given a directory of its own.
        rule: What the inputs must have come to.
    """

    retry: Retry = field(default_factory=lambda: Retry(0))
    timeout: float | None = None
    priority: int = 0
    resources: Resources | None = None
    backend: str | None = None
    after: tuple[Item[object], ...] = ()
    workspace: bool = False
    rule: ReleaseRule = ReleaseRule.ALL_SUCCESS

    def policy(self) -> Policy:
        """Return what the scheduler must know."""
        retry = self.retry
        return Policy(
            retry=RetryPolicy(retry.times, retry.wait, retry.factor, retry.jitter),
            timeout=self.timeout,
            walltime=None if self.resources is None else self.resources.walltime,
            rule=self.rule,
        )


def changed(label: str, options: Options, changes: Mapping[str, object]) -> Options:
    """Return `options` with others changed, checked.

    Args:
        label: Whose they are, for messages.
        options: The present ones.
        changes: New values by name.

    Raises:
        UsageError: A name is unknown or a value cannot be.
    """
    read: dict[str, object] = {}
    for name, value in changes.items():
        if name not in _READERS:
            raise UsageError(f"{label} has no option {name!r}: {_hint(name)}")
        try:
            read[name] = _READERS[name](value)
        except UsageError as error:
            raise UsageError(f"{label}: {error}") from None
    return replace(options, **read)  # type: ignore[arg-type]  # each reader gives its field's type


def _hint(name: str) -> str:
    known = {each.name for each in fields(Resources)}
    if name in known or name in FOREIGN_NAMES:
        here = FOREIGN_NAMES.get(name, name)
        return f"it belongs to the resources, resources=ww.Resources({here}=...)"
    return did_you_mean(name, _READERS)


def _retry(value: object) -> Retry:
    return value if isinstance(value, Retry) else Retry(_count("retry", value))


def _timeout(value: object) -> float | None:
    if value is None:
        return None
    limit = seconds(value, "timeout")  # type: ignore[arg-type]  # it says what it cannot read
    if limit == 0:
        raise UsageError("timeout=0 leaves no time to run: give more, or None for no limit")
    return limit


def _resources(value: object) -> Resources | None:
    if value is None or isinstance(value, Resources):
        return value
    raise UsageError(f"resources={value!r}: expected ww.Resources(...), such as Resources(ranks=4)")


def _backend(value: object) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return value
    raise UsageError(f"backend={value!r}: expected the name of a backend, such as 'threads'")


def _after(value: object) -> tuple[Item[object], ...]:
    several = value if is_iterable(value) and not isinstance(value, Refusing) else (value,)
    return tuple(dict.fromkeys(map(_one_item, several)))


def _one_item(value: object) -> Item[object]:
    if is_reference(value):
        return value._item
    if not is_item(value):
        raise UsageError(f"after: {value!r} is no item: give what the calls of tasks returned")
    return value


def _workspace(value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"workspace={value!r}: expected True or False")
    return value


def _rule(value: object) -> ReleaseRule:
    if isinstance(value, ReleaseRule):
        return value
    rules = {rule.value: rule for rule in ReleaseRule}
    if isinstance(value, str) and value in rules:
        return rules[value]
    raise UsageError(f"rule={value!r}: {did_you_mean(str(value), rules)}")


def _priority(value: object) -> int:
    return _whole("priority", value)


_READERS: Mapping[str, Callable[[object], object]] = {
    "retry": _retry,
    "timeout": _timeout,
    "priority": _priority,
    "resources": _resources,
    "backend": _backend,
    "after": _after,
    "workspace": _workspace,
    "rule": _rule,
}


def _whole(name: str, value: object) -> int:
    try:
        number = index(value)  # type: ignore[arg-type]  # whether it is a whole number is tried
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise UsageError(f"{name}={value!r}: expected a whole number")
    return number


def _count(name: str, value: object) -> int:
    number = _whole(name, value)
    if number < 0:
        raise UsageError(f"{name}={value!r} is negative: give the number of repeats, 0 for none")
    return number


def _between(name: str, value: float, least: float, most: float = inf) -> float:
    # Written so that NaN is refused.
    if isinstance(value, bool) or not least <= value <= most or value == inf:
        limits = f"at least {least:g}" if most == inf else f"from {least:g} to {most:g}"
        raise UsageError(f"{name}={value!r}: expected a number {limits}")
    return float(value)


def _types(on: Types) -> tuple[type[BaseException], ...]:
    types = tuple(on) if isinstance(on, tuple | list) else (on,)
    for each in types:
        if not _is_exception_class(each):
            raise UsageError(f"on={each!r}: expected classes of exceptions, such as OSError")
    return types


def _is_exception_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)
