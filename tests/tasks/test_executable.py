import asyncio
from pathlib import Path
from typing import assert_type

import pytest

from weftwork.errors import DuplicateKeyError, UsageError
from weftwork.tasks.capture import Captured
from weftwork.tasks.command import Command, Launch
from weftwork.tasks.executable import ExecutableTask, executable
from weftwork.tasks.files import File, Out, Record, asset
from weftwork.tasks.item import Item
from weftwork.tasks.resources import Resources
from weftwork.tasks.task import task

SCRIPT = File(__file__)


@executable(resources=Resources(ranks=4, walltime="20 min"))
def melt(
    temperature: float,
    seed: int,
    *,
    script: File = asset("test_executable.py"),
    out: Out = Out("msd.dat"),
    frames: Out = Out("*.xyz", optional=True),
) -> list[object]:
    """Melt a crystal."""
    assert frames.is_glob
    return ["lmp", "-in", script, "-var", "T", temperature, "-var", "seed", seed, "-log", out]


def declared(body: object) -> ExecutableTask[...]:
    assert callable(body)
    return executable(body)


def test_the_body_gives_the_command_of_one_attempt() -> None:
    assert melt.render((0.65, 7), {}) == Launch(
        ("lmp", "-in", __file__, "-var", "T", "0.65", "-var", "seed", "7", "-log", "msd.dat"),
        outs={"out": Out("msd.dat"), "frames": Out("*.xyz", optional=True)},
    )


def test_an_executable_is_a_task_with_options() -> None:
    assert (melt.name, melt.kind, melt.is_async) == ("melt", "executable", False)
    assert melt.__doc__ == "Melt a crystal."
    assert melt.settings.resources == Resources(4, walltime=1200)
    assert melt.options(retry=2).settings.retry.times == 2
    assert (
        melt.options(retry=2).outs
        == melt.outs
        == {
            "out": Out("msd.dat"),
            "frames": Out("*.xyz", optional=True),
        }
    )
    assert melt.fields == {"out", "frames", "stdout", "stderr", "exit_code"}


def test_a_call_may_name_another_output() -> None:
    launch = melt.render((0.65, 7), {"out": Out("other.dat")})
    assert launch.argv[-1] == "other.dat"
    assert launch.outs["out"] == Out("other.dat")


def test_a_path_for_a_file_parameter_becomes_a_file() -> None:
    assert melt.render((0.65, 7), {"script": "/m/melt.in"}).argv[2] == "/m/melt.in"
    item = melt(0.65, 7, script=Path("/m/melt.in"))
    assert isinstance(item._captured, Captured)
    assert item._captured.kwargs == {"script": File("/m/melt.in")}


def test_a_file_stays_the_file_it_is() -> None:
    large = File("/m/melt.in", check="stat")
    item = melt(0.65, 7, script=large)
    assert isinstance(item._captured, Captured)
    assert item._captured.kwargs["script"] is large


def test_a_parameter_whose_default_is_a_file_takes_paths_too() -> None:
    @executable
    def count(data=SCRIPT):  # type: ignore[no-untyped-def] # pyright: ignore # noqa: ANN001, ANN202
        return ["wc", data]

    item = count("here.txt")
    assert isinstance(item._captured, Captured)
    assert item._captured.args == (File("here.txt"),)


def test_a_path_that_stands_as_the_default_of_a_file_becomes_a_file() -> None:
    @executable
    def count(data: File = "/m/data.txt") -> list[object]:  # type: ignore[assignment] # pyright: ignore[reportArgumentType]
        return ["wc", type(data).__name__, data]

    assert count.render((), {}).argv == ("wc", "File", "/m/data.txt")


def test_files_of_functions_and_of_any_number_are_converted() -> None:
    @task
    def join(first: File, *rest: File, names: list[str]) -> int:
        return len([first, *rest, *names])

    item = join("/m/a", "/m/b", Path("/m/c"), names=["/m/d"])
    assert isinstance(item._captured, Captured)
    assert item._captured.args == (File("/m/a"), File("/m/b"), File("/m/c"))
    assert item._captured.kwargs == {"names": ["/m/d"]}


def test_a_body_may_be_asynchronous() -> None:
    @executable
    async def greet(name: str) -> Command:
        await asyncio.Event().wait() if name == "nobody" else None
        return Command(["echo", name], ok_codes={0, 1})

    assert greet.is_async
    launch = asyncio.run(greet.render_async(("world",), {}))
    assert launch == Launch(("echo", "world"), ok_codes=frozenset({0, 1}))


def test_an_asynchronous_body_builds_no_files_either() -> None:
    @executable
    async def count() -> list[object]:
        return ["wc", File("data.txt")]

    with pytest.raises(UsageError, match="in the body of the executable 'count'"):
        asyncio.run(count.render_async((), {}))
    assert File("data.txt").name == "data.txt"


def test_what_the_body_raises_is_raised() -> None:
    @executable
    def fail(x: float) -> list[object]:
        return ["echo", 1 / x]

    with pytest.raises(ZeroDivisionError):
        fail.render((0,), {})


def test_a_program_on_its_results_is_typed_as_it_is_written() -> None:
    @task
    def diffusion(trajectory: File, skip: int = 100) -> float:
        return float(trajectory.read_text()) + skip

    run = melt(0.65, seed=7)
    assert_type(run, Item[Record])
    value = diffusion(run.out)
    assert_type(value, Item[float])
    assert value._inputs() == (run,)


def test_a_misspelt_output_of_an_item_is_answered_by_the_nearest() -> None:
    with pytest.raises(AttributeError, match="'oot': did you mean 'out'"):
        _ = melt(0.65, seed=7).oot


OUT = Out("msd.dat")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            lambda result=OUT: [result],
            "lambda@test_executable.py:{line}: an output cannot be called 'result', because an "
            "item has a member of that name: rename the parameter, such as result_file",
        ),
        (
            lambda stdout=OUT: [stdout],
            "lambda@test_executable.py:{line}: an output cannot be called 'stdout', because a "
            "record has a member of that name: rename the parameter, such as stdout_file",
        ),
        (
            lambda matches=OUT: [matches],
            "lambda@test_executable.py:{line}: an output cannot be called 'matches', because a "
            "record has a member of that name: rename the parameter, such as matches_file",
        ),
        (
            lambda _out=OUT: [_out],
            "lambda@test_executable.py:{line}: an output cannot be called '_out', because names "
            "with a leading underscore are not parts of results: rename the parameter to 'out'",
        ),
        (
            lambda a=OUT, b=Out("./msd.dat"): [a, b],
            "lambda@test_executable.py:{line}: a and b are both Out('msd.dat'): give each output "
            "a file of its own",
        ),
    ],
)
def test_an_output_that_cannot_be_is_an_error_of_the_declaration(
    body: object, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        declared(body)
    line = getattr(getattr(body, "__code__", None), "co_firstlineno", None)
    assert str(caught.value) == message.format(line=line)


def test_two_outputs_of_one_call_are_two_files() -> None:
    with pytest.raises(DuplicateKeyError) as caught:
        melt.render((0.65, 7), {"out": Out("*.xyz")})
    assert str(caught.value) == (
        "melt: out and frames are both Out('*.xyz'): give each output a file of its own"
    )


def test_an_output_is_given_by_name_of_an_out() -> None:
    with pytest.raises(UsageError) as by_text:
        melt(0.65, 7, out="other.dat")
    assert str(by_text.value) == (
        "out='other.dat': out is an output, so it takes another name for it, such as "
        "out=ww.Out('out.dat')"
    )
    with pytest.raises(UsageError) as undeclared:
        melt.render((0.65, 7), {"script": Out("x.dat")})
    assert str(undeclared.value) == (
        "melt: script is given Out(pattern='x.dat', optional=False), but its declaration does "
        "not say that it is an output: write script=ww.Out(...) there"
    )


def test_a_misspelt_option_is_an_error_of_the_declaration() -> None:
    with pytest.raises(UsageError, match=r"'retries'.*did you mean 'retry'"):
        executable(retries=2)  # type: ignore[call-overload] # pyright: ignore


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda: None, "returned nothing: forgot `return` before the list?"),
        (
            lambda: "echo 'a b'",
            "returned the text \"echo 'a b'\": a command is a list of arguments and never goes "
            "to a shell; write ['echo', 'a b']",
        ),
        (lambda: ["echo", None], "argv[1] is None: leave it out where there is no value"),
        (
            lambda: ["echo", melt],
            "argv[1] is <executable melt>: pass items into the executable as arguments of the "
            "call; its body gets the values",
        ),
        (
            lambda: ["cat", Record({"out": SCRIPT}, SCRIPT, SCRIPT)],
            f"argv[1] is Record(exit_code=0, out={SCRIPT!r}): give one of its files, such as "
            "record.out",
        ),
    ],
)
def test_a_body_that_gives_no_command_is_explained(body: object, message: str) -> None:
    program = declared(body)
    with pytest.raises(UsageError) as caught:
        program.render((), {})
    assert str(caught.value).removeprefix(program.name).lstrip(": ") == message


def test_an_item_from_outside_the_call_is_refused() -> None:
    item = melt(0.65, 7)
    program = declared(lambda: ["cat", item])
    with pytest.raises(
        UsageError, match=r"argv\[1\] is <Item melt\[-\]: waiting>: pass items into"
    ):
        program.render((), {})
