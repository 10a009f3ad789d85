"""What the functions of a worker print belongs to the call that printed it."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import json, os, sys
from weftwork.process.worker.output import Output
told = os.fdopen(os.dup(1), "w")
output = Output(sys.argv[1], "worker", 50)
heads = []
for text in ("one", "two", "", "three"):
    if text:
        print(text)
    output.restore()
    heads.append(output.collect("call", len(heads))[1])
json.dump(heads, told)
"""


def test_calls_one_after_the_other_print_to_files_of_their_own(tmp_path: Path) -> None:
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert ended.stdout == '["one\\n", "two\\n", "", "three\\n"]'
    assert (tmp_path / "call.1" / "output.log").read_text() == "two\n"
