"""Shows what functions print where no display does it: in a plain script or a notebook."""

import sys
from contextlib import suppress


def echo(label: str, text: str) -> None:
    """Write each line of `text` to standard error behind the item's label, as `weft run` does."""
    # A terminal that went away must not end the run.
    with suppress(OSError, ValueError):
        sys.stderr.write("".join(f"{label} {line}\n" for line in text.splitlines()))
        sys.stderr.flush()
