"""`weft run`: reads the command line; what it says is done in `execution`."""

import sys
from collections.abc import Sequence

from weftwork.cli.flags import RUN_FLAGS, split
from weftwork.errors import UsageError

HELP = f"""\
Usage: weft run FILE[:NAME] [flags of the script] [flags of weft run]

Run the only block of a Python script, else the one called main, else its function main.
Its typed parameters are its flags: `weft run FILE --help` lists them.
Results go to standard output, progress to standard error.

Flags of weft run:
{chr(10).join(f"  {flag.usage:<16} {flag.help}" for flag in RUN_FLAGS)}

Ctrl-C once ends the tasks, twice kills them, a third time leaves at once.
"""


def run(arguments: Sequence[str]) -> int:
    """Run a script and return the exit code.

    Raises:
        UsageError: The command line or the script asks for something that cannot be.
    """
    line = split(arguments, "run", RUN_FLAGS)
    if line.script is None:
        if not line.wants_help:
            raise UsageError("`weft run` needs a script: type `weft run FILE.py`")
        sys.stdout.write(HELP)
        return 0
    # What follows costs tenths of a second of imports, which no help page need pay.
    from weftwork.cli.parameters import ScriptParameters  # noqa: PLC0415
    from weftwork.cli.script import find, load, parse_script  # noqa: PLC0415

    script = parse_script(line.script)
    target = find(script, load(script))
    parameters = ScriptParameters(target.function, f"weft run {script}", RUN_FLAGS)
    if line.wants_help:
        parameters.show_help()
        return 0
    from weftwork.cli.execution import execute  # noqa: PLC0415

    return execute(target, parameters.parse(line.tokens))
