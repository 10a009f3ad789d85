"""Mistakes at the command line: one sentence each, exit code 2, nothing on standard output."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from weftwork.cli.main import main

BLOCK = "import weftwork as ww\n@ww.block\nasync def campaign(count: int = 1): ...\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in a directory of the test's own, and forget the modules it loads."""
    modules = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in set(sys.modules) - modules:
        if (sys.modules[name].__file__ or "").startswith(str(tmp_path)):
            del sys.modules[name]


def script(source: str) -> None:
    Path("flow.py").write_text(source)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what `weft` says to a mistake."""
    assert main(list(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_a_misspelt_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "grpah", "flow.py") == (
        "weft: unknown verb 'grpah': did you mean 'graph'?; see `weft --help`\n"
    )


def test_a_forgotten_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "flow.py") == (
        "weft: 'flow.py' is a script, not a verb: type `weft run flow.py`\n"
    )


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    script(BLOCK)
    assert said(capsys, "run", "flwo.py") == (
        "weft: there is no file 'flwo.py': did you mean 'flow.py'?\n"
    )


def test_a_file_that_is_not_python(capsys: pytest.CaptureFixture[str]) -> None:
    script("units lj\natom_style atomic\n")
    assert said(capsys, "run", "flow.py") == (
        "weft: flow.py:1: not valid Python (invalid syntax): units lj\n"
    )


def test_a_script_that_cannot_be_imported(capsys: pytest.CaptureFixture[str]) -> None:
    script("import weftwork as ww\nimport nmupy\n")
    assert said(capsys, "run", "flow.py") == (
        "weft: flow.py:2: cannot be imported: ModuleNotFoundError: No module named 'nmupy'\n"
    )


def test_two_blocks_and_no_main(capsys: pytest.CaptureFixture[str]) -> None:
    script(BLOCK + "@ww.block\nasync def other(): ...\n")
    assert said(capsys, "run", "flow.py") == (
        "weft: flow.py has 2 blocks (campaign, other) and none is called main: "
        "say which one, such as `weft run flow.py:campaign`\n"
    )


def test_nothing_to_run(capsys: pytest.CaptureFixture[str]) -> None:
    script("import weftwork as ww\n@ww.task\ndef add(): ...\n")
    assert said(capsys, "run", "flow.py") == (
        "weft: flow.py has no @ww.block and no function main: write one that calls its tasks, "
        "or run one by `weft run flow.py:add`\n"
    )


def test_a_misspelt_block(capsys: pytest.CaptureFixture[str]) -> None:
    script(BLOCK)
    assert said(capsys, "run", "flow.py:campain") == (
        "weft: flow.py has no 'campain': did you mean 'campaign'?\n"
    )


def test_a_parameter_named_as_a_flag_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    script(BLOCK.replace("count", "workers"))
    assert said(capsys, "run", "flow.py") == (
        "weft: the parameter 'workers' of campaign has the name of the flag --workers of "
        "`weft run`: rename the parameter\n"
    )


def test_an_unknown_flag(capsys: pytest.CaptureFixture[str]) -> None:
    script(BLOCK)
    assert said(capsys, "run", "flow.py", "--cuont", "3") == (
        "weft: unknown flag --cuont; did you mean --count? (see `weft run flow.py --help`)\n"
    )


def test_a_value_of_the_wrong_type(capsys: pytest.CaptureFixture[str]) -> None:
    script(BLOCK)
    assert said(capsys, "run", "flow.py", "--count", "many") == (
        'weft: invalid value for --count: unable to convert "many" into int '
        "(see `weft run flow.py --help`)\n"
    )


def test_a_missing_value(capsys: pytest.CaptureFixture[str]) -> None:
    script(BLOCK.replace(" = 1", ""))
    assert said(capsys, "run", "flow.py") == (
        "weft: --count was not given: type `weft run flow.py --count ...` "
        "(see `weft run flow.py --help`)\n"
    )


def test_a_flag_before_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "run", "--count", "3", "flow.py") == (
        "weft: --count is no flag of `weft run`: flags of the script come after its name, "
        "`weft run FILE --count ...`; see `weft run --help`\n"
    )


def test_an_unknown_backend(capsys: pytest.CaptureFixture[str]) -> None:
    script(BLOCK)
    assert said(capsys, "run", "flow.py", "--backend", "thread") == (
        "weft: there is no backend 'thread'; did you mean 'threads'?\n"
    )


def test_no_workers(capsys: pytest.CaptureFixture[str]) -> None:
    script(BLOCK)
    assert said(capsys, "run", "flow.py", "--workers", "0").startswith("weft: workers=0: ")


def test_a_script_that_would_hide_a_module(capsys: pytest.CaptureFixture[str]) -> None:
    Path("queue.py").write_text(BLOCK)
    assert said(capsys, "run", "queue.py") == (
        "weft: queue.py has the name of the module 'queue', which would hide it: "
        "rename the script\n"
    )
