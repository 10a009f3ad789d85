"""A command line is taken apart before the script is known."""

import pytest

from weftwork.cli.flags import RUN_FLAGS, CommandLine, split
from weftwork.errors import UsageError


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], CommandLine(None, (), wants_help=False)),
        (["--help"], CommandLine(None, (), wants_help=True)),
        (["a.py"], CommandLine("a.py", (), wants_help=False)),
        (["a.py", "-h"], CommandLine("a.py", (), wants_help=True)),
        (
            ["--workers", "2", "--quiet", "--backend=threads", "a.py", "--seed", "1"],
            CommandLine(
                "a.py",
                ("--workers", "2", "--quiet", "--backend=threads", "--seed", "1"),
                wants_help=False,
            ),
        ),
        (["a.py", "--", "--help"], CommandLine("a.py", ("--", "--help"), wants_help=False)),
    ],
)
def test_the_script_is_the_first_that_is_no_flag(arguments: list[str], line: CommandLine) -> None:
    assert split(arguments, "run", RUN_FLAGS) == line


def test_a_flag_of_the_script_before_the_script_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--seed is no flag of `weft run`: .* after its name"):
        split(["--seed", "1", "a.py"], "run", RUN_FLAGS)
