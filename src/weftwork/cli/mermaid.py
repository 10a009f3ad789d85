"""The graph of a plan, and Mermaid text for it. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from weftwork.engine.stream import Kind, StreamEvent, TaskAdded

MOST_SINGLE = 40
"""Items up to which each has a box of its own."""


@dataclass(frozen=True, slots=True)
class Node:
    """One item.

    Attributes:
        item: Its number.
        task: Its name.
        kind: What it is.
        block: The block run it is called in; 0: none.
        inputs: Numbers of the items it depends on.
    """

    item: int
    task: str
    kind: Kind
    block: int
    inputs: tuple[int, ...]

    @property
    def label(self) -> str:
        """As it is shown elsewhere."""
        return f"{self.task}[{self.item}]"


@dataclass(slots=True)
class Graph:
    """What was called, in the order of the calls."""

    nodes: dict[int, Node] = field(default_factory=dict[int, Node])

    def take(self, events: Sequence[StreamEvent]) -> None:
        """Fold events of a dry run in."""
        for event in events:
            if isinstance(event, TaskAdded):
                node = Node(event.item, event.task, event.kind, event.group, event.inputs)
                self.nodes[event.item] = node

    def as_json(self) -> dict[str, object]:
        """Return nodes and edges for JSON."""
        return {
            "nodes": [
                {"item": one.item, "task": one.task, "kind": one.kind, "block": one.block or None}
                for one in self.nodes.values()
            ],
            "edges": [
                [source, node.item] for node in self.nodes.values() for source in node.inputs
            ],
        }


def mermaid(graph: Graph) -> str:
    """Write the graph: a box for each item, or for each kind of task where there are many."""
    lines = _grouped(graph) if len(graph.nodes) > MOST_SINGLE else _single(graph)
    return "\n".join(["flowchart TD", *(f"  {line}" for line in lines)]) + "\n"


def _single(graph: Graph) -> Iterator[str]:
    members: dict[int, list[Node]] = {}
    for node in graph.nodes.values():
        members.setdefault(node.block, []).append(node)
    yield from _boxes(0, members)
    for node in graph.nodes.values():
        yield from (f"i{source} --> i{node.item}" for source in node.inputs)


def _boxes(block: int, members: dict[int, list[Node]]) -> Iterator[str]:
    for node in members.get(block, []):
        if node.item in members:
            yield f'subgraph i{node.item} ["{_escaped(node.label)}"]'
            yield from (f"  {line}" for line in _boxes(node.item, members))
            yield "end"
        else:
            yield f"i{node.item}{_shape(node.kind, node.label)}"


def _grouped(graph: Graph) -> Iterator[str]:
    counts = Counter(node.task for node in graph.nodes.values())
    kinds: dict[str, Kind] = {node.task: node.kind for node in graph.nodes.values()}
    names = {task: f"t{number}" for number, task in enumerate(counts, start=1)}
    for task, count in counts.items():
        yield f"{names[task]}{_shape(kinds[task], f'{task} ×{count:,}')}"  # noqa: RUF001 - times
    for (source, target), count in Counter(_edges(graph.nodes)).items():
        yield f"{names[source]} -->|{count:,}| {names[target]}"
    for block, task in dict.fromkeys(_calls(graph.nodes)):
        yield f"{names[block]} -.-> {names[task]}"


def _edges(nodes: dict[int, Node]) -> Iterable[tuple[str, str]]:
    return (
        (nodes[source].task, node.task)
        for node in nodes.values()
        for source in node.inputs
        if source in nodes
    )


def _calls(nodes: dict[int, Node]) -> Iterable[tuple[str, str]]:
    return ((nodes[node.block].task, node.task) for node in nodes.values() if node.block in nodes)


def _shape(kind: Kind, label: str) -> str:
    text = _escaped(label)
    if kind == "block":
        return f'[["{text}"]]'
    return f'("{text}")' if kind == "function" else f'["{text}"]'


def _escaped(label: str) -> str:
    return label.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;")
