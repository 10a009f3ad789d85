"""The drawing thread: woken by news, never in the way."""

import threading
from collections import deque

from weftwork.cli.display import Display, Picture
from weftwork.engine.stream import Notice, TaskAdded, TaskPrinted, TaskStarted


class Easel:
    """Keeps what was painted, and says when."""

    def __init__(self, *, shows_ages: bool = True) -> None:
        self.shows_ages = shows_ages
        self.pictures: deque[Picture] = deque()
        self.last: Picture | None = None
        self.painted = threading.Event()

    def paint(self, picture: Picture) -> None:
        self.pictures.append(picture)
        self.painted.set()

    def finish(self, picture: Picture) -> None:
        self.last = picture


class BrokenEasel(Easel):
    """A terminal that went away."""

    def paint(self, picture: Picture) -> None:
        super().paint(picture)
        raise OSError(5, "Input/output error")


def test_news_is_painted_without_being_asked_for() -> None:
    easel = Easel()
    display = Display(easel, now=lambda: 7.0)
    display.start()
    display.hear([TaskAdded(7.0, 1, "melt", "function"), Notice(7.0, "hello")])
    assert easel.painted.wait(10)
    display.close()
    assert easel.pictures[0].lines == ["hello"]
    assert [row.task for row in easel.pictures[0].rows] == ["melt"]


def test_lines_are_in_one_picture_only_and_none_is_lost_at_the_end() -> None:
    easel = Easel()
    display = Display(easel, now=lambda: 7.0)
    display.start()
    for number in range(50):
        display.hear([TaskPrinted(7.0, 1, "melt", f"line {number}")])
    display.say("bye")
    display.close()
    assert easel.last is not None
    lines = [line for picture in [*easel.pictures, easel.last] for line in picture.lines]
    printed = [line for line in lines if line.startswith("melt")]
    assert printed == [f"melt[1] line {number}" for number in range(50)]
    assert [line for line in lines if not line.startswith("melt")] == ["weft: bye"]


def test_a_display_that_was_never_started_still_shows_the_end() -> None:
    easel = Easel()
    display = Display(easel, now=lambda: 7.0)
    display.hear([TaskAdded(7.0, 1, "melt", "function")])
    assert display.close() == 0.0
    assert easel.last is not None
    assert len(easel.last.rows) == 1


def test_a_terminal_that_went_away_does_not_hurt() -> None:
    easel = BrokenEasel()
    display = Display(easel, now=lambda: 7.0)
    display.start()
    display.hear([TaskAdded(7.0, 1, "melt", "function")])
    assert easel.painted.wait(10)
    display.hear([TaskStarted(7.0, 1, "melt", 1)])
    display.close()
    assert easel.last is None
    assert len(easel.pictures) == 1


def test_nothing_wakes_the_thread_while_nothing_runs() -> None:
    display = Display(Easel(), now=lambda: 7.0)
    assert display.patience() is None
    display.hear([TaskAdded(7.0, 1, "melt", "function")])
    assert display.patience() is None


def test_the_longer_nothing_happens_the_rarer_ages_are_drawn() -> None:
    times = iter([0.0, 0.0])
    now = [0.0]
    display = Display(Easel(), now=lambda: next(times, now[0]))
    display.hear([TaskAdded(0.0, 1, "melt", "function"), TaskStarted(0.0, 1, "melt", 1)])
    now[0] = 2.0
    assert display.patience() == 1.0
    now[0] = 3600.0
    assert display.patience() == 360.0


def test_lines_are_not_painted_anew_only_because_time_passes() -> None:
    display = Display(Easel(shows_ages=False), now=lambda: 7.0)
    display.hear([TaskAdded(7.0, 1, "melt", "function"), TaskStarted(7.0, 1, "melt", 1)])
    assert display.patience() is None
