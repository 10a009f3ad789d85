import functools
import io
import math
import pickle
import sys
import types
from collections.abc import Callable, Iterator

import cloudpickle
import pytest

import weftwork as ww
from tasks.fake_host import FakeHost, hosting
from weftwork.core.model import ItemId, TaskState
from weftwork.errors import UsageError
from weftwork.tasks.scope import Scope, entered


@ww.task
def add(x: int, y: int = 2) -> int:
    """Return the sum."""
    return x + y


@ww.task(retry=2)
async def later(x: int, *, wait: float) -> float:
    return x + wait


derived = add.options(priority=3)


def run(call: Callable[[], ww.Item[object]]) -> object:
    with hosting() as host:
        item = call()
        host.run()
        return item.result()


def copied(task: ww.Task[..., object]) -> ww.Task[..., object]:
    file = io.BytesIO()
    cloudpickle.Pickler(file).dump(task)
    again: ww.Task[..., object] = pickle.loads(file.getvalue())  # noqa: S301 - our own
    return again


def test_a_call_gives_an_item_of_the_engine_in_scope_at_once() -> None:
    host = FakeHost()
    with entered(Scope(host, ItemId(4))):
        item = add(1)
    assert host.items == [item]
    assert item._group == 4
    assert item.label == "add[1]"
    assert not item.done()


def test_positional_and_keyword_arguments_arrive() -> None:
    assert run(lambda: add(1)) == 3
    assert run(lambda: add(1, 5)) == 6
    assert run(lambda: add(1, y=add(2, y=3))) == 6
    a = add(1)
    assert run(lambda: add(a, a)) == 6


def test_the_function_stays_callable_without_an_engine() -> None:
    assert add.fn(1, 1) == 2
    assert (add.__name__, add.__doc__, add.__module__) == ("add", "Return the sum.", __name__)
    assert add.__wrapped__ is add.fn
    assert repr(add) == "<function add>"


def test_options_give_another_task_of_the_same_function() -> None:
    again = add.options(retry=3, timeout=60).options(priority=1)
    assert again is not add
    assert again.fn is add.fn
    assert (again.settings.retry.times, again.policy.timeout, again.settings.priority) == (3, 60, 1)
    assert add.settings.retry.times == 0
    assert run(lambda: again(1)) == 3


def test_a_bound_task_calls_its_own_engine_wherever_it_is_called() -> None:
    host = FakeHost()
    bound = add.bound(host)
    item = bound(1)
    with hosting() as other:
        elsewhere = bound(2)
    with entered(Scope(host, ItemId(9))):
        inside = bound.options(retry=1)(3)
    assert host.items == [item, elsewhere, inside]
    assert other.items == []
    assert [each._group for each in host.items] == [0, 0, 9]


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {}, r"add\(\) needs x: it is add\(x, y=2\)"),
        ((1, 2, 3), {}, r"takes at most 2 positional arguments, but 3 were given"),
        ((1,), {"z": 1}, r"add\(\) has no parameter 'z': known are x, y; it is add\("),
        ((1,), {"x": 1}, r"got 'x' twice"),
        ((), {"y": 1}, r"add\(\) needs x"),
    ],
)
def test_a_call_that_does_not_fit_says_which_parameter(
    args: tuple[object, ...], kwargs: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        add(*args, **kwargs)


def test_an_unknown_parameter_is_named_with_the_nearest() -> None:
    @ww.task
    def melt(temperature: float, seed: int = 1) -> float:
        return temperature * seed

    with pytest.raises(UsageError, match=r"no parameter 'temprature': did you mean 'temperature'"):
        melt(temprature=1.0)


def only_positional(a: int, b: int = 1, /) -> int:
    return a + b


def only_keyword(*, a: int, b: int = 1) -> int:
    return a + b


def mixed(a: int, *rest: int, b: int, **more: int) -> int:
    return a + sum(rest) + b + sum(more.values())


def nothing() -> None:
    return None


FUNCTIONS = [only_positional, only_keyword, mixed, nothing, add.fn]
CALLS: list[tuple[tuple[int, ...], dict[str, int]]] = [
    ((), {}),
    ((1,), {}),
    ((1, 2), {}),
    ((1, 2, 3), {}),
    ((), {"a": 1}),
    ((), {"b": 1}),
    ((1,), {"b": 1}),
    ((1,), {"a": 1}),
    ((), {"a": 1, "b": 2}),
    ((1, 2), {"b": 3, "c": 4}),
    ((1,), {"x": 1, "y": 2}),
    ((), {"x": 1}),
]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("call", CALLS)
def test_calls_are_right_and_wrong_exactly_as_python_says(
    function: Callable[..., object], call: tuple[tuple[int, ...], dict[str, int]]
) -> None:
    args, kwargs = call
    task = ww.task(function)
    try:
        expected = function(*args, **kwargs)
    except TypeError:
        with pytest.raises(UsageError, match=task.name):
            task(*args, **kwargs)
    else:
        assert run(lambda: task(*args, **kwargs)) == expected


def test_any_callable_can_be_a_task() -> None:
    class Scale:
        def __init__(self, factor: int) -> None:
            self.factor = factor

        def by(self, value: int) -> int:
            return value * self.factor

        def __call__(self, value: int) -> int:
            return value + self.factor

    def local(x: int) -> int:
        return -x

    scale = Scale(3)
    assert run(lambda: ww.task(scale.by)(2)) == 6
    assert run(lambda: ww.task(scale)(2)) == 5
    assert run(lambda: ww.task(functools.partial(only_positional, 4))(3)) == 7
    increased: Callable[[int], int] = lambda x: x + 1  # noqa: E731 - a lambda is what is tried
    assert run(lambda: ww.task(increased)(1)) == 2
    assert run(lambda: ww.task(local)(1)) == -1
    assert run(lambda: ww.task(math.sqrt)(9.0)) == 3.0
    assert run(lambda: ww.task(print)("", end="")) is None
    names = [ww.task(each).name for each in (scale.by, scale, local, math.sqrt)]
    assert names == ["by", "Scale", "local", "sqrt"]
    assert ww.task(functools.partial(functools.partial(local), 1)).name == "local"
    assert ww.task(lambda: 1).name.startswith("lambda@test_task.py:")


def test_async_functions_are_known_as_such_below_partials_and_instances() -> None:
    class Fetch:
        async def __call__(self) -> int:
            return 1

    assert later.is_async
    assert ww.task(functools.partial(later.fn, 1)).is_async
    assert ww.task(Fetch()).is_async
    assert not add.is_async


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ("ww.task(retyr=2)", r"@task has no option 'retyr': did you mean 'retry'"),
        ("ww.task(cores=4)", r"belongs to the resources, .*Resources\(threads=\.\.\.\)"),
        ("ww.task(retry=-1)", r"@task: retry=-1 is negative"),
        ("ww.task(3)", r"@task expects a function, but got 3"),
        ("ww.task(add)", r"add is a function already; change it by .options"),
        ("add.options(timeout=0)", r"function add: timeout=0 leaves no time"),
    ],
)
def test_a_wrong_declaration_is_refused_where_it_is_written(declaration: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        eval(declaration, {"ww": ww, "add": add})  # noqa: S307 - type checkers find some


def test_a_generator_cannot_be_a_task() -> None:
    def frames() -> Iterator[int]:
        yield 1

    with pytest.raises(UsageError, match="frames is a generator, which gives no value"):
        ww.task(frames)


def test_a_method_cannot_be_a_task_but_a_static_one_can() -> None:
    class Simulation:
        @ww.task
        def melt(self, temperature: float) -> float:
            return temperature

        @ww.task
        @staticmethod
        def freeze(temperature: float) -> float:
            return -temperature

    with pytest.raises(UsageError, match="melt is a function and cannot be a method"):
        _ = Simulation().melt
    assert run(lambda: Simulation().freeze(1.0)) == -1.0
    assert run(lambda: Simulation.freeze(1.0)) == -1.0


def test_to_await_a_task_says_to_call_it() -> None:
    with pytest.raises(
        UsageError, match=r"add is a function, not a call of it: write add\(\.\.\.\)"
    ):
        add.__await__()


def test_importable_tasks_are_pickled_by_name_and_derived_ones_with_their_options() -> None:
    assert pickle.loads(pickle.dumps(add)) is add  # noqa: S301 - our own
    again = pickle.loads(pickle.dumps(derived.bound(FakeHost())))  # noqa: S301 - our own
    assert again.fn is add.fn
    assert again.settings == derived.settings
    assert again.host is None


def test_tasks_of_a_script_and_local_ones_are_pickled_by_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    source = "import weftwork as ww\n@ww.task(retry=1)\ndef triple(x): return 3 * x\n"
    exec(source, main.__dict__)  # noqa: S102 - what a script does
    factor = 5

    def scaled(x: int) -> int:
        return factor * x

    for task, value in ((main.triple, 6), (ww.task(scaled), 10)):
        again = copied(task)
        assert again is not task
        assert again.fn(2) == value
        assert again.settings == task.settings
        assert again.name == task.name


def test_a_task_knows_what_it_returns() -> None:
    assert add.returns is int
    assert add.fields is not None
    assert "real" in add.fields


def test_a_finished_item_is_an_input_like_any_other() -> None:
    with hosting() as host:
        first = add(1)
        host.run()
        second = add(first)
        host.run()
        assert second.result() == 5
        assert second.state is TaskState.SUCCEEDED
