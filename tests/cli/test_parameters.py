"""Typed parameters become flags."""

from enum import Enum
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel

import weftwork as ww
from weftwork.cli.flags import RUN_FLAGS, RunFlags, run_flags
from weftwork.cli.parameters import Parsed, ScriptParameters
from weftwork.errors import UsageError


class Lattice(Enum):
    """Of a crystal."""

    FCC = "fcc"
    BODY_CENTRED = 2


class Dynamics(BaseModel):
    """How to integrate."""

    steps: int = 100
    """How many."""
    dt: float = 0.005


DYNAMICS = Dynamics()


async def campaign(  # noqa: PLR0913 - one of each sort
    tolerance: float = 5.0,
    mode: Literal["fast", "exact"] = "fast",
    lattice: Lattice = Lattice.FCC,
    out: Path | None = None,
    dynamics: Dynamics = DYNAMICS,
    temperatures: tuple[float, ...] = (),
    *,
    check: bool = False,
    seed: int,
) -> None:
    """Find the melting point.

    Args:
        tolerance: Width of the bracket, in kelvin.
        mode: How.
        lattice: Which.
        out: Where to.
        dynamics: How to integrate.
        temperatures: Where to begin.
        check: Whether to look twice.
        seed: Of the velocities.
    """


def parse(*tokens: str) -> Parsed:
    return ScriptParameters(campaign, "weft run melt.py", RUN_FLAGS).parse(tokens)


def refused(*tokens: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse(*tokens)
    return str(caught.value)


def test_each_type_is_read_as_annotated() -> None:
    parsed = parse(
        *("--tolerance", "0.5", "--mode", "exact", "--lattice", "body-centred", "--out", "x/y"),
        *("--dynamics.steps", "7", "--temperatures", "1", "--temperatures", "2.5"),
        *("--check", "--seed=3"),
    )
    assert parsed.args == (
        *(0.5, "exact", Lattice.BODY_CENTRED, Path("x/y"), Dynamics(steps=7), (1.0, 2.5)),
    )
    assert parsed.kwargs == {"check": True, "seed": 3}
    assert run_flags(parsed.flags) == RunFlags()


def test_what_is_not_typed_keeps_its_default() -> None:
    parsed = parse("--seed", "3")
    assert (parsed.args, parsed.kwargs) == ((), {"seed": 3})


def test_flags_of_ours_stand_anywhere_among_the_scripts() -> None:
    parsed = parse("--workers", "2", "--seed", "3", "--dry-run", "--no-check", "--backend=threads")
    assert parsed.kwargs == {"seed": 3, "check": False}
    assert run_flags(parsed.flags) == RunFlags(backend="threads", workers=2, dry_run=True)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([], "--seed was not given: type `weft run melt.py --seed ...`"),
        (["--seed", "x"], 'invalid value for --seed: unable to convert "x" into int'),
        (
            ["--seed", "1", "--tolerence", "3"],
            "unknown flag --tolerence; did you mean --tolerance?",
        ),
        (["--seed", "1", "--mode", "quick"], 'invalid value "quick" for --mode; choose from'),
        (["--seed", "1", "--workers", "two"], "invalid value for --workers"),
        (["--seed", "1", "--dynamics.steps", "x"], "--dynamics: steps: Input should be a valid"),
        (["--seed"], "--seed requires an argument"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_flag(tokens: list[str], message: str) -> None:
    said = refused(*tokens)
    assert message in said
    assert "\n" not in said
    assert said.endswith("(see `weft run melt.py --help`)")


def test_the_help_page_has_types_defaults_and_the_docstring(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ScriptParameters(campaign, "weft run melt.py", RUN_FLAGS).show_help()
    text = " ".join(capsys.readouterr().out.split())
    for words in ("Usage: weft run melt.py", "Find the melting point.", "Width of the bracket"):
        assert words in text
    assert "5.0]" in text
    assert "--dynamics.steps" in text
    assert "Flags of weft run" in text
    assert "Python functions that run at once" in text


def test_a_parameter_with_the_name_of_a_flag_of_ours_names_both() -> None:
    def clash(workers: int) -> None: ...

    with pytest.raises(
        UsageError, match=r"parameter 'workers' of clash .* flag --workers of `weft"
    ):
        ScriptParameters(clash, "weft run melt.py", RUN_FLAGS)


def test_annotations_that_cannot_be_read_are_told() -> None:
    def lost(path: "Missing") -> None: ...  # type: ignore[name-defined]  # noqa: F821 - on purpose

    with pytest.raises(UsageError, match=r"annotations of lost cannot be read: .*Missing"):
        ScriptParameters(lost, "weft run melt.py", RUN_FLAGS)  # pyright: ignore[reportUnknownArgumentType] - on purpose


def test_a_file_is_typed_as_its_path() -> None:
    def read(one: ww.File, many: list[ww.File], maybe: ww.File | None = None) -> None: ...

    parsed = ScriptParameters(read, "weft run x.py", RUN_FLAGS).parse(
        ["--one", "a", "--many", "b", "--many", "c", "--maybe", "d"]
    )
    assert parsed.args == (Path("a"), [Path("b"), Path("c")], Path("d"))


def test_a_parameter_without_annotation_is_read_as_its_default() -> None:
    def loose(name, count=3, out=ww.Out("x.dat")) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - on purpose
        ...

    parameters = ScriptParameters(loose, "weft run x.py", RUN_FLAGS)  # pyright: ignore[reportUnknownArgumentType] - on purpose
    parsed = parameters.parse(["--name", "7", "--count", "8"])
    assert parsed.args == ("7", 8)
    with pytest.raises(UsageError, match="unknown flag --out"):
        parameters.parse(["--name", "7", "--out", "y"])
