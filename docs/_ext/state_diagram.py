"""The states of an item as a drawing, made from the core's table when the docs are built.

The unfinished states stand in a row, the final ones are bars below it. Every arrow comes from
`ALLOWED`: between neighbours straight, between others of the row as an arc above it, and down to
the bar of a final state.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import NamedTuple

from weftwork.core.model import ALLOWED, TaskState

Changes = Mapping[TaskState, frozenset[TaskState]]

_S = TaskState
ROW = (_S.WAITING, _S.LOOKUP, _S.QUEUED, _S.RUNNING, _S.CANCELLING, _S.BACKOFF)
BARS = (_S.SUCCEEDED, _S.FAILED, _S.CANCELLED, _S.SKIPPED)
INK = {
    _S.SUCCEEDED: "#1a7f4b",
    _S.FAILED: "#c62828",
    _S.CANCELLED: "#b26a00",
    _S.SKIPPED: "#6b7280",
}

BOX_WIDTH, BOX_HEIGHT, GAP, MARGIN = 112, 34, 40, 10
LANE = 15
"""Between two arcs, one above the other."""
BAR_HEIGHT, BAR_GAP = 26, 12


class Box(NamedTuple):
    """Where a state is drawn."""

    x: float
    y: float
    width: float
    height: float

    def along_top(self, share: float) -> float:
        """Return the x of a point of the edge, 0 at its left end and 1 at its right."""
        return self.x + self.width * share


class Arrow(NamedTuple):
    """One legal change of state: from its first point to its last."""

    source: TaskState
    target: TaskState
    points: tuple[tuple[float, float], ...]


def boxes(changes: Changes = ALLOWED) -> dict[TaskState, Box]:
    """Return where each state is drawn."""
    top = MARGIN + LANE * (1 + len(_arcs(changes)))
    step = BOX_WIDTH + GAP
    placed = {
        state: Box(MARGIN + n * step, top, BOX_WIDTH, BOX_HEIGHT) for n, state in enumerate(ROW)
    }
    first = top + BOX_HEIGHT + 2 * GAP
    width = step * len(ROW) - GAP
    for n, state in enumerate(BARS):
        placed[state] = Box(MARGIN, first + n * (BAR_HEIGHT + BAR_GAP), width, BAR_HEIGHT)
    return placed


def arrows(changes: Changes = ALLOWED) -> list[Arrow]:
    """Return every legal change as it is drawn."""
    placed = boxes(changes)
    return [*_straight(changes, placed), *_above(changes, placed), *_down(changes, placed)]


def _edges(changes: Changes) -> Iterator[tuple[TaskState, TaskState]]:
    for source in TaskState:
        for target in TaskState:
            if target in changes[source]:
                yield source, target


def _are_neighbours(source: TaskState, target: TaskState) -> bool:
    return ROW.index(target) - ROW.index(source) == 1


def _arcs(changes: Changes) -> list[tuple[TaskState, TaskState]]:
    """Return the arrows above the row, the widest last, which will be the highest."""
    within = [edge for edge in _edges(changes) if edge[0] in ROW and edge[1] in ROW]
    arcs = [edge for edge in within if not _are_neighbours(*edge)]
    return sorted(arcs, key=lambda edge: abs(ROW.index(edge[1]) - ROW.index(edge[0])))


def _straight(changes: Changes, placed: dict[TaskState, Box]) -> Iterator[Arrow]:
    for source, target in _edges(changes):
        if source in ROW and target in ROW and _are_neighbours(source, target):
            start, end = placed[source], placed[target]
            y = start.y + start.height / 2
            yield Arrow(source, target, ((start.x + start.width, y), (end.x, y)))


def _above(changes: Changes, placed: dict[TaskState, Box]) -> Iterator[Arrow]:
    arcs = _arcs(changes)
    for level, (source, target) in enumerate(arcs):
        start, end = placed[source], placed[target]
        x1 = start.along_top(_foot(arcs, source, (source, target)))
        x2 = end.along_top(_foot(arcs, target, (source, target)))
        y = start.y - LANE * (level + 1)
        yield Arrow(source, target, ((x1, start.y), (x1, y), (x2, y), (x2, end.y)))


def _foot(
    arcs: list[tuple[TaskState, TaskState]], state: TaskState, edge: tuple[TaskState, TaskState]
) -> float:
    """Return where an arc stands on its box: those that lead left are left, and arcs nest."""

    def place(arc: tuple[TaskState, TaskState]) -> tuple[bool, int]:
        other = ROW.index(arc[1] if arc[0] is state else arc[0])
        return other > ROW.index(state), -arcs.index(arc)

    feet = [arc for arc in arcs if state in arc]
    left = sorted((arc for arc in feet if not place(arc)[0]), key=place, reverse=True)
    right = sorted((arc for arc in feet if place(arc)[0]), key=place)
    return ([*left, *right].index(edge) + 1) / (len(feet) + 1)


def _down(changes: Changes, placed: dict[TaskState, Box]) -> Iterator[Arrow]:
    for source in ROW:
        ends = [bar for bar in BARS if bar in changes[source]]
        for n, target in enumerate(ends):
            box = placed[source]
            x = box.along_top((n + 1) / (len(ends) + 1))
            yield Arrow(source, target, ((x, box.y + box.height), (x, placed[target].y)))


def draw(changes: Changes = ALLOWED) -> str:
    """Return the drawing as SVG in which the colour of the text is the page's."""
    placed = boxes(changes)
    last = placed[BARS[-1]]
    width, height = last.x + last.width + MARGIN, last.y + last.height + MARGIN
    heads = "".join(_marker(f"to-{state.value}", ink) for state, ink in INK.items())
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
            'role="img" aria-label="States of an item" style="width: 100%; height: auto" '
            'font-family="inherit" font-size="13" fill="none" stroke-width="1.4">',
            f"<defs>{_marker('to-row', 'currentColor')}{heads}</defs>",
            *map(_drawn_arrow, arrows(changes)),
            *(_drawn_box(state, box) for state, box in placed.items()),
            "</svg>",
        ]
    )


def _marker(name: str, ink: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="6" '
        f'markerHeight="6" orient="auto"><path d="M0 0 8 4 0 8Z" fill="{ink}"/></marker>'
    )


def _drawn_arrow(arrow: Arrow) -> str:
    ink = INK.get(arrow.target, "currentColor")
    head = f"to-{arrow.target.value}" if arrow.target in INK else "to-row"
    way = " ".join(f"{x:g},{y:g}" for x, y in arrow.points)
    return (
        f'<polyline data-from="{arrow.source.name}" data-to="{arrow.target.name}" '
        f'points="{way}" stroke="{ink}" stroke-linejoin="round" marker-end="url(#{head})">'
        f"<title>{arrow.source.name} to {arrow.target.name}</title></polyline>"
    )


def _drawn_box(state: TaskState, box: Box) -> str:
    ink = INK.get(state, "currentColor")
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return (
        f'<g data-state="{state.name}"><rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" '
        f'height="{box.height:g}" rx="6" stroke="{ink}" '
        'fill="var(--color-background-primary, white)"/>'
        f'<text x="{x:g}" y="{y:g}" dy="0.35em" text-anchor="middle" fill="{ink}">'
        f"{escape(state.name)}</text></g>"
    )
