"""`weft run` from end to end, in processes of its own."""

import json
import os
import pty
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from weftwork.session.plan import MOST_ROUNDS

Weft = Callable[..., CompletedProcess[str]]
WeftHere = Callable[..., tuple[int, str, str]]
Write = Callable[[str], Path]

ADD = """
@ww.task
def add(x: float, y: float) -> float:
    print("adding", x)
    return x + y

@ww.block
async def total(n: int = 3, *, start: float = 0.0) -> float:
    return start + sum(await ww.gather(*[add(i, y=0.5) for i in range(n)]))

if __name__ == "__main__":
    raise RuntimeError("this part must not run")
"""


@pytest.mark.slow
def test_the_result_goes_to_stdout_and_everything_else_to_stderr(weft: Weft, script: Write) -> None:
    ended = weft("run", script(ADD), "--n", "4", "--start=10")
    assert (ended.returncode, ended.stdout) == (0, "18.0\n")
    lines = ended.stderr.splitlines()
    assert lines[0].startswith("backend processes with ")
    printed = {line.partition("] ")[2] for line in lines if line.startswith("add[")}
    assert printed == {f"adding {n}" for n in range(4)}
    assert "add: 4 of 4 done" in lines
    assert lines[-1].startswith("4 tasks: 4 succeeded in ")
    assert lines[-1].endswith("; nothing is recorded: this version has no store")


@pytest.mark.slow
def test_quiet_says_nothing_but_the_result(weft: Weft, script: Write) -> None:
    ended = weft("run", "--quiet", script(ADD), "--json")
    assert (ended.returncode, json.loads(ended.stdout), ended.stderr) == (0, 4.5, "")


def test_a_dry_run_prints_the_plan_and_no_result(weft_here: WeftHere, script: Write) -> None:
    code, out, said = weft_here("run", script(ADD), "--dry-run")
    assert code == 0
    assert out.startswith("plan: 4 items, nothing was run\n")
    assert not said


def test_a_graph_is_drawn_and_nothing_run(weft_here: WeftHere, script: Write) -> None:
    drawn = 'flowchart TD\n  subgraph i1 ["total[1]"]\n    i2("add[2]")\n    i3("add[3]")\n  end\n'
    assert weft_here("graph", script(ADD), "--n", "2") == (0, drawn, "")
    _, out, _ = weft_here("graph", script(ADD), "--n", "2", "--json")
    nodes = json.loads(out)["nodes"]
    assert [node["task"] for node in nodes] == ["total", "add", "add"]


def test_a_loop_without_end_on_placeholders_is_drawn_as_far_as_it_went(
    weft_here: WeftHere, script: Write
) -> None:
    source = """
@ww.task
def width() -> float: ...

@ww.block
async def narrow():
    while await width() < 1: pass
"""
    code, drawn, said = weft_here("graph", script(source))
    assert code == 1
    assert "a loop that waits for a result has no end on placeholders" in said
    (width,) = re.findall(r"width ×([0-9,]+)", drawn)  # noqa: RUF001 - times
    assert MOST_ROUNDS - 1 <= int(width.replace(",", "")) < MOST_ROUNDS + 100


OWN_ENGINE = """
@ww.task(backend="inline")
def add(x, y):
    return x + y

async def main(n: int = 3):
    async with ww.WorkflowEngine() as engine:
        return await add(n, y=engine._settings.backends.workers)

def sync(n: int = 3):
    with ww.WorkflowEngine(workers=5) as engine:
        return add(n, y=engine._settings.backends.workers).result()
"""


def test_flags_fill_what_an_engine_of_the_scripts_own_left_out(
    weft_here: WeftHere, script: Write
) -> None:
    code, out, said = weft_here("run", script(OWN_ENGINE), "--workers=40", "--backend=threads")
    assert (code, out) == (0, "43\n")
    assert said.startswith("backend threads")
    assert "1 task: 1 succeeded" in said
    code, out, _ = weft_here("run", f"{script(OWN_ENGINE)}:sync", "--workers", "40")
    assert (code, out) == (0, "8\n")


FAILING = """
@ww.task(backend="inline")
def bad(x: int):
    raise ValueError(f"negative {x}")

@ww.executable
def program():
    return ["sh", "-c", "echo oh dear >&2; exit 3"]

@ww.block
async def because():
    return await bad(7)

@ww.block
async def unseen():
    bad(1), bad(2), program()

@ww.block
async def misspelt():
    return await bad.options(backend="treads")(1)

def leaves():
    raise SystemExit(5)

def raises():
    return 1 / 0
"""


def test_a_failure_names_the_root_its_cause_and_its_place(
    weft_here: WeftHere, script: Write
) -> None:
    code, out, said = weft_here("run", f"{script(FAILING)}:because")
    assert (code, out) == (1, "")
    lines = said.splitlines()
    assert "weft: because[1] failed, because of bad[2]" in lines
    assert lines[-1].startswith("bad[2] failed: ValueError: negative 7 (")
    assert "weftwork/" not in said


@pytest.mark.slow
def test_failures_nobody_saw_fail_the_run_and_each_cause_is_told_once(
    weft: Weft, script: Write
) -> None:
    ended = weft("run", f"{script(FAILING)}:unseen")
    assert ended.returncode == 1
    lines = ended.stderr.splitlines()
    assert any(line.startswith("weft: unseen[1] failed: 3 tasks failed") for line in lines)
    summary = lines[next(i for i, line in enumerate(lines) if line.startswith("3 tasks:")) + 1 :]
    assert sum(line.startswith("bad[") for line in summary) == 1
    (logs,) = [line.removeprefix("  logs: ") for line in summary if line.startswith("  logs: ")]
    assert (Path(logs) / "stderr").read_text() == "oh dear\n"
    assert f"  next: less {logs}/*" in summary


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("misspelt", 2, "there is no backend 'treads'; did you mean 'threads'?"),
        ("leaves", 5, ""),
        ("raises", 1, "weft: ZeroDivisionError: division by zero\n  File"),
        ("becuase", 2, "no 'becuase': did you mean 'because'?"),
    ],
)
def test_the_exit_code_says_what_happened(
    name: str, code: int, words: str, weft_here: WeftHere, script: Write
) -> None:
    ended_with, out, said = weft_here("run", f"{script(FAILING)}:{name}")
    assert (ended_with, out) == (code, "")
    assert words in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--workers", "two"], 'invalid value for --workers: unable to convert "two" into int'),
        (["--strat", "1"], "unknown flag --strat; did you mean --start?"),
        (["--n", "x"], 'invalid value for --n: unable to convert "x" into int'),
        (["--workers", "0"], "workers=0"),
        (["--backend", "treads"], "did you mean 'threads'?"),
    ],
)
def test_a_wrong_flag_is_one_sentence(
    arguments: list[str], words: str, weft_here: WeftHere, script: Write
) -> None:
    code, out, said = weft_here("run", script(ADD), *arguments)
    assert (code, out) == (2, "")
    assert words in said
    assert len(said.splitlines()) == 1


@pytest.mark.slow
def test_nothing_is_left_in_the_temporary_directory(
    weft: Weft, script: Write, tmp_path: Path
) -> None:
    weft("run", script(ADD))
    assert [path.name for path in tmp_path.iterdir()] == ["flow.py"]


def on_a_terminal(path: Path, **environment: str) -> str:
    """Run a script with standard error on a terminal and return what it showed there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm", "COLUMNS": "60", **environment})
        os.execlp("python", "python", "-m", "weftwork.cli.main", "run", str(path))  # noqa: S606, S607 - our own program
    shown = bytearray()
    try:
        while chunk := os.read(terminal, 65536):
            shown += chunk
    except OSError:
        pass
    finally:
        os.close(terminal)
        assert os.waitpid(pid, 0)[1] == 0
    return shown.decode()


@pytest.mark.slow
def test_on_a_terminal_one_table_is_drawn_in_place(script: Write) -> None:
    shown = on_a_terminal(script(ADD))
    assert "\x1b[?25l" in shown
    last = shown[shown.rindex("task (") :]
    assert "3/3" in last
    assert last.index("\x1b[?25h") < last.index("4.5") < last.index("3 tasks: 3 succeeded")


@pytest.mark.slow
def test_no_color_and_dumb_terminals_are_respected(script: Write) -> None:
    green = "\x1b[32m"
    assert green in on_a_terminal(script(ADD))
    assert green not in on_a_terminal(script(ADD), NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(script(ADD), TERM="dumb")
