"""An engine to be killed: starts a program and waits for ever. `python doomed.py GRACE ARGV...`."""

import asyncio
import os
import sys

from weftwork.process.client import Spawn, Supervisors


async def main() -> None:
    """Never return."""
    supervisors = Supervisors(grace=float(sys.argv[1]))
    supervisors.spawn(Spawn("1", sys.argv[2:], dict(os.environ)), print)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main())
