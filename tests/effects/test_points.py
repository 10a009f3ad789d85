"""Effects say what they are about to do, before they do it."""

from pathlib import Path

import pytest

from weftwork.effects.files import make_private_directory, remove_tree
from weftwork.effects.points import CrashPoint, watched
from weftwork.effects.randomness import draw


class Crashed(BaseException):
    pass


def crash(point: CrashPoint) -> None:
    raise Crashed(point)


def test_a_crash_at_a_point_comes_before_its_effect(tmp_path: Path) -> None:
    with watched(crash), pytest.raises(Crashed) as caught:
        make_private_directory(tmp_path / "a")
    assert caught.value.args == (CrashPoint.MAKE_DIRECTORY,)
    assert not (tmp_path / "a").exists()


def test_points_are_passed_in_the_order_of_the_effects(tmp_path: Path) -> None:
    passed: list[CrashPoint] = []
    with watched(passed.append):
        make_private_directory(tmp_path / "a" / "b")
        remove_tree(tmp_path / "a")
    assert passed == [
        CrashPoint.MAKE_DIRECTORY,
        CrashPoint.MAKE_DIRECTORY,
        CrashPoint.REMOVE_TREE,
    ]


def test_nobody_watches_after_the_end_even_by_an_exception(tmp_path: Path) -> None:
    with pytest.raises(Crashed), watched(crash):
        draw()
    make_private_directory(tmp_path / "a")
    assert (tmp_path / "a").is_dir()


def test_directories_are_private_and_those_that_exist_are_left(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private_directory(tmp_path / "a" / "b")
    make_private_directory(tmp_path / "a" / "b")
    modes = [path.stat().st_mode & 0o777 for path in (tmp_path, tmp_path / "a", tmp_path / "a/b")]
    assert modes == [0o755, 0o700, 0o700]
