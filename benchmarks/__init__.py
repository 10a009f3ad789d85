"""What Weftwork costs, each figure beside the raw way to do the same in the same run.

`python -m benchmarks` measures all and writes the table in RESULTS.md; `python -m benchmarks
NAME...` measures some and prints them. Each runs in a fresh interpreter.
"""
