"""`weft`: finds the verb and says what went wrong. Imports only what `weft --help` needs."""

import os
import sys

HELP = """\
Usage: weft VERB ...

Scientific workflows in plain Python: functions, executables and MPI programs in one graph.

Verbs:
  run FILE[:NAME] [flags]    Run the block (or the function main) of a script.
  graph FILE[:NAME] [flags]  Draw what a script would run, as Mermaid text; runs nothing.
  doctor                     Check this machine: cores, memory, limits, launchers, directories.
  backends                   List where tasks can execute.

Options:
  --help     Show this page; `weft VERB --help` shows a verb's.
  --version  Show the version.

A script and its flags:
  weft run melt.py --help               what can be said to this script
  weft run melt.py --tolerance 0.01     run it
  weft run melt.py --dry-run            only say what would run

Exit codes: 0 ok, 1 a task failed, 2 usage, 3 configuration or store, 4 backend unavailable,
75 may be resumed, 129 hangup, 130 Ctrl-C, 143 terminated.
"""

VERBS = ("run", "graph", "doctor", "backends")


def main(argv: list[str] | None = None) -> int:
    """Run `weft` with these arguments (None: those of the process) and return its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has left; what is still buffered must not raise at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _run(arguments: list[str]) -> int:
    match arguments:
        case [] | ["--help" | "-h" | "help", *_]:
            sys.stdout.write(HELP)
            return 0
        case ["--version", *_]:
            return _version()
        case [verb, *rest]:
            return _dispatch(verb, rest)
        case _:
            raise AssertionError(arguments)


def _dispatch(verb: str, rest: list[str]) -> int:
    # A verb's imports are paid by that verb alone.
    from weftwork.cli.complaints import complain  # noqa: PLC0415
    from weftwork.errors import WeftworkError  # noqa: PLC0415

    try:
        return _verb(verb, rest)
    except WeftworkError as error:
        return complain(error)
    except KeyboardInterrupt:
        return 130


def _verb(verb: str, rest: list[str]) -> int:
    match verb:
        case "run":
            from weftwork.cli.run import run as chosen  # noqa: PLC0415
        case "graph":
            from weftwork.cli.graph import graph as chosen  # noqa: PLC0415
        case "doctor":
            from weftwork.cli.doctor import doctor as chosen  # noqa: PLC0415
        case "backends":
            from weftwork.cli.listing import backends as chosen  # noqa: PLC0415
        case _:
            from weftwork.cli.complaints import unknown_verb  # noqa: PLC0415

            raise unknown_verb(verb, VERBS)
    return chosen(rest)


def _version() -> int:
    from importlib.metadata import version  # noqa: PLC0415

    sys.stdout.write(f"weft {version('weftwork')}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
