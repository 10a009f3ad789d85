"""Scripts are loaded as modules, and the right thing in them is found."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from weftwork.cli.script import Target, find, load, parse_script
from weftwork.errors import UsageError


@pytest.fixture(autouse=True)
def modules_and_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave `sys.modules` and `sys.path` as they were."""
    modules = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in set(sys.modules) - modules:
        if getattr(sys.modules[name], "__file__", "").startswith("/tmp"):  # noqa: S108
            del sys.modules[name]


def write(path: Path, source: str) -> Path:
    path.write_text(source)
    return path


def found(path: Path, suffix: str = "") -> Target:
    script = parse_script(f"{path}{suffix}")
    return find(script, load(script))


ONE = "import weftwork as ww\n@ww.block\nasync def campaign(n: int = 1): ...\n"
TWO = ONE + "@ww.block\nasync def other(): ...\n"


def test_the_only_block_is_run(tmp_path: Path) -> None:
    path = write(tmp_path / "one_w.py", ONE + "async def main(): ...\n")
    target = found(path)
    assert target.task is not None
    assert (target.task.name, target.task.kind) == ("campaign", "block")


def test_of_several_blocks_main_is_run(tmp_path: Path) -> None:
    path = write(tmp_path / "two_w.py", TWO + "@ww.block\nasync def main(): ...\n")
    target = found(path)
    assert target.task is not None
    assert target.task.name == "main"


def test_without_a_block_the_function_main_is_run(tmp_path: Path) -> None:
    path = write(tmp_path / "plain_w.py", "def main(n: int): ...\n")
    target = found(path)
    assert target.task is None
    assert target.function.__name__ == "main"


def test_what_is_named_is_run(tmp_path: Path) -> None:
    path = write(tmp_path / "named_w.py", TWO)
    target = found(path, ":other")
    assert target.task is not None
    assert target.task.name == "other"


def test_imported_blocks_and_other_names_of_a_block_do_not_count(tmp_path: Path) -> None:
    write(tmp_path / "library_w.py", ONE)
    path = write(
        tmp_path / "user_w.py",
        "import weftwork as ww\nfrom library_w import campaign\n"
        "@ww.block\nasync def mine(): ...\nalias = mine\n",
    )
    target = found(path)
    assert target.task is not None
    assert target.task.name == "mine"


def test_a_script_is_a_module_of_its_own_name_and_not_the_main_program(tmp_path: Path) -> None:
    path = write(tmp_path / "who_w.py", "seen = __name__\n" + ONE)
    assert load(parse_script(str(path))).__dict__["seen"] == "who_w"
    assert sys.path[0] == str(tmp_path)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (TWO, ["2 blocks (campaign, other)", "weft run", ":campaign`"]),
        ("x = 1\n", ["no @ww.block and no function main", "write one"]),
        (
            "import weftwork as ww\n@ww.task\ndef add(): ...\n",
            ["no @ww.block and no function main", ":add`"],
        ),
    ],
)
def test_a_script_that_leaves_the_choice_open_is_told_what_to_type(
    tmp_path: Path, source: str, words: list[str]
) -> None:
    path = write(tmp_path / "open_w.py", source)
    with pytest.raises(UsageError) as caught:
        found(path)
    for word in words:
        assert word in str(caught.value)


def test_a_misspelt_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path / "near_w.py", ONE)
    with pytest.raises(UsageError, match=r"has no 'campain': did you mean 'campaign'\?"):
        found(path, ":campain")


def test_functions_that_the_script_imported_are_not_offered(tmp_path: Path) -> None:
    path = write(tmp_path / "imports_w.py", "from textwrap import dedent\n" + ONE)
    with pytest.raises(UsageError, match=r"has no 'dedentt': known are (?!.*dedent)"):
        found(path, ":dedentt")


def test_a_name_that_is_no_function_says_what_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "value_w.py", ONE + "limit = 3\n")
    with pytest.raises(UsageError, match=r"limit in .* is a int"):
        found(path, ":limit")


def test_a_missing_file_is_answered_with_the_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "melt.py", ONE)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"no file 'mlet.py': did you mean 'melt.py'\?"):
        parse_script("mlet.py")
    with pytest.raises(UsageError, match="no directory 'there' either"):
        parse_script("there/melt.py")


def test_a_directory_is_no_script(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a directory"):
        parse_script(str(tmp_path))


@pytest.mark.parametrize(
    ("source", "pattern"),
    [
        (b"x = (\n", r"bad_w.py:1: not valid Python \('\(' was never closed\): x = \("),
        (b"units lj\npair_style lj/cut 2.5\n", r"bad_w.py:1: not valid Python"),
        (b"\x00\x01\x02\xff", r"bad_w.py is not a Python file"),
        (b"\xff\xfe\x80", r"bad_w.py.* not .*Python"),
        (b"import nothing_of_this_name\n", r"bad_w.py:1: .*ModuleNotFoundError.*nothing_of_this"),
        (b"x = 1\ny = x / 0\n", r"bad_w.py:2: .*ZeroDivisionError: division by zero"),
        (
            b"import weftwork as ww\nww.task(retries=2)\n",
            r"bad_w.py:2: @task has no option 'retries': did you mean 'retry'\?",
        ),
        (b"import sys\n\nsys.exit(3)\n", r"bad_w.py:3: the script ends itself \(exit 3\)"),
    ],
)
def test_what_cannot_be_imported_is_told_with_file_and_line(
    tmp_path: Path, source: bytes, pattern: str
) -> None:
    path = tmp_path / "bad_w.py"
    path.write_bytes(source)
    with pytest.raises(UsageError, match=pattern):
        load(parse_script(str(path)))


def test_an_error_in_an_imported_file_names_both_lines(tmp_path: Path) -> None:
    helper = write(tmp_path / "helper_w.py", "\n\n1 / 0\n")
    path = write(tmp_path / "outer_w.py", "import helper_w\n")
    with pytest.raises(UsageError, match=rf"outer_w.py:1: .*\(from {helper}:3\)"):
        load(parse_script(str(path)))


@pytest.mark.parametrize("name", ["queue.py", "json.py"])
def test_a_script_must_not_hide_a_module(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, ONE)
    with pytest.raises(UsageError, match="rename the script"):
        load(parse_script(str(path)))
