"""Programs that pass files to each other: how many primes are there below 20,000?

`seq` writes the numbers, `split` cuts the file into parts, `factor` factorises each part on its own
core, and a Python task counts. No program knows of the others, and no path is ever made up.

weft run examples/executables_and_files.py --below 20000
python examples/executables_and_files.py
"""

import weftwork as ww


@ww.executable
def numbers(below: int) -> list[object]:
    """Return argv; what the program prints is the `stdout` of the result."""
    return ["seq", 2, below - 1]


@ww.executable
def split(text: ww.File, parts: int, *, pieces: ww.Out = ww.Out("piece.*")) -> list[object]:
    """Leave several files: an `Out` with a wildcard becomes a list."""
    return ["split", "-n", f"l/{parts}", text, "piece."]


@ww.executable
def factorise(numbers: ww.File) -> ww.Command:
    """Say more than argv: here, what the program reads from its standard input."""
    return ww.Command(["factor"], stdin=numbers)


@ww.task
def count_primes(factors: ww.File) -> int:
    """Count lines such as `7: 7`, a number with one factor."""
    return sum(len(line.split()) == 2 for line in factors.read_text().splitlines())


@ww.block
async def primes(below: int = 20_000, parts: int = 4) -> str:
    """Chain the programs; where the number of files is needed, await them."""
    pieces = await split(numbers(below).stdout, parts).pieces
    counts = await ww.gather(*[count_primes(factorise(piece).stdout) for piece in pieces])
    return f"{sum(counts)} primes below {below}, counted in {len(counts)} parts"


if __name__ == "__main__":
    print(ww.run(primes()))
