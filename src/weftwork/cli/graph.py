"""`weft graph`: what a script would run, drawn from a dry run."""

import json
import sys
from collections.abc import Sequence

from weftwork.cli.complaints import show_failure
from weftwork.cli.flags import GRAPH_FLAGS, split
from weftwork.errors import UsageError

HELP = """\
Usage: weft graph FILE[:NAME] [flags of the script] [--json]

Draw what a script would run, as Mermaid text on standard output; nothing is run.
Tasks answer placeholders, so loops and branches on results may go another way than in a run.
More than 40 items are drawn as one box for each kind of task.
"""


def graph(arguments: Sequence[str]) -> int:
    """Draw a script's graph and return the exit code.

    Raises:
        UsageError: The command line or the script asks for something that cannot be.
    """
    line = split(arguments, "graph", GRAPH_FLAGS)
    if line.script is None:
        if not line.wants_help:
            raise UsageError("`weft graph` needs a script: type `weft graph FILE.py`")
        sys.stdout.write(HELP)
        return 0
    # What follows costs tenths of a second of imports, which no help page need pay.
    from weftwork.cli.parameters import ScriptParameters  # noqa: PLC0415
    from weftwork.cli.script import find, load, parse_script  # noqa: PLC0415

    script = parse_script(line.script)
    target = find(script, load(script))
    parameters = ScriptParameters(target.function, f"weft graph {script}", GRAPH_FLAGS)
    if line.wants_help:
        parameters.show_help()
        return 0
    from weftwork.cli.mermaid import mermaid  # noqa: PLC0415
    from weftwork.cli.planning import drawn  # noqa: PLC0415

    parsed = parameters.parse(line.tokens)
    found, error = drawn(target, parsed)
    if parsed.flags.get("json") is True:
        sys.stdout.write(json.dumps(found.as_json(), indent=2) + "\n")
    else:
        sys.stdout.write(mermaid(found))
    if error is not None:
        show_failure(error)
        return 1
    return 0
