"""`weft`: the first page, the verbs, and what is said about mistakes."""

import subprocess
import sys

import pytest

from weftwork import errors
from weftwork.cli.codes import ExitCode, code_of
from weftwork.cli.main import VERBS, main


def test_the_help_page_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    page = capsys.readouterr().out
    assert all(f"\n  {verb} " in page for verb in VERBS)
    assert main([]) == 0
    assert capsys.readouterr().out == page
    assert max(len(line) for line in page.splitlines()) <= 100


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_page(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: weft {verb}")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("weft 0.")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rnu"], "weft: unknown verb 'rnu': did you mean 'run'?; see `weft --help`\n"),
        (["melt.py"], "weft: 'melt.py' is a script, not a verb: type `weft run melt.py`\n"),
        (["run"], "weft: `weft run` needs a script: type `weft run FILE.py`\n"),
        (["graph"], "weft: `weft graph` needs a script: type `weft graph FILE.py`\n"),
        (["doctor", "x"], "weft: `weft doctor` takes only --json, not 'x'\n"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_two(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr() == ("", sentence)


def failed_because(cause: BaseException) -> errors.TaskFailed:
    error = errors.TaskFailed("melt[1]", "melt[1] failed")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ScopeError("x"), ExitCode.USAGE),
        (errors.StoreError("x"), ExitCode.CONFIGURATION),
        (errors.BackendError("x"), ExitCode.UNAVAILABLE),
        (errors.TaskFailed("melt[1]", "x"), ExitCode.FAILED),
        (failed_because(ValueError("x")), ExitCode.FAILED),
        (failed_because(errors.BackendError("x")), ExitCode.UNAVAILABLE),
        (failed_because(errors.UsageError("x")), ExitCode.USAGE),
        (failed_because(failed_because(errors.UsageError("x"))), ExitCode.FAILED),
        (ExceptionGroup("x", [ValueError()]), ExitCode.FAILED),
    ],
)
def test_the_exit_code_says_who_must_act(error: BaseException, code: ExitCode) -> None:
    assert code_of(error) is code


def test_the_first_page_imports_no_third_party_and_no_verb() -> None:
    program = (
        "import sys; before = set(sys.modules); from weftwork.cli.main import main; main([]); "
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert set(ended.stderr.split()) <= {
        *("weftwork", "weftwork.cli", "weftwork.cli.main"),
        *("importlib", "importlib._bootstrap", "importlib._bootstrap_external", "typing"),
        *("warnings", "_warnings"),
    }


@pytest.mark.parametrize("verb", ["run", "graph"])
def test_a_verbs_page_imports_no_third_party_and_no_engine(verb: str) -> None:
    program = (
        f"import sys; from weftwork.cli.main import main; main(['{verb}', '--help']); "
        "heavy = {'asyncio', 'cloudpickle', 'cyclopts', 'numpy', 'psutil', 'pydantic', 'rich'}; "
        "print(*sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stderr == "\n"


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_error() -> None:
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        ["/bin/sh", "-c", f"{sys.executable} -m weftwork.cli.main --help | true"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr == ""
