"""`weft backends`: where tasks can execute."""

import inspect
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import EntryPoint, entry_points

from weftwork.config.backends import BUILT_IN, GROUP
from weftwork.errors import UsageError

HELP = """\
Usage: weft backends [--json]

List the backends that are installed: names for `--backend` and `backend=`.
"""


@dataclass(frozen=True, slots=True)
class ListedBackend:
    """One backend.

    Attributes:
        name: As it is given to `--backend`.
        usable: Whether what it names can be imported.
        says: What it is in a sentence, or why it cannot be used.
    """

    name: str
    usable: bool
    says: str


def backends(arguments: Sequence[str]) -> int:
    """Print the backends."""
    as_json = only_json(arguments, "backends", HELP)
    if as_json is None:
        return 0
    found = listed([*entry_points(group=GROUP), *_built_in()])
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in found], indent=2) + "\n")
        return 0
    width = max(len(one.name) for one in found)
    for one in found:
        sys.stdout.write(f"{one.name:<{width}}  {'' if one.usable else 'BROKEN: '}{one.says}\n")
    return 0


def only_json(arguments: Sequence[str], verb: str, page: str) -> bool | None:
    """Read the arguments of a verb that takes only --json; None: its help page was printed.

    Raises:
        UsageError: There is something else.
    """
    if "--help" in arguments or "-h" in arguments:
        sys.stdout.write(page)
        return None
    for argument in arguments:
        if argument != "--json":
            raise UsageError(f"`weft {verb}` takes only --json, not {argument!r}")
    return bool(arguments)


def listed(points: Sequence[EntryPoint]) -> list[ListedBackend]:
    """Return what these entry points name, each name once, in the order of names."""
    by_name: dict[str, dict[str, EntryPoint]] = {}
    for point in points:
        by_name.setdefault(point.name, {})[point.value] = point
    return [_listed(name, list(by_name[name].values())) for name in sorted(by_name)]


def _listed(name: str, points: Sequence[EntryPoint]) -> ListedBackend:
    if len(points) > 1:
        places = " and ".join(point.value for point in points)
        return ListedBackend(name, usable=False, says=f"provided twice, by {places}")
    try:
        factory: Callable[..., object] = points[0].load()
    except Exception as error:  # noqa: BLE001 - another package's code; the reason is the answer
        return ListedBackend(name, usable=False, says=f"{type(error).__name__}: {error}")
    first, _, _ = (inspect.getdoc(factory) or points[0].value).partition("\n")
    # A docstring says what the caller gets; a list says what there is.
    first = first.removeprefix("Return ")
    return ListedBackend(name, usable=callable(factory), says=f"{first[:1].upper()}{first[1:]}")


def _built_in() -> list[EntryPoint]:
    return [EntryPoint(name, value, GROUP) for name, value in BUILT_IN.items()]
