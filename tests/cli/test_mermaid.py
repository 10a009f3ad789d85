"""The graph of a dry run as Mermaid text."""

from weftwork.cli.mermaid import Graph, mermaid
from weftwork.engine.stream import StreamEvent, TaskAdded


def graph_of(*events: StreamEvent) -> Graph:
    graph = Graph()
    graph.take(events)
    return graph


def test_items_stand_in_the_block_that_calls_them() -> None:
    graph = graph_of(
        TaskAdded(0.0, 1, "campaign", "block"),
        TaskAdded(0.0, 2, "melt", "executable", (), 1),
        TaskAdded(0.0, 3, "analyse", "function", (2,), 1),
        TaskAdded(0.0, 4, "empty", "block", (3,), 1),
        TaskAdded(0.0, 5, "report", "function", (1,)),
    )
    assert mermaid(graph) == (
        "flowchart TD\n"
        '  subgraph i1 ["campaign[1]"]\n'
        '    i2["melt[2]"]\n'
        '    i3("analyse[3]")\n'
        '    i4[["empty[4]"]]\n'
        "  end\n"
        '  i5("report[5]")\n'
        "  i2 --> i3\n"
        "  i3 --> i4\n"
        "  i1 --> i5\n"
    )


def test_many_items_are_drawn_as_kinds_with_the_number_of_edges() -> None:
    events: list[StreamEvent] = [TaskAdded(0.0, 1, "campaign", "block")]
    for number in range(2, 1002, 2):
        events.append(TaskAdded(0.0, number, "melt", "executable", (), 1))
        events.append(TaskAdded(0.0, number + 1, "analyse", "function", (number,), 1))
    assert mermaid(graph_of(*events)) == (
        "flowchart TD\n"
        '  t1[["campaign ×1"]]\n'  # noqa: RUF001 - times
        '  t2["melt ×500"]\n'  # noqa: RUF001 - times
        '  t3("analyse ×500")\n'  # noqa: RUF001 - times
        "  t2 -->|500| t3\n"
        "  t1 -.-> t2\n"
        "  t1 -.-> t3\n"
    )


def test_names_that_mermaid_would_read_otherwise_are_escaped() -> None:
    text = mermaid(graph_of(TaskAdded(0.0, 1, 'lambda@"x".py:3#', "function")))
    assert 'i1("lambda@#quot;x#quot;.py:3#35;[1]")' in text


def test_json_has_nodes_and_edges() -> None:
    graph = graph_of(
        TaskAdded(0.0, 1, "melt", "executable"), TaskAdded(0.0, 2, "analyse", "function", (1,), 7)
    )
    assert graph.as_json() == {
        "nodes": [
            {"item": 1, "task": "melt", "kind": "executable", "block": None},
            {"item": 2, "task": "analyse", "kind": "function", "block": 7},
        ],
        "edges": [[1, 2]],
    }
