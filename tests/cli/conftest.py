"""Scripts to run, and `weft` as a user runs it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from weftwork.cli.main import main

Weft = Callable[..., subprocess.CompletedProcess[str]]
WeftHere = Callable[..., tuple[int, str, str]]
COMMAND = (sys.executable, "-m", "weftwork.cli.main")


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Write a script and return its path."""

    def write(source: str) -> Path:
        path = tmp_path / "flow.py"
        path.write_text(f"import weftwork as ww\n{source}")
        return path

    return write


@pytest.fixture
def weft(tmp_path: Path) -> Weft:
    """Run `weft` to its end, below the test's own directory."""

    def run(
        *arguments: str | Path, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own program
            [*COMMAND, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(tmp_path), **(env or {})},
        )

    return run


@pytest.fixture
def weft_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[WeftHere]:
    """Run `weft` in this process: exit code, standard output, standard error."""
    modules = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        sys.modules.pop("flow", None)
        code = main([*map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    yield run
    for name in set(sys.modules) - modules:
        if (sys.modules[name].__file__ or "").startswith(str(tmp_path)):
            del sys.modules[name]
