"""What is said of the machine beside its figures. No names of hosts, no paths."""

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

_PACKAGES = ("weftwork", "cloudpickle", "numpy", "pydantic", "rich")


def description() -> dict[str, str]:
    """Return versions and sizes."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "python": sys.version.split()[0],
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory / 2**30:.0f} GiB",
        "load at start": ", ".join(f"{each:.1f}" for each in os.getloadavg()),
        "packages": ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
