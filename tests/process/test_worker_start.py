"""What a worker process loads before its first call."""

import subprocess
import sys

import pytest

HEAVY = {"asyncio", "cloudpickle", "numpy", "pydantic", "shutil", "tempfile", "traceback"}


@pytest.mark.slow
def test_a_worker_starts_without_what_only_some_calls_need() -> None:
    program = (
        "import sys; before = set(sys.modules); import weftwork.process.worker.program; "
        "print(*(set(sys.modules) - before))"
    )
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert not HEAVY & loaded
    assert "weftwork" in loaded
