"""What a child sees of its environment."""

from weftwork.process.environment import Settings, child_environment, with_directory

NOTHING = Settings()


def test_threads_and_devices_follow_the_grant() -> None:
    base = {"OMP_NUM_THREADS": "64", "CUDA_VISIBLE_DEVICES": "0,1,2,3", "HOME": "/home/me"}
    env = child_environment(base, NOTHING, threads=3, gpus=["2", "GPU-5f"])
    assert env == {
        "HOME": "/home/me",
        "OMP_NUM_THREADS": "3",
        "OPENBLAS_NUM_THREADS": "3",
        "MKL_NUM_THREADS": "3",
        "CUDA_VISIBLE_DEVICES": "2,GPU-5f",
    }
    assert base["OMP_NUM_THREADS"] == "64"


def test_who_was_granted_nothing_has_one_thread_and_sees_no_device() -> None:
    env = child_environment({}, NOTHING, threads=0, gpus=[])
    assert (env["OMP_NUM_THREADS"], env["CUDA_VISIBLE_DEVICES"]) == ("1", "")


def test_the_user_has_the_last_word() -> None:
    settings = Settings(
        unset=frozenset({"OLD", "MKL_NUM_THREADS", "NEVER_THERE"}),
        prepend={"PATH": "/opt/bin", "PYTHONPATH": "/mine"},
        put={"OMP_NUM_THREADS": "7", "NEW": "1"},
    )
    env = child_environment({"OLD": "x", "PATH": "/bin"}, settings, threads=2, gpus=[])
    assert env == {
        "PATH": "/opt/bin:/bin",
        "PYTHONPATH": "/mine",
        "OMP_NUM_THREADS": "7",
        "OPENBLAS_NUM_THREADS": "2",
        "CUDA_VISIBLE_DEVICES": "",
        "NEW": "1",
    }


def test_our_own_programs_are_found_last() -> None:
    env = child_environment({"PATH": "/bin"}, NOTHING, threads=1, gpus=[], programs="/venv/bin")
    assert env["PATH"] == "/bin:/venv/bin"


def test_a_directory_is_not_sought_twice() -> None:
    assert with_directory("/venv/bin:/bin", "/venv/bin") == "/venv/bin:/bin"
    assert with_directory("", "/venv/bin") == "/venv/bin"
