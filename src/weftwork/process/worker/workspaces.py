"""The workspace of an attempt on a worker process, which is also its working directory."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from weftwork.tasks.workspace import working_in


@contextmanager
def workspace(path: Path, *, keep: bool) -> Generator[None, None, None]:
    """Make the directory and work in it; remove it after success unless it is to be kept."""
    path.mkdir(mode=0o700, parents=True)
    home = Path.cwd()
    os.chdir(path)
    try:
        with working_in(path):
            yield
    finally:
        os.chdir(home)
    if not keep:
        shutil.rmtree(path, ignore_errors=True)
