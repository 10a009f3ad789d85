"""The flags of `weft run` and `weft graph` themselves, beside those of the script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from weftwork.errors import UsageError


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag of ours.

    Attributes:
        name: As an identifier, such as `dry_run`.
        type: What follows it; None: nothing, it is a switch.
        help: One sentence for the help page.
    """

    name: str
    type: type[str] | type[int] | type[Path] | None
    help: str

    @property
    def option(self) -> str:
        """As it is typed, such as `--dry-run`."""
        return "--" + self.name.replace("_", "-")

    @property
    def usage(self) -> str:
        """With a word for its value, such as `--workers INT`."""
        return self.option if self.type is None else f"{self.option} {self.type.__name__.upper()}"


RUN_FLAGS = (
    Flag("backend", str, "Where tasks execute by default; `weft backends` lists the names."),
    Flag("workers", int, "Python functions that run at once; default: all allowed cores."),
    Flag("dry_run", None, "Run nothing; print the plan."),
    Flag("keep", None, "Keep the workspaces of tasks that succeeded, too."),
    Flag("quiet", None, "Show neither progress nor what functions print."),
    Flag("workdir", Path, "Where the session directory is made; default: below TMPDIR."),
    Flag("json", None, "Print the result as JSON."),
)
GRAPH_FLAGS = (Flag("json", None, "Print nodes and edges as JSON."),)


@dataclass(frozen=True, slots=True)
class RunFlags:
    """What was said to `weft run` itself."""

    backend: str | None = None
    workers: int | None = None
    dry_run: bool = False
    keep: bool = False
    quiet: bool = False
    workdir: Path | None = None
    json: bool = False


def run_flags(given: Mapping[str, object]) -> RunFlags:
    """Return the flags of a command line that was read by `RUN_FLAGS`."""
    backend, workers, workdir = (given.get(name) for name in ("backend", "workers", "workdir"))
    return RunFlags(
        backend if isinstance(backend, str) else None,
        workers if isinstance(workers, int) else None,
        workdir=workdir if isinstance(workdir, Path) else None,
        **{name: given.get(name) is True for name in ("dry_run", "keep", "quiet", "json")},
    )


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command line taken apart.

    Attributes:
        script: The first argument that is no flag of ours; None: it is missing.
        tokens: All others: flags of ours and what is meant for the script.
        wants_help: Whether --help is among them.
    """

    script: str | None
    tokens: tuple[str, ...]
    wants_help: bool


def split(arguments: Sequence[str], verb: str, flags: Sequence[Flag]) -> CommandLine:
    """Find the script among the arguments.

    Raises:
        UsageError: A flag before the script is none of ours.
    """
    wants_help = any(one in ("--help", "-h") for one in _before_delimiter(arguments))
    tokens = [one for one in arguments if not (wants_help and one in ("--help", "-h"))]
    position = 0
    while position < len(tokens) and tokens[position].startswith("-"):
        position += _width(tokens[position], verb, flags)
    before, rest = tokens[:position], tokens[position:]
    script = rest[0] if rest else None
    return CommandLine(script, (*before, *rest[1:]), wants_help)


def _before_delimiter(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _width(token: str, verb: str, flags: Sequence[Flag]) -> int:
    name, equals, _ = token.partition("=")
    for flag in flags:
        if flag.option == name:
            return 1 if equals or flag.type is None else 2
    raise UsageError(
        f"{name} is no flag of `weft {verb}`: flags of the script come after its name, "
        f"`weft {verb} FILE {name} ...`; see `weft {verb} --help`"
    )
