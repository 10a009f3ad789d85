from enum import Enum, IntEnum
from pathlib import Path

import numpy as np
import pytest

from weftwork.errors import UsageError
from weftwork.tasks.command import Command, Launch, launch_of
from weftwork.tasks.files import File, Out


class Ensemble(str, Enum):  # noqa: UP042 - its str() is not its value
    NVT = "nvt"


class Level(IntEnum):
    HIGH = 3


class Angle(float):
    def __str__(self) -> str:
        return f"{float(self):.0f} degrees"


def render(returned: object) -> Launch:
    return launch_of("melt", returned, {})


def test_a_list_of_arguments_is_a_command() -> None:
    outs = {"log": Out("msd.dat")}
    launch = launch_of("melt", ["lmp", "-in", File("/m/melt.in"), "-log", outs["log"]], outs)
    assert launch == Launch(("lmp", "-in", "/m/melt.in", "-log", "msd.dat"), outs=outs)
    assert not launch.env
    assert not launch.files
    assert launch.stdin is None
    assert launch.ok_codes == {0}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (1e-300, "1e-300"),
        (1 / 3, "0.3333333333333333"),
        (12, "12"),
        ("", ""),
        ("two words; $HOME", "two words; $HOME"),
        (Path("a/b.dat"), "a/b.dat"),
        (np.float64(0.1), "0.1"),
        (np.float32(0.1), "0.1"),
        (np.int64(7), "7"),
        (np.array(7), "7"),
        (np.str_("nvt"), "nvt"),
        (Ensemble.NVT, "nvt"),
        (Level.HIGH, "3"),
        (Angle(0.25), "0.25"),
    ],
)
def test_an_argument_is_written_without_loss(value: object, text: str) -> None:
    launch = render(["lmp", value])
    assert launch.argv == ("lmp", text)
    assert type(launch.argv[1]) is str


def test_a_command_carries_what_a_list_cannot() -> None:
    command = Command(
        ("vasp", 4),
        stdin="go\n",
        env={"OMP_PLACES": "cores", "SEED": 7},
        files={"INCAR": "ENCUT = 500\n", "./sub/POSCAR": Path("/m/POSCAR"), "raw": b"\0"},
        ok_codes=[0, 2],
    )
    assert render(command) == Launch(
        ("vasp", "4"),
        env={"OMP_PLACES": "cores", "SEED": "7"},
        stdin="go\n",
        files={"INCAR": "ENCUT = 500\n", "sub/POSCAR": File("/m/POSCAR"), "raw": b"\0"},
        ok_codes=frozenset({0, 2}),
    )


def test_a_program_may_be_one_of_the_files_of_its_command() -> None:
    command = Command(["./run.sh"], files={"run.sh": "#!/bin/sh\n"})
    assert render(command).argv == ("./run.sh",)


def test_standard_input_may_be_a_file() -> None:
    assert render(Command(["cat"], stdin=Path("/m/in"))).stdin == File("/m/in")


WANTED = "expected a list of arguments, such as ['lmp', '-in', script], or a ww.Command"


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (
            "lmp -in 'my melt.in'",
            "melt returned the text \"lmp -in 'my melt.in'\": a command is a list of arguments "
            "and never goes to a shell; write ['lmp', '-in', 'my melt.in']",
        ),
        (
            "echo it's",
            'melt returned the text "echo it\'s": a command is a list of arguments and never '
            "goes to a shell; write ['echo', \"it's\"]",
        ),
        (None, "melt returned nothing: forgot `return` before the list?"),
        ([], "melt returned an empty list: it must name at least the program"),
        ((), "melt returned an empty list: it must name at least the program"),
        (["", "-in"], "melt: argv[0] is empty: it must name the program"),
        (
            [Path("bin/lmp"), "-in"],
            "melt: argv[0] is 'bin/lmp', which would be looked for in the workspace, an "
            "empty directory: make it a parameter, such as program=ww.asset('lmp')",
        ),
        ({"lmp": 1}, "melt returned a value of type dict: " + WANTED),
        (7, "melt returned a value of type int: " + WANTED),
        (
            ["lmp", None],
            "melt: argv[1] is None: leave it out where there is no value",
        ),
        (
            ["lmp", "-v", True],
            "melt: argv[2] is True: write the word the program expects, such as 'yes' or '1', "
            "or leave the flag out",
        ),
        (
            ["lmp", np.bool_(False)],
            "melt: argv[1] is np.False_: the type bool has no sure text form; write it as a str, a "
            "number or a path",
        ),
        (
            ["lmp", ["-in", "x"]],
            "melt: argv[1] is ['-in', 'x']: write its elements as arguments of their own, with *",
        ),
        (["lmp", b"x"], "melt: argv[1] is b'x': decode it to a str"),
        (
            ["lmp", 1j],
            "melt: argv[1] is 1j: the type complex has no sure text form; write it as a str, a "
            "number or a path",
        ),
        (["lmp", "a\0b"], r"melt: argv[1] is 'a\x00b': an argument cannot hold a NUL character"),
        (
            ["lmp", Out("*.xtc")],
            "melt: argv[1] is Out(pattern='*.xtc', optional=False): a pattern names files only "
            "after the program has written them; give the program a plain name and keep the "
            "pattern in Out",
        ),
        (
            Command("lmp -in x"),
            "melt returned the text 'lmp -in x': a command is a list of arguments and never goes "
            "to a shell; write ['lmp', '-in', 'x']",
        ),
        (
            Command(["lmp"], env={"A=B": "c"}),
            "melt: env has 'A=B', which cannot be the name of a variable",
        ),
        (
            Command(["lmp"], env={"A": None}),
            "melt: env['A'] is None: leave it out where there is no value",
        ),
        (
            Command(["lmp"], stdin=7),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "melt: stdin is of type int: expected text, bytes, a path or a ww.File",
        ),
        (
            Command(["lmp"], stdin=Out("x")),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "melt: stdin is Out(pattern='x', optional=False): an output does not exist before "
            "the program",
        ),
        (
            Command(["lmp"], files={"INCAR": None}),  # type: ignore[dict-item] # pyright: ignore[reportArgumentType]
            "melt: files['INCAR'] is of type NoneType: expected text, bytes, a path or a ww.File",
        ),
        (
            Command(["lmp"], files={"../INCAR": "x"}),
            "melt: files('../INCAR') leaves the workspace by '..': a task keeps to its own "
            "directory",
        ),
        (
            Command(["lmp"], ok_codes=3),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "melt: ok_codes=3: write a set, {3}",
        ),
        (
            Command(["lmp"], ok_codes={-1}),
            "melt: ok_codes has -1: an exit code is a whole number from 0 to 255",
        ),
        (
            Command(["lmp"], ok_codes={256}),
            "melt: ok_codes has 256: an exit code is a whole number from 0 to 255",
        ),
        (
            Command(["lmp"], ok_codes=()),
            "melt: ok_codes is empty: no exit code would mean success",
        ),
    ],
)
def test_what_cannot_be_launched_is_explained(returned: object, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        render(returned)
    assert str(caught.value) == message
