"""Runs a script dry to see what it calls."""

from collections.abc import Sequence

from weftwork.cli.execution import run_target
from weftwork.cli.mermaid import Graph
from weftwork.cli.parameters import Parsed
from weftwork.cli.script import Target
from weftwork.engine.stream import StreamEvent
from weftwork.errors import UsageError
from weftwork.session.defaults import EngineDefaults, RunningEngine, engines_default_to

MOST_ITEMS = 100_000
"""Calls after which a loop is taken to have no end on placeholders."""


def drawn(target: Target, parsed: Parsed) -> tuple[Graph, Exception | None]:
    """Return what the target calls on placeholders, and what it raised, if it did."""
    graph = Graph()
    endless = False

    def made(engine: RunningEngine) -> None:
        def take(events: Sequence[StreamEvent]) -> None:
            nonlocal endless
            graph.take(events)
            if len(graph.nodes) > MOST_ITEMS and not endless:
                endless = True
                engine.cancel(reason="the dry run has no end")

        engine.subscribe(take)

    try:
        with engines_default_to(EngineDefaults(dry_run=True, quiet=True, made=made)):
            run_target(target, parsed, lambda body: body)
    except Exception as error:  # noqa: BLE001 - the script is the user's; what it called is drawn
        return graph, UsageError(_ENDLESS) if endless else error
    return graph, UsageError(_ENDLESS) if endless else None


_ENDLESS = (
    f"more than {MOST_ITEMS:,} calls on placeholders: a loop that waits for a result has no end "
    "in a dry run; the graph so far was drawn"
)
