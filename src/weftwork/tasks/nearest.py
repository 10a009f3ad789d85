"""The nearest known name to one that is not known, for error messages."""

from collections.abc import Iterable


def nearest(seen: str, known: Iterable[str]) -> str | None:
    """Return the known name that `seen` most likely was meant to be, or None if none is near."""
    # Imported where a mistake was already made: it costs a millisecond.
    from difflib import get_close_matches  # noqa: PLC0415

    names = {name.lower(): name for name in known}
    found = get_close_matches(seen.lower(), names, n=1, cutoff=0.6)
    return names[found[0]] if found else None


def did_you_mean(seen: str, known: Iterable[str]) -> str:
    """Return `did you mean 'ranks'?`, or the known names where none is near."""
    names = list(known)
    name = nearest(seen, names)
    if name is not None:
        return f"did you mean {name!r}?"
    return f"known are {', '.join(names)}" if names else "none is known"
