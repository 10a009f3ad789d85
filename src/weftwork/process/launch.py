"""How the ranks of an MPI program are launched on one machine."""

import os
import shutil
from collections.abc import Mapping

from weftwork.errors import BackendError

_NAMES = ("mpirun", "mpiexec")
_PROXY = "hydra_pmi_proxy"
_OPEN_MPI = ("orterun", "prterun", "prun", "openmpi")


def launcher(ranks: int, found: Mapping[str, str]) -> tuple[str, ...]:
    """Return what to put in front of a program that runs as `ranks` ranks.

    Args:
        ranks: At least 1; one rank needs no launcher.
        found: Paths of launchers by name, the best first, as `find_launchers` gives them.

    Raises:
        BackendError: None was found.
    """
    if ranks == 1:
        return ()
    for path in found.values():
        return (path, "-n", str(ranks))
    raise BackendError(
        f"needs mpirun or mpiexec for ranks={ranks}; none is on PATH: pip install mpich, "
        "or apt install openmpi-bin"
    )


def launcher_environment(path: str, *, is_root: bool) -> dict[str, str]:
    """Return the variables that make a launcher leave the machine to us.

    We bind to cores and count them, and a container's only user is often root. Open MPI has
    opinions on all three; others have none.

    Args:
        path: The launcher, its symbolic links resolved.
        is_root: Whether we are root.
    """
    if not any(name in path for name in _OPEN_MPI):
        return {}
    env = {
        # Version 4, then version 5.
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "OMPI_MCA_hwloc_base_binding_policy": "none",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
        "PRTE_MCA_hwloc_default_binding_policy": "none",
    }
    if is_root:
        env["OMPI_ALLOW_RUN_AS_ROOT"] = env["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
        env["PRTE_ALLOW_RUN_AS_ROOT"] = env["PRTE_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    return env


def find_launchers(program: str, path: str) -> dict[str, str]:
    """Return the launchers there are, the best first.

    One that lies beside the program comes first: a program started by the launcher of another MPI
    runs as so many independent copies, each of which believes it is alone.

    Args:
        program: As in argv.
        path: The PATH of the child.
    """
    where = shutil.which(program, path=path)
    beside = [os.path.dirname(where)] if where else []  # noqa: PTH120
    found: dict[str, str] = {}
    for directory in [*beside, *path.split(":")]:
        for name in _NAMES:
            candidate = shutil.which(name, path=directory)
            if candidate:
                found.setdefault(name, _usable_name(candidate))
    return found


def _usable_name(path: str) -> str:
    """Resolve a link to MPICH's launcher: it looks for its other half beside its own name."""
    real = os.path.realpath(path)
    is_hydra = os.path.exists(os.path.join(os.path.dirname(real), _PROXY))  # noqa: PTH110, PTH118, PTH120
    return real if is_hydra else path
