import copy
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from weftwork.errors import UsageError
from weftwork.tasks.files import File, Found, Out, Record, asset, rendering

HERE = Path(__file__).parent


def test_a_file_is_not_touched_before_it_is_read(tmp_path: Path) -> None:
    file = File(tmp_path / "later.dat")
    (tmp_path / "later.dat").write_bytes(b"T=0.63\n\xff")
    assert file.name == "later.dat"
    assert file.read_bytes() == b"T=0.63\n\xff"
    assert file.read_text() == "T=0.63\n\N{REPLACEMENT CHARACTER}"


def test_a_file_keeps_its_place_when_the_working_directory_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = File("data/msd.dat")
    monkeypatch.chdir("/")
    assert file.path == tmp_path / "data" / "msd.dat"
    assert file.written == "data/msd.dat"
    assert repr(file) == "File('data/msd.dat')"
    assert os.fspath(file) == str(file) == f"{file}" == str(tmp_path / "data/msd.dat")
    again = pickle.loads(pickle.dumps(file))  # noqa: S301
    assert (again, again.path, again.written) == (file, file.path, file.written)


def test_files_are_equal_by_their_path() -> None:
    assert File("/data/a.dat") == File(Path("/data/./a.dat"), check="stat")
    assert len({File("/data/a.dat"), File("/data/a.dat"), File("/data/b.dat")}) == 2
    assert File("/data/a.dat") != "/data/a.dat"


def test_a_relative_path_counts_from_where_the_file_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = File("a.dat")
    assert {here: 1}[File(tmp_path / "a.dat")] == 1
    monkeypatch.chdir("/")
    assert here != File("a.dat")


def test_reading_a_missing_file_says_no_more_than_python_does(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        File(tmp_path / "msd.dat").read_text()
    assert not hasattr(caught.value, "__notes__")


def test_reading_a_removed_output_says_when_outputs_are_removed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        File(tmp_path / "gone" / "msd.dat").read_text()
    assert caught.value.__notes__ == [
        f"{tmp_path}/gone is gone as well: without a store, outputs are kept until their engine "
        "closes; read or copy them before"
    ]


def test_an_asset_lies_beside_the_module_that_names_it() -> None:
    assert asset("test_files.py").path == HERE / "test_files.py"
    assert asset("../tasks/test_files.py", check="stat").check == "stat"


def test_an_asset_of_a_notebook_lies_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "melt.in").touch()
    monkeypatch.chdir(tmp_path)
    found = eval("asset('melt.in')", {"asset": asset})  # noqa: S307 - a module without a file
    assert found == File(tmp_path / "melt.in")


def test_nothing_can_be_read_that_the_call_of_an_executable_does_not_name() -> None:
    with rendering("melt"):
        with pytest.raises(UsageError) as by_file:
            File("melt.in")
        with pytest.raises(UsageError) as by_asset:
            asset("test_files.py")
    assert str(by_file.value) == (
        "File('melt.in') in the body of the executable 'melt' is an input that its call does not "
        "name: make it a parameter, with ww.asset(...) or ww.File(...) as its default"
    )
    assert str(by_asset.value).startswith("asset('test_files.py') in the body of the executable")
    assert File("melt.in").name == "melt.in"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: File(""), "an empty text is not a path: give the name of a file"),
        (lambda: File("a\0b"), r"'a\x00b' is not a path: it has a NUL character"),
        (
            lambda: File(None),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "None is not a path: give a str or a pathlib.Path",
        ),
        (
            lambda: File(b"a"),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "b'a' is not a path: give a str or a pathlib.Path",
        ),
        (
            lambda: File("a", check="stats"),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "check='stats': did you mean 'stat'?",
        ),
        (
            lambda: asset("test_file.py"),
            f"asset('test_file.py'): there is no {HERE}/test_file.py; "
            "did you mean 'test_files.py'?",
        ),
        (
            lambda: asset("melt.in"),
            f"asset('melt.in'): there is no {HERE}/melt.in; "
            "an asset lies beside the module that names it",
        ),
        (
            lambda: asset("nowhere/melt.in"),
            f"asset('nowhere/melt.in'): there is no {HERE}/nowhere/melt.in; "
            "an asset lies beside the module that names it",
        ),
        (
            lambda: asset("/data/melt.in"),
            "asset('/data/melt.in') is absolute: write File('/data/melt.in')",
        ),
        (lambda: Out(""), "an empty text is not a path: give the name of a file"),
        (
            lambda: Out("/w/msd.dat"),
            "Out('/w/msd.dat') is absolute: name a file relative to the workspace, "
            "such as 'msd.dat'",
        ),
        (
            lambda: Out("../msd.dat"),
            "Out('../msd.dat') leaves the workspace by '..': a task keeps to its own directory",
        ),
        (lambda: Out("frames/"), "Out('frames/') ends in a slash: 'frames' names the directory"),
        (
            lambda: Out("."),
            "Out('.') names the workspace itself: name a file or directory in it",
        ),
        (
            lambda: Out("a", optinal=True),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
            "Out has no 'optinal'; did you mean 'optional'?",
        ),
    ],
)
def test_what_cannot_be_is_explained(make: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value) == message


def test_an_out_knows_whether_it_is_a_pattern() -> None:
    assert Out("./logs//msd.dat").pattern == "logs/msd.dat"
    assert not Out("msd.dat").is_glob
    assert [Out(each).is_glob for each in ("*.xtc", "frame?.xyz", "run[0-9].log")] == [True] * 3


def record() -> Record:
    outs: dict[str, Found] = {
        "out": File("/w/msd.dat"),
        "frames": [File("/w/1.xyz"), File("/w/2.xyz")],
        "log": None,
    }
    return Record(outs, File("/w/stdout"), File("/w/stderr"), exit_code=3)


def test_a_record_has_a_file_for_each_out() -> None:
    left = record()
    assert left.out == File("/w/msd.dat")
    assert left.frames == [File("/w/1.xyz"), File("/w/2.xyz")]
    assert left.log is None
    assert (left.stdout.name, left.stderr.name, left.exit_code) == ("stdout", "stderr", 3)
    assert [left.matches(name) for name in ("out", "frames", "log")] == [
        [File("/w/msd.dat")],
        [File("/w/1.xyz"), File("/w/2.xyz")],
        [],
    ]


def test_a_record_names_the_nearest_output() -> None:
    with pytest.raises(AttributeError) as caught:
        _ = record().frame
    assert str(caught.value) == "the record has no 'frame'; did you mean 'frames'?"
    assert "frames" in dir(record())
    assert not hasattr(record(), "nothing")


def test_a_record_taken_for_a_file_names_its_files() -> None:
    with pytest.raises(AttributeError) as caught:
        _ = record().read_text
    assert str(caught.value) == (
        "a record of an executable has no 'read_text', its files have: take one of .out, .frames, "
        ".log, .stdout"
    )


def test_a_record_travels() -> None:
    left = record()
    assert pickle.loads(pickle.dumps(left)) == left  # noqa: S301
    assert copy.deepcopy(left) == copy.copy(left) == left
    assert left != Record({}, left.stdout, left.stderr)
    assert repr(left) == (
        "Record(exit_code=3, out=File('/w/msd.dat'), "
        "frames=[File('/w/1.xyz'), File('/w/2.xyz')], log=None)"
    )
