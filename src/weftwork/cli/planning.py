"""Runs a script dry to see what it calls."""

from collections.abc import Sequence

from weftwork.cli.execution import run_target
from weftwork.cli.mermaid import Graph
from weftwork.cli.parameters import Parsed
from weftwork.cli.script import Target
from weftwork.engine.stream import StreamEvent
from weftwork.errors import UsageError
from weftwork.session.defaults import EngineDefaults, RunningEngine, engines_default_to

MOST_ROUNDS = 5_000
"""Calls one after the other from which on a loop is taken to have no end on placeholders."""


def drawn(target: Target, parsed: Parsed) -> tuple[Graph, Exception | None]:
    """Return what the target calls on placeholders, and what it raised, if it did."""
    graph = Graph()
    rounds = 0

    def made(engine: RunningEngine) -> None:
        def take(events: Sequence[StreamEvent]) -> None:
            nonlocal rounds
            known = len(graph.nodes)
            graph.take(events)
            rounds += len(graph.nodes) > known
            if rounds == MOST_ROUNDS:
                engine.cancel(reason="the dry run has no end")

        engine.subscribe(take)

    try:
        with engines_default_to(EngineDefaults(dry_run=True, quiet=True, made=made)):
            run_target(target, parsed, lambda body: body)
    except Exception as error:  # noqa: BLE001 - the script is the user's; what it called is drawn
        return graph, UsageError(_ENDLESS) if rounds >= MOST_ROUNDS else error
    return graph, None


_ENDLESS = (
    f"{MOST_ROUNDS:,} calls one after the other on placeholders: a loop that waits for a result "
    "has no end in a dry run; the graph so far was drawn"
)
