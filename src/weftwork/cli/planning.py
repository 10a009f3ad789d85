"""Runs a script dry to see what it calls."""

from weftwork.cli.execution import run_target
from weftwork.cli.mermaid import Graph
from weftwork.cli.parameters import Parsed
from weftwork.cli.script import Target
from weftwork.errors import UsageError
from weftwork.session.defaults import EngineDefaults, RunningEngine, engines_default_to
from weftwork.session.plan import ENDLESS


def drawn(target: Target, parsed: Parsed) -> tuple[Graph, Exception | None]:
    """Return what the target calls on placeholders, and what it raised, if it did."""
    graph = Graph()
    engines: list[RunningEngine] = []

    def made(engine: RunningEngine) -> None:
        engines.append(engine)
        engine.subscribe(graph.take)

    try:
        with engines_default_to(EngineDefaults(dry_run=True, quiet=True, made=made)):
            run_target(target, parsed, lambda body: body)
    except Exception as error:  # noqa: BLE001 - the script is the user's; what it called is drawn
        if any(engine.plan is not None and engine.plan.is_endless for engine in engines):
            return graph, UsageError(f"{ENDLESS}; the graph so far was drawn")
        return graph, error
    return graph, None
