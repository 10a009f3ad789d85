"""The drawing of the states shows exactly the changes that the core allows."""

from xml.etree import ElementTree as Xml

import state_diagram

from weftwork.core.model import ALLOWED, TaskState

SVG = "{http://www.w3.org/2000/svg}"
EDGES = {(one.name, other.name) for one, others in ALLOWED.items() for other in others}


def test_every_allowed_change_is_one_arrow_and_there_is_no_other() -> None:
    drawing = Xml.fromstring(state_diagram.draw())  # noqa: S314 - our own
    arrows = [
        (line.get("data-from"), line.get("data-to")) for line in drawing.iter(f"{SVG}polyline")
    ]
    assert len(arrows) == len(EDGES)
    assert set(arrows) == EDGES


def test_every_state_has_one_box_with_its_name() -> None:
    drawing = Xml.fromstring(state_diagram.draw())  # noqa: S314 - our own
    names = [text.text for text in drawing.iter(f"{SVG}text")]
    assert sorted(str(name) for name in names) == sorted(state.name for state in TaskState)


def test_every_arrow_begins_and_ends_at_the_border_of_its_boxes() -> None:
    boxes = state_diagram.boxes()
    for arrow in state_diagram.arrows():
        assert _on_border(boxes[arrow.source], arrow.points[0]), arrow
        assert _on_border(boxes[arrow.target], arrow.points[-1]), arrow


def test_no_two_arrows_share_a_foot() -> None:
    arrows = state_diagram.arrows()
    ends = [arrow.points[0] for arrow in arrows] + [arrow.points[-1] for arrow in arrows]
    assert len(set(ends)) == len(ends)


def test_a_change_that_the_core_would_allow_would_be_drawn() -> None:
    more = {**ALLOWED, TaskState.BACKOFF: ALLOWED[TaskState.BACKOFF] | {TaskState.FAILED}}
    extra = {(arrow.source, arrow.target) for arrow in state_diagram.arrows(more)}
    assert (TaskState.BACKOFF, TaskState.FAILED) in extra
    assert len(extra) == len(EDGES) + 1


def _on_border(box: state_diagram.Box, point: tuple[float, float]) -> bool:
    x, y = point
    across = box.x <= x <= box.x + box.width and y in (box.y, box.y + box.height)
    upright = box.y <= y <= box.y + box.height and x in (box.x, box.x + box.width)
    return across or upright
