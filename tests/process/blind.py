"""A supervisor on a kernel that does not list the children of a process."""

import sys

from weftwork.process.supervisor import loop, trees


def nothing() -> None:
    """Return no list."""


if __name__ == "__main__":
    loop.own_children = nothing  # type: ignore[attr-defined]  # where it is used, not where it is made
    trees.own_children = nothing  # type: ignore[attr-defined]  # likewise
    loop.main(int(sys.argv[1]), float(sys.argv[2]))
