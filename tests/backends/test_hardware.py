"""What may be used of a machine, told from the texts of its files."""

import os

import pytest

from weftwork.backends.local.hardware import (
    Hardware,
    cpu_quota,
    gpu_names,
    memory_limit,
    survey,
)

V2 = {
    "/proc/self/cgroup": "0::/user.slice/job_7\n",
    "/sys/fs/cgroup/cpu.max": "max 100000\n",
    "/sys/fs/cgroup/user.slice/cpu.max": "800000 100000\n",
    "/sys/fs/cgroup/user.slice/job_7/cpu.max": "250000 100000\n",
    "/sys/fs/cgroup/user.slice/memory.max": "4000000000\n",
    "/sys/fs/cgroup/user.slice/job_7/memory.max": "max\n",
}
V1 = {
    "/proc/self/cgroup": "5:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n",
    "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
    "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000000\n",
}
V1_FREE = {
    "/proc/self/cgroup": "5:memory:/\n3:cpu:/\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
}
NO_GROUPS: dict[str, str] = {}


@pytest.mark.parametrize(
    ("files", "quota"), [(V2, 2.5), (V1, 1.5), (V1_FREE, None), (NO_GROUPS, None)]
)
def test_the_least_quota_on_the_way_up_counts(files: dict[str, str], quota: float | None) -> None:
    assert cpu_quota(files.get) == quota


@pytest.mark.parametrize(
    ("files", "limit"),
    [(V2, 4_000_000_000), (V1, 2_000_000_000), (V1_FREE, None), (NO_GROUPS, None)],
)
def test_the_least_memory_limit_on_the_way_up_counts(
    files: dict[str, str], limit: int | None
) -> None:
    assert memory_limit(files.get) == limit


def test_a_quota_that_cannot_be_read_is_none() -> None:
    broken = {"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "nonsense\n"}
    assert cpu_quota(broken.get) is None


@pytest.mark.parametrize(
    ("affinity", "quota", "cores"),
    [
        ((0, 1, 4, 5), None, (0, 1, 4, 5)),
        ((0, 1, 4, 5), 2.9, (0, 1)),
        ((0, 1), 8.0, (0, 1)),
        ((3,), 0.5, (3,)),
    ],
)
def test_cores_are_those_of_the_affinity_as_far_as_the_quota_keeps_them_busy(
    affinity: tuple[int, ...], quota: float | None, cores: tuple[int, ...]
) -> None:
    assert Hardware(8, affinity, quota, (), 0).cores == cores


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        (None, ("0", "1")),
        ("", ()),
        ("-1", ()),
        ("1", ("1",)),
        ("GPU-5f3a, GPU-77", ("GPU-5f3a", "GPU-77")),
        ("2,-1,0", ("2",)),
    ],
)
def test_visible_devices_are_read_as_cuda_does(visible: str | None, names: tuple[str, ...]) -> None:
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    assert gpu_names(environment, 2) == names


@pytest.mark.parametrize(
    ("gpus", "ids"),
    [((), ()), (("0", "1"), (0, 1)), (("2", "5"), (2, 5)), (("GPU-5f", "GPU-77"), (0, 1))],
)
def test_each_device_id_has_its_name(gpus: tuple[str, ...], ids: tuple[int, ...]) -> None:
    hardware = Hardware(8, (0,), None, gpus, 0)
    assert hardware.gpu_ids == ids
    assert tuple(hardware.gpu_names[number] for number in ids) == gpus


def test_this_machine_is_seen() -> None:
    here = survey()
    assert set(here.cores) <= os.sched_getaffinity(0)
    assert 1 <= len(here.cores) <= here.present
    assert here.memory > 1 << 20
