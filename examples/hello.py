"""The smallest workflow: a task, a block that awaits it, and a line to run both.

weft run examples/hello.py --name Ada
python examples/hello.py
"""

import weftwork as ww


@ww.task
def greet(name: str) -> str:
    """Run on a worker process."""
    return f"Hello, {name}!"


@ww.block
async def hello(name: str = "world") -> str:
    """Decide what is run; its parameters become flags of the command line."""
    greeting = greet(name)  # an Item, at once; the task is on its way
    return await greeting


if __name__ == "__main__":
    print(ww.run(hello()))
