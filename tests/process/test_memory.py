"""Which deaths the kernel accounts for."""

from dataclasses import dataclass, field

import pytest

from weftwork.process.supervisor.memory import OomKills


@dataclass
class Machine:
    """Files by path."""

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def read(self, path: str) -> bytes:
        return self.files.get(path, b"")


GROUPS_2 = ("/sys/fs/cgroup/job/memory.events", b"0::/job\n", b"low 0\noom 9\noom_kill %d\n")
GROUPS_1 = (
    "/sys/fs/cgroup/memory/job/memory.oom_control",
    b"5:cpu:/other\n4:memory,x:/job\n0::/\n",
    b"oom_kill_disable 0\nunder_oom 0\noom_kill %d\n",
)
CONTAINER = (
    "/sys/fs/cgroup/memory/memory.oom_control",
    b"4:memory:/docker/name\n",
    b"oom_kill %d\n",
)
NO_GROUPS = ("/proc/vmstat", b"", b"oom_kill %d\nthp 1\n")


@pytest.mark.parametrize("where", [GROUPS_2, GROUPS_1, CONTAINER, NO_GROUPS])
def test_as_many_deaths_are_explained_as_were_counted(where: tuple[str, bytes, bytes]) -> None:
    path, groups, text = where
    machine = Machine({"/proc/self/cgroup": groups, path: text % 5})
    kills = OomKills(machine.read)
    assert not kills.explain_one()
    machine.files[path] = text % 7
    assert [kills.explain_one() for _ in range(3)] == [True, True, False]


def test_what_happens_elsewhere_on_the_machine_explains_nothing() -> None:
    path, groups, text = GROUPS_2
    machine = Machine({"/proc/self/cgroup": groups, path: text % 0, "/proc/vmstat": b"oom_kill 1"})
    kills = OomKills(machine.read)
    machine.files["/proc/vmstat"] = b"oom_kill 2"
    assert not kills.explain_one()


def test_a_kernel_that_does_not_count_explains_nothing() -> None:
    assert not OomKills(Machine().read).explain_one()
